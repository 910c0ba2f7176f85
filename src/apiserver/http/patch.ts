import { isJsonObject } from "../../base/json-object.ts";
import { keyOf } from "../../resource/key.ts";
import type { TransportResponse } from "../../transport/port.ts";
import { strategicMergePatch } from "../apply/strategic-merge-patch.ts";
import type { StoredObject } from "../storage/port.ts";
import { jsonAnswer } from "./answer.ts";
import { applyPatch } from "./apply-patch.ts";
import { type SentObject, toObject } from "./decode.ts";
import { jsonPatch } from "./json-patch.ts";
import { managerName } from "./managed-fields.ts";
import { type PatchType, patchTypeOf } from "./media-types.ts";
import { mergePatch } from "./merge-patch.ts";
import { scaleKind, scaleOf, scaleType, withScale } from "./scale.ts";
import { badRequest, notFound } from "./status-error.ts";
import { updateObject } from "./update.ts";
import type { VerbRequest } from "./verb-request.ts";
import { checkWriteOptions } from "./write-options.ts";
import { addressOf, partOf, shown } from "./written-part.ts";

function parsePatch(type: PatchType, body: string): unknown {
  const prefix = type === "application/strategic-merge-patch+json" ? "" : "error decoding patch: ";
  let patch: unknown;
  try {
    patch = JSON.parse(body);
  } catch (error) {
    throw badRequest(`${prefix}${error instanceof Error ? error.message : "invalid JSON"}`);
  }
  if (type === "application/json-patch+json" || isJsonObject(patch)) return patch;
  throw badRequest(
    `${prefix}json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`,
  );
}

/** Carry out a PATCH: any of the four kinds of patches, of an object, its status or its scale. */
export function patchObject(request: VerbRequest): TransportResponse | Promise<TransportResponse> {
  const { route, params, headers, body } = request;
  const { resource, subresource } = route;
  const { kind, strategy } = resource;
  const type = patchTypeOf(headers["content-type"], strategy.isCustom);
  if (type === "application/apply-patch+yaml") return applyPatch(request);
  const isDryRun = checkWriteOptions("PatchOptions", params);
  const address = addressOf(route);
  if (resource.storage.get(kind, keyOf(address.namespace, address.name)) === undefined) {
    throw notFound(kind, address.name);
  }
  const change = parsePatch(type, body);
  const schema = subresource === "scale" ? scaleType : resource.schema();
  const patched = (target: unknown): unknown => {
    if (type === "application/json-patch+json") return jsonPatch(target, change);
    if (type === "application/merge-patch+json") return mergePatch(target, change);
    return strategicMergePatch(schema, target, isJsonObject(change) ? change : {});
  };
  const make = (current: StoredObject): SentObject =>
    subresource === "scale"
      ? withScale(current, toObject(scaleKind, patched(scaleOf(current, strategy.isCustom)), false))
      : toObject(kind, patched(current), strategy.isCustom);
  const manager = managerName(params.get("fieldManager"), headers["user-agent"]);
  const options = { ...partOf(route), isDryRun, manager };
  return jsonAnswer(200, shown(route, updateObject(resource, address, make, options)));
}
