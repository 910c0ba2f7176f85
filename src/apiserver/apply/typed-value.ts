import { isJsonObject } from "../../base/json-object.ts";
import type { FieldSchema, ListSchema, MapSchema, ScalarType, TypeSchema } from "../schema/type-schema.ts";
import { keyElement, type PathElement, valueElement } from "./path-element.ts";

/** A value that does not fit its type; the message is kube-apiserver's. */
export class TypedValueError extends Error {
  override get name(): string {
    return "TypedValueError";
  }
}

/** JSON that may be absent. */
export type Value = unknown;

/** A value's type, narrowed to what the value is. */
export type Shape =
  | { readonly is: "scalar"; readonly scalar: ScalarType }
  | { readonly is: "list"; readonly list: ListSchema }
  | { readonly is: "map"; readonly map: MapSchema };

/** What a value is of what its type allows; null and what does not fit count as the first of map, scalar, list. */
export function shapeOf({ scalar, list, map }: TypeSchema, value: Value): Shape {
  if (scalar !== undefined && ["string", "number", "boolean"].includes(typeof value)) {
    return { is: "scalar", scalar };
  }
  if (list !== undefined && Array.isArray(value)) return { is: "list", list };
  if (map !== undefined) return { is: "map", map };
  if (scalar !== undefined) return { is: "scalar", scalar };
  if (list !== undefined) return { is: "list", list };
  throw new TypedValueError("schema error: invalid atom");
}

/** The items of a list; undefined for what is none. */
export function itemsOf(value: Value): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The members of a map; undefined for what is none. */
export function membersOf(value: Value): Readonly<Record<string, unknown>> | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** Nothing, null, `[]` or `{}`. */
export function isEmptyValue(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !isJsonObject(value) || Object.keys(value).length === 0;
}

/** The type of a map's member; undefined where nothing is known of it. */
export function memberType(map: MapSchema, name: string): TypeSchema | undefined {
  return (map.fields.get(name)?.type ?? map.item)?.();
}

const zeros: Readonly<Record<NonNullable<FieldSchema["zero"]>, unknown>> = {
  "{}": Object.freeze({}),
  null: null,
};

/**
 * A member, or what kube-apiserver's own type holds in its place when it is not set.
 *
 * Only for maps that are there: of a map that is not there, nothing is.
 */
export function memberOf(
  map: MapSchema,
  members: Readonly<Record<string, unknown>> | undefined,
  name: string,
): Value {
  if (members === undefined) return undefined;
  if (Object.hasOwn(members, name)) return members[name];
  const zero = map.fields.get(name)?.zero;
  return zero === undefined ? undefined : zeros[zero];
}

/** The step to a list's item, told apart by its keys or, in a set, by itself. */
export function itemElement(list: ListSchema, item: unknown): PathElement {
  if (list.keys.length === 0) {
    if (isJsonObject(item)) {
      throw new TypedValueError("associative list without keys has an element that's a map type");
    }
    if (Array.isArray(item)) {
      throw new TypedValueError("not supported: associative list with lists as elements");
    }
    if (item === null) {
      throw new TypedValueError("associative list without keys has an element that's an explicit null");
    }
    return valueElement(item);
  }
  if (item === null) throw new TypedValueError("associative list with keys may not have a null element");
  if (!isJsonObject(item)) {
    throw new TypedValueError("associative list with keys may not have non-map elements");
  }
  const fields = list.item().map?.fields;
  const keys: Record<string, unknown> = {};
  for (const key of list.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : fields?.get(key)?.fallback;
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length === 0) {
    const names = list.keys.map((key) => JSON.stringify(key)).join(" ");
    throw new TypedValueError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(keys);
}
