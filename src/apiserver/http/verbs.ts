import { keyOf } from "../../resource/key.ts";
import type { KubeObject } from "../../resource/object.ts";
import type { TransportResponse } from "../../transport/port.ts";
import type { StoredObject } from "../storage/port.ts";
import { jsonAnswer } from "./answer.ts";
import { createObject } from "./create.ts";
import { parseJson, type SentObject, toObject } from "./decode.ts";
import { type Deletion, deleteObject } from "./delete.ts";
import { jsonPatch } from "./json-patch.ts";
import { parseListQuery } from "./list-query.ts";
import { checkAccept, checkJsonBody, type PatchType, patchTypeOf } from "./media-types.ts";
import { mergePatch } from "./merge-patch.ts";
import { listAnswer, readObject, watchAnswer } from "./reads.ts";
import type { Route } from "./route.ts";
import { scaleKind, scaleOf, withScale } from "./scale.ts";
import type { ObjectAddress, ServedResource } from "./served-resource.ts";
import { badRequest, notFound, StatusError } from "./status-error.ts";
import { updateObject } from "./update.ts";
import { checkWriteOptions, parseDeleteOptions } from "./write-options.ts";

/** What a verb gets of a request. */
export interface VerbRequest {
  readonly route: Route;
  readonly params: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

function addressOf({ namespace, name }: Route): ObjectAddress {
  return { namespace, name: name ?? "" };
}

/** The JSON that an object is to its client: itself, or its Scale. */
function shown({ subresource, resource }: Route, object: KubeObject): KubeObject {
  return subresource === "scale"
    ? scaleOf(
        { ...object, metadata: { resourceVersion: "", ...object.metadata } },
        resource.strategy.isCustom,
      )
    : object;
}

function create({ route, params, headers, body }: VerbRequest): TransportResponse {
  const { resource, namespace } = route;
  checkJsonBody(headers["content-type"]);
  const isDryRun = checkWriteOptions("CreateOptions", params);
  const { kind, strategy } = resource;
  const object = toObject(kind, parseJson(body, kind.kind), strategy.isCustom);
  return jsonAnswer(201, createObject(resource, namespace, object, { isDryRun }));
}

function takesOf({ subresource }: Route): { readonly takes?: "status" } {
  return subresource === "status" ? { takes: "status" } : {};
}

function replace({ route, params, headers, body }: VerbRequest): TransportResponse {
  const { resource, subresource } = route;
  const { kind, strategy } = resource;
  checkJsonBody(headers["content-type"]);
  const isDryRun = checkWriteOptions("UpdateOptions", params);
  const sentKind = subresource === "scale" ? scaleKind : kind;
  const sent = toObject(sentKind, parseJson(body, sentKind.kind), strategy.isCustom);
  const address = addressOf(route);
  try {
    const make = (current: StoredObject): SentObject =>
      subresource === "scale" ? withScale(current, sent) : sent;
    const options = { ...takesOf(route), isDryRun, hasUidPrecondition: true };
    return jsonAnswer(200, shown(route, updateObject(resource, address, make, options)));
  } catch (error) {
    const isMissing = error instanceof StatusError && error.status.code === 404;
    if (!isMissing || subresource !== "" || !strategy.createsOnUpdate) throw error;
    sent.metadata.name ??= address.name;
    return jsonAnswer(201, createObject(resource, address.namespace, sent, { isDryRun }));
  }
}

function parsePatch(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : "invalid JSON"}`);
  }
}

function patched(type: PatchType, target: unknown, patch: unknown): unknown {
  if (type === "application/json-patch+json") return jsonPatch(target, patch);
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`,
    );
  }
  return mergePatch(target, patch);
}

function patch({ route, params, headers, body }: VerbRequest): TransportResponse {
  const { resource, subresource } = route;
  const { kind, strategy } = resource;
  const type = patchTypeOf(headers["content-type"]);
  const isDryRun = checkWriteOptions("PatchOptions", params);
  const address = addressOf(route);
  if (resource.storage.get(kind, keyOf(address.namespace, address.name)) === undefined)
    throw notFound(kind, address.name);
  const change = parsePatch(body);
  const make = (current: StoredObject): SentObject => {
    if (subresource === "scale") {
      return withScale(
        current,
        toObject(scaleKind, patched(type, scaleOf(current, strategy.isCustom), change), false),
      );
    }
    return toObject(kind, patched(type, current, change), strategy.isCustom);
  };
  const options = { ...takesOf(route), isDryRun };
  return jsonAnswer(200, shown(route, updateObject(resource, address, make, options)));
}

function deletionAnswer({ kind, strategy }: ServedResource, { object, isGone }: Deletion): TransportResponse {
  if (!isGone || strategy.returnsDeleted) return jsonAnswer(200, object);
  const { name, uid } = object.metadata ?? {};
  const details = { name, ...(kind.group === "" ? {} : { group: kind.group }), kind: kind.plural, uid };
  return jsonAnswer(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

function deleteOptionsOf({ params, headers, body }: VerbRequest): ReturnType<typeof parseDeleteOptions> {
  if (body === "") return parseDeleteOptions(undefined, params);
  checkJsonBody(headers["content-type"]);
  return parseDeleteOptions(parseJson(body, "DeleteOptions"), params);
}

function remove(request: VerbRequest): TransportResponse {
  const { route } = request;
  const options = deleteOptionsOf(request);
  return deletionAnswer(route.resource, deleteObject(route.resource, addressOf(route), options));
}

async function removeCollection(request: VerbRequest): Promise<TransportResponse> {
  const { resource, namespace } = request.route;
  const { query } = parseListQuery(resource.kind, namespace, undefined, request.params);
  const options = deleteOptionsOf(request);
  const found = await resource.cache.list(query, request.signal);
  for (const { metadata } of found.items) {
    try {
      deleteObject(resource, { namespace: metadata.namespace, name: metadata.name ?? "" }, options);
    } catch (error) {
      // Somebody else was faster: what was asked for is true.
      if (!(error instanceof StatusError && error.status.code === 404)) throw error;
    }
  }
  return listAnswer(resource, found);
}

async function listOrWatch(request: VerbRequest): Promise<TransportResponse> {
  const { route, params, signal } = request;
  const { resource, namespace } = route;
  const { isWatch, query } = parseListQuery(resource.kind, namespace, undefined, params);
  if (isWatch) return watchAnswer(resource, query, signal);
  return listAnswer(resource, await resource.cache.list(query, signal));
}

/** Carry out a verb; throws what its Status shall be made from. */
export async function carryOut(request: VerbRequest): Promise<TransportResponse> {
  const { route, params, headers, signal } = request;
  checkAccept(headers.accept);
  switch (route.verb) {
    case "get":
      return jsonAnswer(
        200,
        shown(route, await readObject(route.resource, addressOf(route), params, signal)),
      );
    case "list":
    case "watch":
      return listOrWatch(request);
    case "create":
      return create(request);
    case "update":
      return replace(request);
    case "patch":
      return patch(request);
    case "delete":
      return remove(request);
    default:
      return removeCollection(request);
  }
}
