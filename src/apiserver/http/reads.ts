import { keyOf } from "../../resource/key.ts";
import { apiVersionOf } from "../../resource/kind.ts";
import type { TransportResponse } from "../../transport/port.ts";
import type { StoredObject } from "../storage/port.ts";
import type { WatchQuery } from "../watch-cache/query.ts";
import type { ListAnswer } from "../watch-cache/watch-cache.ts";
import { streamedAnswer, textAnswer } from "./answer.ts";
import type { ObjectAddress, ServedResource } from "./served-resource.ts";
import { notFound, StatusError } from "./status-error.ts";
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

/** Items of built-in kinds do not say in a list what they are; those of extension kinds do. */
function itemText({ strategy }: ServedResource, item: StoredObject): string {
  if (strategy.isCustom) return JSON.stringify(item);
  const { kind: _, apiVersion: __, ...rest } = item;
  return JSON.stringify(rest);
}

function* listText(
  resource: ServedResource,
  head: string,
  items: readonly StoredObject[],
): Generator<string, void, void> {
  let text = `${head.slice(0, -1)},"items":[`;
  for (const [index, item] of items.entries()) {
    text += index === 0 ? itemText(resource, item) : `,${itemText(resource, item)}`;
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

/** The answer that a list is. */
export function listAnswer(resource: ServedResource, answer: ListAnswer): TransportResponse {
  const { kind, strategy } = resource;
  const { items, ...listed } = answer;
  // Lists of extension kinds always have the member, as kube-apiserver's do.
  const metadata = strategy.isCustom ? { continue: "", ...listed } : listed;
  const head = JSON.stringify({ kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata });
  const parts = listText(resource, head, items);
  if (items.length > mostItemsAtOnce) return streamedAnswer(encoded(parts));
  return textAnswer(200, "application/json", [...parts].join(""));
}

/** Open a watch. */
export async function watchAnswer(
  { fanOut }: ServedResource,
  query: WatchQuery,
  signal: AbortSignal | undefined,
): Promise<TransportResponse> {
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
  const watcher = await fanOut.watch({ ...query, timeoutSeconds }, signal);
  return streamedAnswer(new WatchBody(watcher, signal));
}
