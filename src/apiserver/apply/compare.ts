import type { ListSchema, MapSchema, TypeSchema } from "../schema/type-schema.ts";
import { equalJson } from "../storage/frozen-json.ts";
import { type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { fieldElement, type PathElement } from "./path-element.ts";
import {
  isEmptyValue,
  itemElement,
  itemsOf,
  memberOf,
  membersOf,
  memberType,
  type Shape,
  shapeOf,
  type Value,
} from "./typed-value.ts";

/** The fields in which two objects differ; none is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** Compare two objects of one type, field by field as far as the type is merged by field. */
export function compareTyped(type: TypeSchema, left: Value, right: Value): Comparison {
  const { removed, modified, added } = new TypedComparison(type, left, right);
  return { removed: removed.set, modified: modified.set, added: added.set };
}

/** One comparison while it is made. */
class TypedComparison {
  readonly removed: FieldSetBuilder = new FieldSetBuilder();
  readonly modified: FieldSetBuilder = new FieldSetBuilder();
  readonly added: FieldSetBuilder = new FieldSetBuilder();
  readonly #path: PathElement[] = [];

  constructor(type: TypeSchema, left: Value, right: Value) {
    this.#compare(type, left, right);
  }

  #compare(type: TypeSchema, left: Value, right: Value): void {
    // What a patch did not touch is shared with what it was: nothing differs in it.
    if (left === right) return;
    const [before, after] = [shapeOf(type, left), shapeOf(type, right)];
    let isLeaf: boolean;
    if (right === undefined) {
      isLeaf = this.#compareAs(before, left, right);
    } else {
      if (left !== undefined && before.is !== after.is) this.#compareAs(before, left, right);
      isLeaf = this.#compareAs(after, left, right);
    }
    if (isLeaf) return;
    if (left === undefined) this.added.insert(this.#path);
    else if (right === undefined) this.removed.insert(this.#path);
  }

  /** Compare by one shape; tells whether the value was taken as a whole. */
  #compareAs(shape: Shape, left: Value, right: Value): boolean {
    const isWhole =
      shape.is === "scalar" ||
      (shape.is === "list"
        ? shape.list.isAtomic || (isEmptyValue(itemsOf(left)) && isEmptyValue(itemsOf(right)))
        : shape.map.isAtomic || (isEmptyValue(membersOf(left)) && isEmptyValue(membersOf(right))));
    if (isWhole) this.#compareWhole(left, right);
    else if (shape.is === "list") this.#compareItems(shape.list, itemsOf(left) ?? [], itemsOf(right) ?? []);
    else if (shape.is === "map") this.#compareMembers(shape.map, left, right);
    return isWhole;
  }

  #compareWhole(left: Value, right: Value): void {
    if (left === undefined) this.added.insert(this.#path);
    else if (right === undefined) this.removed.insert(this.#path);
    else if (!equalJson(left, right)) this.modified.insert(this.#path);
  }

  #compareMembers(map: MapSchema, left: Value, right: Value): void {
    const [before, after] = [membersOf(left), membersOf(right)];
    for (const name in before) this.#compareMember(map, name, before, after);
    for (const name in after) {
      if (before === undefined || !Object.hasOwn(before, name)) this.#compareMember(map, name, before, after);
    }
  }

  #compareMember(
    map: MapSchema,
    name: string,
    before: Readonly<Record<string, unknown>> | undefined,
    after: Readonly<Record<string, unknown>> | undefined,
  ): void {
    const [left, right] = [memberOf(map, before, name), memberOf(map, after, name)];
    if (left === right) return;
    const type = memberType(map, name);
    // A field that nobody declared belongs to nobody.
    if (type === undefined) return;
    this.#path.push(fieldElement(name));
    this.#compare(type, left, right);
    this.#path.pop();
  }

  #compareItems(list: ListSchema, left: readonly unknown[], right: readonly unknown[]): void {
    const [before, after] = [grouped(list, left), grouped(list, right)];
    for (const element of new Set([...before.keys(), ...after.keys()])) {
      this.#path.push(element);
      this.#compareSame(list, before.get(element) ?? [], after.get(element) ?? []);
      this.#path.pop();
    }
  }

  /** Compare the items of one key; several of them, which should not be, count as one value. */
  #compareSame(list: ListSchema, before: readonly unknown[], after: readonly unknown[]): void {
    const [left, right] = [before[0], after[0]];
    if (before.length <= 1 && after.length <= 1) {
      this.#compare(list.item(), left, right);
    } else if (before.length >= 2 && after.length >= 2) {
      if (!equalJson(before, after)) this.modified.insert(this.#path);
    } else if (before.length >= 2) {
      if (right !== undefined) this.#compare(list.item(), undefined, right);
      this.removed.insert(this.#path);
    } else {
      if (left !== undefined) this.#compare(list.item(), left, undefined);
      this.added.insert(this.#path);
    }
  }
}

function grouped(list: ListSchema, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const groups = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}
