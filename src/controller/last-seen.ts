import { isJsonObject } from "../base/json-object.ts";
import type { KubeObject } from "../resource/object.ts";

/** What is shown of a status: words for programs, and no text that somebody wrote. */
const word = /^[A-Za-z][A-Za-z0-9_.:/-]{0,79}$/;

function shownWord(value: unknown): string | undefined {
  return typeof value === "string" && word.test(value) ? value : undefined;
}

function shownCondition(condition: unknown): string[] {
  if (!isJsonObject(condition)) return [];
  const [type, status, reason] = [condition.type, condition.status, condition.reason].map(shownWord);
  if (type === undefined || status === undefined) return [];
  return [`${type}=${status}${reason === undefined ? "" : ` (${reason})`}`];
}

/**
 * An object's state in a few words, for the error of who waited for another one in vain.
 *
 * Its resourceVersion, phase and conditions with their reasons; nothing else of
 * its contents.
 */
export function lastSeen(object: (KubeObject & { readonly status?: unknown }) | undefined): string {
  if (object === undefined) return "it is not there";
  const { resourceVersion, generation, deletionTimestamp } = object.metadata ?? {};
  const status = isJsonObject(object.status) ? object.status : {};
  const { observedGeneration, conditions } = status;
  const phase = shownWord(status.phase);
  const isBehind =
    typeof observedGeneration === "number" && generation !== undefined && observedGeneration < generation;
  return [
    `resourceVersion ${resourceVersion ?? "unknown"}`,
    ...(deletionTimestamp === undefined ? [] : ["being deleted"]),
    ...(isBehind ? [`generation ${observedGeneration} of ${generation} observed`] : []),
    ...(phase === undefined ? [] : [phase]),
    ...(Array.isArray(conditions) ? conditions.slice(0, 20).flatMap(shownCondition) : []),
  ].join(", ");
}
