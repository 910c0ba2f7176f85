import type { StatusCause } from "../../base/api-error.ts";
import { StatusError } from "./status-error.ts";

/** One thing wrong with one field, worded as kube-apiserver's field errors are. */
export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly body: string;
}

/** Text as Go's `%q` writes it, for what JSON and Go escape alike. */
function show(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

/** A value that does not fit its field. */
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  const shown = typeof value === "number" || typeof value === "boolean" ? String(value) : show(value);
  return { reason: "FieldValueInvalid", field, body: `Invalid value: ${shown}: ${detail}` };
}

/** A value that must be given. */
export function requiredValue(field: string, detail: string): FieldError {
  const body = detail === "" ? "Required value" : `Required value: ${detail}`;
  return { reason: "FieldValueRequired", field, body };
}

/** A value that may not be given here. */
export function forbiddenValue(field: string, detail: string): FieldError {
  return { reason: "FieldValueForbidden", field, body: `Forbidden: ${detail}` };
}

/** A value that is none of the known ones. */
export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): FieldError {
  const names = supported.map((name) => show(name)).join(", ");
  return {
    reason: "FieldValueNotSupported",
    field,
    body: `Unsupported value: ${show(value)}: supported values: ${names}`,
  };
}

/** 422 for an object or for options, with a cause per field. */
export function invalid(
  of: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(({ field, body }) => `${field}: ${body}`))];
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const what = of.group === "" ? of.kind : `${of.kind}.${of.group}`;
  const causes: StatusCause[] = errors.map(({ reason, body, field }) => ({ reason, message: body, field }));
  return new StatusError(422, "Invalid", `${what} "${name}" is invalid: ${all}`, {
    ...(name === "" ? {} : { name }),
    ...(of.group === "" ? {} : { group: of.group }),
    ...(of.kind === "" ? {} : { kind: of.kind }),
    causes,
  });
}
