import { invalidArgument } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";

/** One requirement of a field selector. */
export interface FieldRequirement {
  readonly path: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** A parsed field selector: requirements joined by "and". */
export type FieldSelector = readonly FieldRequirement[];

const pathPattern = /^[A-Za-z][A-Za-z0-9._-]*$/;
const requirementPattern = /^([A-Za-z][A-Za-z0-9._-]*)(==|=|!=)((?:[^\\,=]|\\[\\,=])*)$/;

/**
 * Parse a field selector: `spec.nodeName=n1,status.phase!=Running`; `\,`, `\=` and `\\` are escapes.
 *
 * Throws `INVALID_ARGUMENT` for text that the API server would refuse. As there,
 * empty parts are passed over and blanks count: ` a` is no field, `b ` a value.
 */
export function parseFieldSelector(selector: string): FieldSelector {
  if (typeof selector !== "string") throw invalidArgument("fieldSelector", "a string", selector);
  const parts = selector.match(/(?:\\.?|[^\\,])+/gs) ?? [];
  return parts.map((part) => {
    const match = requirementPattern.exec(part);
    if (match?.[1] === undefined || match[3] === undefined) {
      throw invalidArgument("fieldSelector", "requirements such as spec.nodeName=n1", selector);
    }
    return {
      path: match[1],
      operator: match[2] === "!=" ? "!=" : "=",
      value: match[3].replace(/\\([\\,=])/g, "$1"),
    };
  });
}

/** Write one requirement as the query parameter has it, its value escaped. */
export function formatFieldRequirement(path: string, value: string, operator: "=" | "!=" = "="): string {
  if (typeof path !== "string" || !pathPattern.test(path))
    throw invalidArgument("fieldSelector", "a path such as spec.nodeName", path);
  if (typeof value !== "string") throw invalidArgument("fieldSelector", "a string to compare with", value);
  return `${path}${operator}${value.replace(/[\\,=]/g, "\\$&")}`;
}

/** Read a field by its dotted path as a selector compares it: "" where it is absent. */
export function fieldValue(object: unknown, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) {
    if (!isJsonObject(value) || !Object.hasOwn(value, part)) return "";
    value = value[part];
  }
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

/** Tell whether an object satisfies a field selector; `read` knows fields that are not where their path says. */
export function matchesFields<T>(
  selector: FieldSelector,
  object: T,
  read: (object: T, path: string) => string = fieldValue,
): boolean {
  return selector.every(({ path, operator, value }) => (read(object, path) === value) === (operator === "="));
}
