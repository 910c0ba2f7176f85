import { isJsonObject } from "../../base/json-object.ts";

function sortedMembers(value: Record<string, unknown>): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A JSON value as Go prints it with `%v`. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isJsonObject(value)) return value === null ? "<nil>" : String(value);
  return `map[${sortedMembers(value)
    .map(([key, member]) => `${key}:${goText(member)}`)
    .join(" ")}]`;
}

/** A JSON value as Go prints it with `%#v`. */
export function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isJsonObject(value)) return value === null ? "interface {}(nil)" : JSON.stringify(value);
  return `map[string]interface {}{${sortedMembers(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${goSyntax(member)}`)
    .join(", ")}}`;
}

/** A JSON value's type as Go prints it with `%T`. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isJsonObject(value)) return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}
