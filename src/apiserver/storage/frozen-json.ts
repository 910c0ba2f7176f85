import { invalidArgument } from "../../base/arguments.ts";
import { isJsonObject } from "../../base/json-object.ts";

/**
 * Copy a JSON value and freeze the copy to its depth, so that nobody shares state with the writer.
 *
 * Reads values as `JSON.stringify` does (dates become strings, what is undefined
 * is not there); throws `INVALID_ARGUMENT` for what JSON cannot say, such as a bigint.
 */
export function frozenCopy<T>(value: T): T;
export function frozenCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return scalar(value);
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item: unknown) => (item === undefined ? null : frozenCopy(item))));
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return frozenCopy<unknown>(value.toJSON());
  // A spread is several times as fast as filling an object, and takes `__proto__` for a field as JSON does.
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const field = copy[key];
    if (typeof field === "string") continue;
    if (field === undefined) delete copy[key];
    else copy[key] = frozenCopy<unknown>(field);
  }
  return Object.freeze(copy);
}

function scalar(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "object":
      return null;
    default:
      throw invalidArgument("object", "JSON", value);
  }
}

/** Tell whether two JSON values say the same, whatever the order of their fields. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => equalJson(item, b[at]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const present = (of: Record<string, unknown>): string[] =>
    Object.keys(of).filter((key) => of[key] !== undefined);
  const keys = present(a);
  return (
    keys.length === present(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]))
  );
}
