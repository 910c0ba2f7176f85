import { isJsonObject } from "../../base/json-object.ts";
import type { ListSchema, MapSchema, TypeSchema } from "../schema/type-schema.ts";
import { type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { fieldElement, type PathElement } from "./path-element.ts";
import { itemElement, itemsOf, membersOf, memberType, shapeOf, type Value } from "./typed-value.ts";

/** All fields that an object says, as its manager owns them when it is applied. */
export function fieldsOf(type: TypeSchema, object: Value): FieldSet {
  const builder = new FieldSetBuilder();
  collect(type, object, [], builder);
  return builder.set;
}

function collect(type: TypeSchema, value: Value, path: PathElement[], into: FieldSetBuilder): void {
  const shape = shapeOf(type, value);
  if (shape.is === "scalar" || (shape.is === "list" ? shape.list.isAtomic : shape.map.isAtomic)) {
    into.insert(path);
  } else if (shape.is === "list") {
    collectItems(shape.list, itemsOf(value) ?? [], path, into);
  } else {
    collectMembers(shape.map, membersOf(value) ?? {}, path, into);
  }
}

function collectItems(
  list: ListSchema,
  items: readonly unknown[],
  path: PathElement[],
  into: FieldSetBuilder,
): void {
  const elements = items.map((item) => itemElement(list, item));
  const count = new Map<PathElement, number>();
  for (const element of elements) count.set(element, (count.get(element) ?? 0) + 1);
  elements.forEach((element, at) => {
    path.push(element);
    if (count.get(element) === 1) collect(list.item(), items[at], path, into);
    into.insert(path);
    path.pop();
  });
}

function collectMembers(
  map: MapSchema,
  members: Readonly<Record<string, unknown>>,
  path: PathElement[],
  into: FieldSetBuilder,
): void {
  for (const [name, value] of Object.entries(members)) {
    const type = memberType(map, name);
    if (type === undefined) continue;
    path.push(fieldElement(name));
    collect(type, value, path, into);
    const isNothing = value === null || (isJsonObject(value) && Object.keys(value).length === 0);
    if (isNothing || !map.fields.has(name)) into.insert(path);
    path.pop();
  }
}
