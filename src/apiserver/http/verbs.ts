import type { TransportResponse } from "../../transport/port.ts";
import type { StoredObject } from "../storage/port.ts";
import { jsonAnswer } from "./answer.ts";
import { createObject } from "./create.ts";
import { parseJson, type SentObject, toObject } from "./decode.ts";
import { type Deletion, deleteObject } from "./delete.ts";
import { parseListQuery } from "./list-query.ts";
import { managerName } from "./managed-fields.ts";
import { checkJsonBody } from "./media-types.ts";
import { patchObject } from "./patch.ts";
import { listAnswer, readObject, watchAnswer } from "./reads.ts";
import { scaleKind, withScale } from "./scale.ts";
import type { ServedResource } from "./served-resource.ts";
import { StatusError } from "./status-error.ts";
import { updateObject } from "./update.ts";
import type { VerbRequest } from "./verb-request.ts";
import { checkWriteOptions, parseDeleteOptions } from "./write-options.ts";
import { addressOf, partOf, shown } from "./written-part.ts";

function create({ route, params, headers, body }: VerbRequest): TransportResponse {
  const { resource, namespace } = route;
  checkJsonBody(headers["content-type"]);
  const isDryRun = checkWriteOptions("CreateOptions", params);
  const { kind, strategy } = resource;
  const object = toObject(kind, parseJson(body, kind.kind), strategy.isCustom);
  const manager = managerName(params.get("fieldManager"), headers["user-agent"]);
  return jsonAnswer(201, createObject(resource, namespace, object, { isDryRun, manager }));
}

function replace({ route, params, headers, body }: VerbRequest): TransportResponse {
  const { resource, subresource } = route;
  const { kind, strategy } = resource;
  checkJsonBody(headers["content-type"]);
  const isDryRun = checkWriteOptions("UpdateOptions", params);
  const sentKind = subresource === "scale" ? scaleKind : kind;
  const sent = toObject(sentKind, parseJson(body, sentKind.kind), strategy.isCustom);
  const address = addressOf(route);
  const manager = managerName(params.get("fieldManager"), headers["user-agent"]);
  try {
    const make = (current: StoredObject): SentObject =>
      subresource === "scale" ? withScale(current, sent) : sent;
    const options = { ...partOf(route), isDryRun, hasUidPrecondition: true, manager };
    return jsonAnswer(200, shown(route, updateObject(resource, address, make, options)));
  } catch (error) {
    const isMissing = error instanceof StatusError && error.status.code === 404;
    if (!isMissing || subresource !== "" || !strategy.createsOnUpdate) throw error;
    sent.metadata.name ??= address.name;
    return jsonAnswer(201, createObject(resource, address.namespace, sent, { isDryRun, manager }));
  }
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
  return listAnswer(resource, found, request.shape);
}

async function listOrWatch(request: VerbRequest): Promise<TransportResponse> {
  const { route, params, shape, signal } = request;
  const { resource, namespace } = route;
  const { isWatch, query } = parseListQuery(resource.kind, namespace, undefined, params);
  if (isWatch) return watchAnswer(resource, query, shape, signal);
  return listAnswer(resource, await resource.cache.list(query, signal), shape);
}

/** Carry out a verb; throws what its Status shall be made from. */
export async function carryOut(request: VerbRequest): Promise<TransportResponse> {
  const { route, params, signal } = request;
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
      return patchObject(request);
    case "delete":
      return remove(request);
    default:
      return removeCollection(request);
  }
}
