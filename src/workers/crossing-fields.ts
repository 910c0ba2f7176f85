import { isJsonObject } from "../base/json-object.ts";
import { type CrossingError, packError, unpackError } from "./crossing-error.ts";

const errorMember = "kube-reflex.error";

function isError(value: unknown): boolean {
  return value instanceof Error;
}

/** The fields of a line of a log on its way between two threads: its errors packed, whatever cannot cross named. */
export function packFields(fields: unknown): Readonly<Record<string, unknown>> {
  if (typeof fields !== "object" || fields === null) return {};
  // `log.error(error, "…")` is what some write.
  if (isError(fields)) return { err: { [errorMember]: packError(fields) } };
  const packed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    packed[name] = isError(value) ? { [errorMember]: packError(value) } : crossable(value);
  }
  return packed;
}

function crossable(value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" || typeof value === "symbol" ? `a ${typeof value}` : value;
  }
  try {
    // A class of the user's, a getter, a function somewhere inside: what JSON says of it is what a logger would say.
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return "an object that has no JSON";
  }
}

/** The fields as they were written, with `more` beside them. */
export function unpackFields(packed: Readonly<Record<string, unknown>>, more: object): object {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(packed)) {
    const error = isJsonObject(value) ? value[errorMember] : undefined;
    // Packed by the function above, in the other thread.
    fields[name] = error === undefined ? value : unpackError(error as CrossingError);
  }
  return { ...fields, ...more };
}
