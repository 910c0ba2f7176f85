import { isJsonObject } from "../../base/json-object.ts";

/** Set a member even where it is called `__proto__`, which an assignment would take as the prototype. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Apply a JSON merge patch (RFC 7386) and give the result; neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, unknown> = {};
  const base = isJsonObject(target) ? target : {};
  for (const [key, value] of Object.entries(base)) define(result, key, value);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else define(result, key, mergePatch(Object.hasOwn(base, key) ? base[key] : undefined, value));
  }
  return result;
}
