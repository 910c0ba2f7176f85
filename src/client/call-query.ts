import { expectBoolean, expectInteger, expectOptions, invalidArgument } from "../base/arguments.ts";
import { parseFieldSelector } from "../resource/field-selector.ts";
import { parseLabelSelector } from "../resource/label-selector.ts";
import type { ApiCall, Query } from "./api-call.ts";

/** The values of parameters that take no others; the server would refuse them, but only after it was asked. */
const choices: Readonly<Record<string, readonly string[]>> = {
  fieldValidation: ["Ignore", "Warn", "Strict"],
  dryRun: ["All"],
  resourceVersionMatch: ["NotOlderThan", "Exact"],
  propagationPolicy: ["Foreground", "Background", "Orphan"],
};

function checkChoices(values: Readonly<Record<string, unknown>>): void {
  for (const [name, allowed] of Object.entries(choices)) {
    const value = values[name];
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (allowed.includes(one)) continue;
      throw invalidArgument(name, allowed.map((choice) => `"${choice}"`).join(" or "), one);
    }
  }
}

/** A field manager's name as the server takes it: at most 128 bytes, nothing that does not print. */
export function checkFieldManager(value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "string" && Buffer.byteLength(value) <= 128 && !/\p{C}|(?! )\p{Z}/u.test(value))
    return;
  throw invalidArgument("fieldManager", "at most 128 bytes of printable text", value);
}

/** Throw `INVALID_ARGUMENT` for a parameter whose value no server takes. */
export function checkQuery(call: Pick<ApiCall, "verb" | "patchType">, query: Query): void {
  const { limit, timeoutSeconds, labelSelector, fieldSelector, fieldManager, force } = query;
  if (limit !== undefined) expectInteger("limit", Number(limit), 0);
  if (timeoutSeconds !== undefined) expectInteger("timeoutSeconds", Number(timeoutSeconds), 0);
  if (typeof labelSelector === "string") parseLabelSelector(labelSelector);
  if (typeof fieldSelector === "string") parseFieldSelector(fieldSelector);
  checkFieldManager(fieldManager);
  checkChoices(query);
  if (force === undefined) return;
  expectBoolean("force", force);
  if (call.patchType !== "apply") throw invalidArgument("force", "absent, only apply takes it", force);
}

/** Throw `INVALID_ARGUMENT` for preconditions that would hold for every object: the one to be spared too. */
export function checkPreconditions(preconditions: unknown): void {
  expectOptions("preconditions", preconditions);
  if (preconditions === undefined) return;
  const given = Object.entries(preconditions ?? {}).filter(([, value]) => value !== undefined);
  const isClear = given.every(
    ([name, value]) => ["uid", "resourceVersion"].includes(name) && typeof value === "string" && value !== "",
  );
  if (isClear && given.length > 0) return;
  throw invalidArgument("preconditions", "a uid, a resourceVersion or both, as text", preconditions);
}

/** Throw `INVALID_ARGUMENT` for `DeleteOptions` that no server takes. */
export function checkDeleteOptions(body: unknown): void {
  expectOptions("body", body);
  const { gracePeriodSeconds, preconditions, ...others } = { ...(body as object) } as Record<string, unknown>;
  if (gracePeriodSeconds !== undefined) expectInteger("gracePeriodSeconds", Number(gracePeriodSeconds), 0);
  checkPreconditions(preconditions);
  checkChoices(others);
}

/** Write query parameters, escaped, with a leading `?` where there are any. */
export function encodeQuery(query: Query): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "number" && !Number.isFinite(one)) {
        throw invalidArgument(name, "a finite number", one);
      }
      if (!["string", "number", "boolean"].includes(typeof one)) throw invalidArgument(name, "a string", one);
      // Half a surrogate pair has no UTF-8: encoding it would throw a bare URIError.
      if (typeof one === "string" && !one.isWellFormed()) {
        throw invalidArgument(name, "text without half surrogate pairs", one);
      }
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
    }
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
