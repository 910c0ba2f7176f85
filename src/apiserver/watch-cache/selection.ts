import { type FieldSelector, fieldValue, matchesFields } from "../../resource/field-selector.ts";
import { keyOf } from "../../resource/key.ts";
import type { Kind } from "../../resource/kind.ts";
import { matchesLabels } from "../../resource/label-selector.ts";
import type { ChangeType } from "../../resource/watch-event.ts";
import type { StorageChange, StoredObject } from "../storage/port.ts";
import type { Selection } from "./query.ts";

/** How the value of a selectable field is read from an object; "" where it has none. */
export type FieldReader = (object: StoredObject, path: string) => string;

/** The value a field selector demands of a field, if it demands one by `=`. */
export function exactValue(selector: FieldSelector | undefined, path: string): string | undefined {
  return selector?.find((requirement) => requirement.path === path && requirement.operator === "=")?.value;
}

/** The range of keys that a selection can be in. */
export interface KeyRange {
  /** What all keys of the list begin with: `namespace/`, or nothing. */
  readonly prefix: string;
  readonly from: string;
  readonly until: string | undefined;
}

/** Find the keys to look at: one object, one namespace, or all. */
export function keyRange(kind: Kind, selection: Selection): KeyRange {
  const path = selection.namespace === "" ? undefined : selection.namespace;
  const namespace = path ?? exactValue(selection.fieldSelector, "metadata.namespace");
  const name = exactValue(selection.fieldSelector, "metadata.name");
  const prefix = path === undefined ? "" : `${path}/`;
  const hasNamespace = namespace !== undefined && namespace !== "";
  if (name !== undefined && name !== "" && (hasNamespace || kind.scope === "Cluster")) {
    const key = keyOf(namespace, name);
    return { prefix, from: key, until: `${key}\0` };
  }
  // "0" is the character after "/": the end of everything below the namespace.
  if (hasNamespace && kind.scope === "Namespaced")
    return { prefix, from: `${namespace}/`, until: `${namespace}0` };
  return { prefix, from: "", until: undefined };
}

/** Tell whether an object is part of a selection; `key` carries its namespace. */
export type Matcher = (key: string, object: StoredObject) => boolean;

/** Make the test for a selection. */
export function matcher(selection: Selection, readField: FieldReader = fieldValue): Matcher {
  const { namespace, labelSelector = [], fieldSelector = [] } = selection;
  const prefix = namespace === undefined || namespace === "" ? "" : `${namespace}/`;
  return (key, object) =>
    key.startsWith(prefix) &&
    matchesLabels(labelSelector, object.metadata.labels) &&
    matchesFields(fieldSelector, object, readField);
}

/** Tell whether a selection has a selector, of which nobody knows how many it matches. */
export function hasSelector({ labelSelector = [], fieldSelector = [] }: Selection): boolean {
  return labelSelector.length > 0 || fieldSelector.length > 0;
}

/**
 * What a change is to somebody who sees only a part of the objects.
 *
 * Entering the selection is ADDED, leaving it DELETED; `undefined` if the
 * object was and is none of it.
 */
export function transition(matches: Matcher, change: StorageChange): ChangeType | undefined {
  const { key, type, object, previous } = change;
  const was = previous !== undefined && matches(key, previous);
  const is = type !== "DELETED" && matches(key, object);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}
