import { isJsonObject } from "../../base/json-object.ts";
import type { TypeSchema } from "../schema/type-schema.ts";
import { compareElements, fieldNameOf, isPathElement, type PathElement } from "./path-element.ts";

/**
 * A set of an object's fields, as FieldsV1 says it on the wire.
 *
 * A step that is not followed by others is in the set; one that is followed by
 * others is in it only if it has the member `.`. Sets are never changed once
 * they are made, so that they share what they have in common.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

interface MutableFieldSet {
  [element: PathElement]: MutableFieldSet;
}

/** No fields. */
export const emptySet: FieldSet = Object.freeze({});

const self = ".";
const isLeaf = (node: FieldSet): boolean => {
  for (const _ in node) return false;
  return true;
};
const isMember = (node: FieldSet): boolean => node[self] !== undefined || isLeaf(node);

/** The steps below a node, itself left out. */
function below(node: FieldSet): FieldSet {
  if (node[self] === undefined) return node;
  const { [self]: _, ...rest } = node;
  return rest;
}

/** A node from whether it is in the set, and from what is below it; undefined if it would be neither. */
function compose(isIn: boolean, children: FieldSet): FieldSet | undefined {
  if (isLeaf(children)) return isIn ? emptySet : undefined;
  return isIn ? { [self]: emptySet, ...children } : children;
}

/** Tell whether a set has no fields. */
export function isEmptySet(set: FieldSet): boolean {
  return isLeaf(set);
}

/** Collects fields one by one. */
export class FieldSetBuilder {
  readonly #root: MutableFieldSet = {};

  /** Add the field at a path; the object as a whole is nobody's field. */
  insert(path: readonly PathElement[]): void {
    let node = this.#root;
    const last = path.length - 1;
    for (let at = 0; at <= last; at++) {
      const element = path[at] ?? "";
      let child = node[element];
      if (child === undefined) {
        child = {};
        node[element] = child;
      } else if (isLeaf(child) ? at < last : at === last) {
        // A field that has others below it says so.
        child[self] ??= {};
      }
      node = child;
    }
  }

  get set(): FieldSet {
    return this.#root;
  }
}

/** The fields of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(a)) return b;
  if (isLeaf(b)) return a;
  const result: MutableFieldSet = { ...a } as MutableFieldSet;
  for (const [element, right] of Object.entries(b)) {
    const left = a[element];
    if (left === undefined || left === right) {
      result[element] = right as MutableFieldSet;
      continue;
    }
    const node = compose(isMember(left) || isMember(right), union(below(left), below(right)));
    if (node !== undefined) result[element] = node as MutableFieldSet;
  }
  return result;
}

/** Those nodes of `a` that `keep` makes of them and of their counterpart in `b`. */
function narrow(
  a: FieldSet,
  b: FieldSet,
  keep: (left: FieldSet, right: FieldSet | undefined) => FieldSet | undefined,
): FieldSet {
  const result: Record<PathElement, FieldSet> = {};
  for (const [element, left] of Object.entries(a)) {
    const node = keep(left, b[element]);
    if (node !== undefined) result[element] = node;
  }
  return result;
}

/** The fields of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return narrow(a, b, (left, right) =>
    right === undefined
      ? undefined
      : compose(isMember(left) && isMember(right), intersection(below(left), below(right))),
  );
}

/** The fields of `a` that are not in `b`; a field goes without those below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(b)) return a;
  return narrow(a, b, (left, right) =>
    right === undefined
      ? left
      : compose(isMember(left) && !isMember(right), difference(below(left), below(right))),
  );
}

/** The fields of `a` that are neither in `b` nor below a field of it. */
export function withoutTrees(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(b)) return a;
  return narrow(a, b, (left, right) => {
    if (right === undefined) return left;
    return isMember(right) ? undefined : compose(isMember(left), withoutTrees(below(left), below(right)));
  });
}

/** The fields of `a` that are in `b` or below a field of it. */
export function onlyTrees(a: FieldSet, b: FieldSet): FieldSet {
  return narrow(a, b, (left, right) => {
    if (right === undefined) return undefined;
    return isMember(right) ? left : compose(false, onlyTrees(below(left), below(right)));
  });
}

/** Tell whether the step itself is in the set. */
export function hasElement(set: FieldSet, element: PathElement): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** The fields below a step. */
export function under(set: FieldSet, element: PathElement): FieldSet {
  const node = set[element];
  return node === undefined ? emptySet : below(node);
}

/**
 * The set with each declared field of a map that has something below it added as a field of its own.
 *
 * What is declared is usually left out of sets, what was added by name is not.
 */
export function withNamedFields(set: FieldSet, type: TypeSchema | undefined): FieldSet {
  const result: Record<PathElement, FieldSet> = {};
  for (const [element, node] of Object.entries(set)) {
    const children = below(node);
    const name = fieldNameOf(element);
    const field = name === undefined ? undefined : type?.map?.fields.get(name);
    const inner = name === undefined ? type?.list?.item : (field?.type ?? type?.map?.item);
    const isIn = isMember(node) || (field !== undefined && !isLeaf(children));
    const composed = compose(isIn, withNamedFields(children, inner?.()));
    if (composed !== undefined) result[element] = composed;
  }
  return result;
}

/** A set of single paths. */
export function setOf(...paths: readonly (readonly PathElement[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.set;
}

/** All paths of a set in order: a node's own fields first, then what is below them. */
export function pathsOf(set: FieldSet, before: readonly PathElement[] = []): PathElement[][] {
  const elements = Object.keys(set).filter((element) => element !== self);
  elements.sort(compareElements);
  const own = elements.filter((element) => hasElement(set, element)).map((element) => [...before, element]);
  return [...own, ...elements.flatMap((element) => pathsOf(under(set, element), [...before, element]))];
}

/** Read a set from the wire; undefined where it is none. Steps of unknown forms are left out. */
export function parseFieldSet(value: unknown): FieldSet | undefined {
  if (!isJsonObject(value)) return undefined;
  const result: Record<PathElement, FieldSet> = {};
  for (const [element, child] of Object.entries(value)) {
    const isKnown = element === self || "fkvi".includes(element[0] ?? " ");
    if (!isKnown && element[1] === ":") continue;
    const node = parseFieldSet(child);
    if (node === undefined || (element !== self && !isPathElement(element))) return undefined;
    result[element] = node;
  }
  return result;
}
