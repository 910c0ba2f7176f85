import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";
import { isStatus } from "../resource/status.ts";
import type { ApiCall } from "./api-call.ts";

/** What objects are that come without their contents. */
const partialMetadata: Pick<Kind, "group" | "version" | "kind"> = Object.freeze({
  group: "meta.k8s.io",
  version: "v1",
  kind: "PartialObjectMetadata",
});

/** Tell whether a call wants objects without their contents. */
export function isMetadata(call: Pick<ApiCall, "representation"> | undefined): boolean {
  return call?.representation === "metadata";
}

/** The kind that the objects of a call's answer say they are: what to hand to a watch's decoder. */
export function answerKind(
  call: Pick<ApiCall, "kind" | "representation">,
): Pick<Kind, "group" | "version" | "kind"> {
  return isMetadata(call) ? partialMetadata : call.kind;
}

/**
 * The media types that a call takes, best first.
 *
 * Plain JSON is the second choice of metadata calls: servers that do not
 * negotiate answer with whole objects, which are cut down here (H15).
 */
export function acceptOf(call: Pick<ApiCall, "verb" | "representation">): string {
  if (!isMetadata(call)) return "application/json";
  const isList = call.verb === "list" || call.verb === "deletecollection";
  const as = isList ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return `application/json;as=${as};g=meta.k8s.io;v=v1,application/json`;
}

/** Whether the answer's objects are of the call's kind, as opposed to a subresource's own. */
function isSameKind({ subresource }: Pick<ApiCall, "subresource">): boolean {
  return subresource === undefined || subresource === "status";
}

/**
 * Cut an object down to `apiVersion`, `kind` and `metadata`; `undefined` for what has no metadata (H15).
 *
 * Servers call such objects `PartialObjectMetadata`, and those that do not
 * negotiate send them whole: here both come out as the kind that was asked for (I55).
 */
export function metadataOnly(
  call: Pick<ApiCall, "kind" | "subresource">,
  object: unknown,
): Record<string, unknown> | undefined {
  if (!isJsonObject(object) || !isJsonObject(object.metadata)) return undefined;
  const { apiVersion, kind, metadata } = object;
  if (!isSameKind(call)) return { apiVersion, kind, metadata };
  return { apiVersion: apiVersionOf(call.kind), kind: call.kind.kind, metadata };
}

/** Cut an answer down, a list item by item; a Status stays whole. Throws `BAD_RESPONSE` for what has no metadata. */
export function metadataAnswer(call: ApiCall, answer: Record<string, unknown>, step: string): unknown {
  if (isStatus(answer) && (answer.apiVersion ?? "v1") === "v1") return answer;
  const cut = (object: unknown): Record<string, unknown> => {
    const metadata = metadataOnly(call, object);
    if (metadata !== undefined) return metadata;
    throw new KubeError("BAD_RESPONSE", `${step}: the server answered with an object without metadata`);
  };
  if (Array.isArray(answer.items)) return { ...answer, items: answer.items.map(cut) };
  return cut(answer);
}
