/**
 * One step into an object, in the words of FieldsV1: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
 *
 * A field of a map, a list's item by its keys, a set's item, an item by position.
 */
export type PathElement = string;

/** The step to a field. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The step to the item of a list with these keys. */
export function keyElement(keys: Readonly<Record<string, unknown>>): PathElement {
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

/** The step to the item of a set. */
export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** The field's name; undefined for steps into lists. */
export function fieldNameOf(element: PathElement): string | undefined {
  return element.startsWith("f:") ? element.slice(2) : undefined;
}

/** Tell whether text is a step of one of the known forms. */
export function isPathElement(text: string): boolean {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return true;
    case "i:":
      return /^-?\d+$/.test(rest);
    case "v:":
    case "k:":
      try {
        const value: unknown = JSON.parse(rest);
        return text[0] === "v" || (typeof value === "object" && value !== null && !Array.isArray(value));
      } catch {
        return false;
      }
    default:
      return false;
  }
}

const order = "fkvi";

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === typeof b && (typeof a === "string" || typeof a === "boolean")) {
    return a === b ? 0 : String(a) < String(b) ? -1 : 1;
  }
  const rank = (value: unknown): number => ["number", "string", "boolean"].indexOf(typeof value);
  return rank(a) - rank(b);
}

function parsed(element: PathElement): unknown {
  return JSON.parse(element.slice(2));
}

/** The order of steps in a set of fields. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const kind = order.indexOf(a[0] ?? "") - order.indexOf(b[0] ?? "");
  if (kind !== 0) return kind;
  if (a.startsWith("f:")) return a < b ? -1 : 1;
  const [left, right] = [parsed(a), parsed(b)];
  if (!a.startsWith("k:")) return compareValues(left, right);
  const [lefts, rights] = [Object.entries(Object(left)), Object.entries(Object(right))];
  for (let at = 0; at < Math.min(lefts.length, rights.length); at++) {
    const [[name, value] = ["", ""], [otherName, otherValue] = ["", ""]] = [lefts[at], rights[at]];
    if (name !== otherName) return name < otherName ? -1 : 1;
    const difference = compareValues(value, otherValue);
    if (difference !== 0) return difference;
  }
  return lefts.length - rights.length;
}

/** A path as messages show it: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}

/** A step as messages show it. */
export function elementText(element: PathElement): string {
  const name = fieldNameOf(element);
  if (name !== undefined) return `.${name}`;
  if (element.startsWith("v:")) return `[=${JSON.stringify(parsed(element))}]`;
  if (element.startsWith("i:")) return `[${element.slice(2)}]`;
  const keys = Object.entries(Object(parsed(element)));
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}
