import type { TypeSchema } from "../schema/type-schema.ts";
import { type FieldSet, hasElement, isEmptySet, under } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import { itemElement, itemsOf, membersOf, memberType, shapeOf, type Value } from "./typed-value.ts";

/** A value without the fields of a set; null where nothing is left of a list or a map. */
export function removeFields(type: TypeSchema, value: Value, set: FieldSet): Value {
  const shape = shapeOf(type, value);
  if (shape.is === "scalar") return value;
  if (shape.is === "list") {
    const items = itemsOf(value) ?? [];
    if (shape.list.isAtomic) return null;
    const { list } = shape;
    const kept = items.flatMap((item) => {
      const element = itemElement(list, item);
      if (hasElement(set, element)) return [];
      const inside = under(set, element);
      return [isEmptySet(inside) ? item : removeFields(list.item(), item, inside)];
    });
    return kept.length === 0 ? null : kept;
  }
  if (shape.map.isAtomic) return null;
  const kept = Object.entries(membersOf(value) ?? {}).flatMap(([name, member]): [string, unknown][] => {
    const element = fieldElement(name);
    if (hasElement(set, element)) return [];
    const inside = under(set, element);
    const inner = memberType(shape.map, name);
    return [[name, isEmptySet(inside) || inner === undefined ? member : removeFields(inner, member, inside)]];
  });
  return kept.length === 0 ? null : Object.fromEntries(kept);
}
