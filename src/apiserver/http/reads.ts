import { isJsonObject } from "../../base/json-object.ts";
import { keyOf } from "../../resource/key.ts";
import { apiVersionOf } from "../../resource/kind.ts";
import type { KubeObject } from "../../resource/object.ts";
import type { TransportResponse } from "../../transport/port.ts";
import { type Representation, shownAs } from "../fan-out/representation.ts";
import type { StoredObject } from "../storage/port.ts";
import type { WatchQuery } from "../watch-cache/query.ts";
import type { ListAnswer } from "../watch-cache/watch-cache.ts";
import { type JsonAnswer, jsonAnswer, streamedAnswer, textAnswer } from "./answer.ts";
import type { Shape } from "./media-types.ts";
import type { ObjectAddress, ServedResource } from "./served-resource.ts";
import { formIsOfList, formIsOfObject, notFound, StatusError } from "./status-error.ts";
import { WatchBody } from "./watch-body.ts";

const chunkChars = 256 * 1024;
// Longer lists are written while they are read, so that no string holds a whole one.
const mostItemsAtOnce = 500;
/** Watches that name no time-out end after 30 to 60 minutes, as kube-apiserver's do. */
const watchMinSeconds = 1800;

/** Read one object for an answer; throws 404. */
export async function readObject(
  { kind, cache }: ServedResource,
  { namespace, name }: ObjectAddress,
  params: URLSearchParams,
  signal: AbortSignal | undefined,
): Promise<StoredObject> {
  const version = params.get("resourceVersion") ?? undefined;
  const found = await cache.get(keyOf(namespace, name), version, signal);
  if (found === undefined) throw notFound(kind, name);
  return found;
}

/** Items of built-in kinds do not say in a list what they are; those of extension kinds and metadata alone do. */
function itemText({ strategy }: ServedResource, item: StoredObject, representation: Representation): string {
  if (representation !== "object") return JSON.stringify(shownAs(representation, item));
  if (strategy.isCustom) return JSON.stringify(item);
  const { kind: _, apiVersion: __, ...rest } = item;
  return JSON.stringify(rest);
}

function* listText(
  resource: ServedResource,
  head: string,
  items: readonly StoredObject[],
  representation: Representation,
): Generator<string, void, void> {
  let text = `${head.slice(0, -1)},"items":[`;
  for (const [index, item] of items.entries()) {
    if (index > 0) text += ",";
    text += itemText(resource, item, representation);
    if (text.length < chunkChars) continue;
    yield text;
    text = "";
  }
  yield `${text}]}\n`;
}

async function* encoded(parts: Iterable<string>): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  for (const part of parts) yield encoder.encode(part);
}

/** The first line of a list, without its items. */
function listHead(
  { kind, strategy }: ServedResource,
  listed: object,
  representation: Representation,
): object {
  if (representation !== "object") {
    return { kind: "PartialObjectMetadataList", apiVersion: representation, metadata: listed };
  }
  // Lists of extension kinds always have the member, as kube-apiserver's do.
  const metadata = strategy.isCustom ? { continue: "", ...listed } : listed;
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata };
}

/** The answer that a list is; 406 where the metadata of one object is wanted. */
export function listAnswer(resource: ServedResource, answer: ListAnswer, shape: Shape): TransportResponse {
  const { items, ...listed } = answer;
  const { representation, isList = true } = shape;
  if (!isList) throw formIsOfList(resource.kind, resource.strategy.isCustom);
  const head = JSON.stringify(listHead(resource, listed, representation));
  const parts = listText(resource, head, items, representation);
  if (items.length > mostItemsAtOnce) return streamedAnswer(encoded(parts));
  return textAnswer(200, "application/json", [...parts].join(""));
}

function isObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && value.kind !== "Status";
}

/** The answer with its object in the form that is wanted; 406, what was done stays done, for that of a list. */
export function shapedAnswer(
  resource: ServedResource,
  answer: TransportResponse | JsonAnswer,
  { representation, isList = false }: Shape,
): TransportResponse {
  if (representation === "object" || !("value" in answer) || !isObject(answer.value)) return answer;
  if (isList) throw formIsOfObject(resource.kind, resource.strategy.isCustom);
  return jsonAnswer(answer.status, shownAs(representation, answer.value));
}

/** Open a watch. */
export async function watchAnswer(
  { fanOut, kind, strategy }: ServedResource,
  query: WatchQuery,
  { representation, isList = false }: Shape,
  signal: AbortSignal | undefined,
): Promise<TransportResponse> {
  // kube-apiserver gives 200, and breaks off at the first event, which is no list.
  if (isList) throw formIsOfObject(kind, strategy.isCustom);
  const { resourceVersion = "" } = query;
  if (!/^\d*$/.test(resourceVersion)) {
    const shown = JSON.stringify(resourceVersion);
    // An error that kube-apiserver does not translate for watches, as it does for lists.
    throw new StatusError(
      500,
      "",
      `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`,
    );
  }
  const asked = query.timeoutSeconds ?? 0;
  const timeoutSeconds = asked !== 0 ? asked : Math.ceil(watchMinSeconds * (1 + Math.random()));
  const watcher = await fanOut.watch({ ...query, timeoutSeconds }, signal, representation);
  return streamedAnswer(new WatchBody(watcher, signal));
}
