import type { ListSchema, MapSchema, TypeSchema } from "../schema/type-schema.ts";
import type { PathElement } from "./path-element.ts";
import {
  isEmptyValue,
  itemElement,
  itemsOf,
  membersOf,
  memberType,
  shapeOf,
  type Value,
} from "./typed-value.ts";

/** Merge what is applied into what is there, by type; neither is changed. What is applied wins. */
export function mergeTyped(type: TypeSchema, live: Value, applied: Value): Value {
  const shape = shapeOf(type, applied === undefined ? live : applied);
  const whole = applied === undefined ? live : applied;
  switch (shape.is) {
    case "scalar":
      return whole;
    case "list": {
      const [left, right] = [itemsOf(live), itemsOf(applied)];
      if (shape.list.isAtomic || (isEmptyValue(left) && isEmptyValue(right))) return whole;
      return mergeItems(shape.list, left ?? [], right ?? []);
    }
    case "map": {
      const [left, right] = [membersOf(live), membersOf(applied)];
      if (shape.map.isAtomic || (isEmptyValue(left) && isEmptyValue(right))) return whole;
      return mergeMembers(shape.map, left ?? {}, right ?? {});
    }
  }
}

function mergeMembers(
  map: MapSchema,
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): Value {
  const merged: [string, unknown][] = [];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const type = memberType(map, name);
    const [before, after] = [own(left, name), own(right, name)];
    const value =
      type === undefined ? (after === undefined ? before : after) : mergeTyped(type, before, after);
    if (value !== undefined) merged.push([name, value]);
  }
  return merged.length === 0 ? undefined : Object.fromEntries(merged);
}

function own(of: Readonly<Record<string, unknown>>, name: string): Value {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/**
 * Merge lists by key: items of both in the order they are applied in, the rest where it was among them.
 *
 * An item that is only there stays before the shared item that it came before.
 */
function mergeItems(list: ListSchema, live: readonly unknown[], applied: readonly unknown[]): Value {
  const [left, right] = [elementsOf(list, live), elementsOf(list, applied)];
  const known = firstOnly(left, live);
  const wanted = new Map(right.map((element, at) => [element, applied[at]] as const));
  const shared = right.filter((element) => known.has(element));
  const done = new Set<PathElement>();
  const merged: unknown[] = [];
  const take = (before: Value, after: Value): void => {
    const value = mergeTyped(list.item(), before, after);
    if (value !== undefined) merged.push(value);
  };
  let next = shared.shift();
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const [ours, theirs] = [left[i], right[j]];
    if (ours !== undefined && theirs !== undefined) {
      if (ours === theirs) {
        done.add(ours);
        take(known.get(ours), wanted.get(ours));
        i++;
        j++;
        next = shared.shift();
        continue;
      }
      if (wanted.has(ours) && next !== undefined && next !== ours) {
        // Another shared item comes first now; this one is taken where it is applied.
        i++;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!wanted.has(ours)) {
        take(live[i], undefined);
        i++;
        continue;
      }
      if (done.has(ours)) i++;
    }
    if (theirs !== undefined) {
      done.add(theirs);
      take(known.get(theirs), wanted.get(theirs));
      j++;
      if (next === theirs) next = shared.shift();
    }
  }
  return merged.length === 0 ? undefined : merged;
}

function elementsOf(list: ListSchema, items: readonly unknown[]): PathElement[] {
  return items.map((item) => itemElement(list, item));
}

/** Items by key; a key that several have stands for none of them. */
function firstOnly(elements: readonly PathElement[], items: readonly unknown[]): Map<PathElement, unknown> {
  const found = new Map<PathElement, unknown>();
  elements.forEach((element, at) => {
    found.set(element, found.has(element) ? null : items[at]);
  });
  return found;
}
