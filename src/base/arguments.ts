import { KubeError } from "./errors.ts";

function show(value: unknown): string {
  if (typeof value === "string") return `\`${JSON.stringify(value)}\``;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return `\`${String(value)}\``;
}

/** The error for a value the caller gave: names the argument, what was expected, what came. */
export function invalidArgument(name: string, expected: string, value: unknown): KubeError {
  return new KubeError("INVALID_ARGUMENT", `Expected \`${name}\` to be ${expected}, got ${show(value)}`);
}

/** The same for what may hold a Secret or a credential: a text is not quoted. */
export function invalidContent(name: string, expected: string, value: unknown): KubeError {
  if (typeof value !== "string") return invalidArgument(name, expected, value);
  return new KubeError("INVALID_ARGUMENT", `Expected \`${name}\` to be ${expected}, got a text`);
}

/** Throw unless `value` is undefined or a whole number of at least `least`. */
export function expectInteger(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw invalidArgument(name, `a whole number of at least ${least}`, value);
}

/** Throw unless `value` is undefined or a duration: finite milliseconds, not negative. */
export function expectDuration(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value >= 0)) return;
  throw invalidArgument(name, "a duration in milliseconds, 0 or more", value);
}

/** Throw unless `value` is undefined or a function. */
export function expectFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw invalidArgument(name, "a function", value);
}

/** Throw unless `value` is an object with named members, or undefined: options, and no array or text. */
export function expectOptions(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value))) return;
  throw invalidContent(name, "an object", value);
}

/** Throw unless `value` is undefined or an AbortSignal; a controller is none, its `signal` is. */
export function expectSignal(name: string, value: unknown): void {
  if (value === undefined || value instanceof AbortSignal) return;
  throw invalidArgument(name, "an AbortSignal", value);
}

/** Throw unless `value` is undefined or a boolean: a text such as "All" would be taken for no. */
export function expectBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw invalidArgument(name, "true or false", value);
}

/** Throw unless `value` is undefined or a text. */
export function expectText(name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw invalidArgument(name, "a string", value);
}
