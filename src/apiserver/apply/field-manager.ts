import type { KubeObject } from "../../resource/object.ts";
import type { TypeSchema } from "../schema/type-schema.ts";
import { equalJson } from "../storage/frozen-json.ts";
import { fieldsOf } from "./applied-fields.ts";
import { type Comparison, compareTyped } from "./compare.ts";
import { applyConflict, type ManagerConflict } from "./conflicts.ts";
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmptySet,
  setOf,
  union,
  withNamedFields,
} from "./field-set.ts";
import { capUpdaters, type Manager, type Managers, managerId, withFields } from "./managers.ts";
import { mergeTyped } from "./merge.ts";
import { fieldElement } from "./path-element.ts";
import { removeFields } from "./remove-fields.ts";

/** What an object's fields are tracked by. */
export interface Tracking {
  readonly type: TypeSchema;
  /** As the object is written in this request. */
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** Leaves out what a write to this path does not keep. */
  readonly filter: (set: FieldSet) => FieldSet;
  /** The time of the write; absent where entries keep theirs, or have none, as those of scale. */
  readonly time: string | undefined;
  /** How conflicts name the version that others wrote in, where it is not theirs. */
  readonly conflictVersion?: string;
}

/** A manager of the fields that were there before anybody tracked them. */
const beforeFirstApply = "before-first-apply";

const own = (name: string): string[] => [fieldElement("metadata"), fieldElement(name)];
const nobodys: FieldSet = setOf(
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [fieldElement("metadata")],
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation"].map(own),
  ...["managedFields", "resourceVersion"].map(own),
);

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function compareObjects({ type, filter }: Tracking, live: KubeObject, next: KubeObject): Comparison {
  const { removed, modified, added } = compareTyped(
    type,
    withoutManagedFields(live),
    withoutManagedFields(next),
  );
  return { removed: filter(removed), modified: filter(modified), added: filter(added) };
}

function conflictsOf(managers: Managers, except: string, changed: FieldSet): ManagerConflict[] {
  return [...managers].flatMap(([id, manager]): ManagerConflict[] => {
    const fields = id === except ? emptySet : intersection(manager.fields, changed);
    return isEmptySet(fields) ? [] : [{ manager, fields }];
  });
}

/** The managers after a change: what was changed or removed is nobody else's any more. */
function afterChange(managers: Managers, except: string, { removed, modified, added }: Comparison): Managers {
  const lost = union(union(modified, added), removed);
  return withFields(managers, (manager, id) =>
    id === except ? manager.fields : difference(manager.fields, lost),
  );
}

/**
 * Tell who manages what after an object was changed by other means than apply.
 *
 * What changed becomes the manager's, whoever had it. Objects that nobody tracks
 * stay so until they are first applied, except when they are created (`live` is `{}`).
 */
export function trackUpdate(
  tracking: Tracking,
  live: KubeObject,
  next: KubeObject,
  managers: Managers,
  name: string,
): Managers {
  const comparison = compareObjects(tracking, live, next);
  const others = afterChange(managers, "", comparison);
  const taken = difference(union(comparison.modified, comparison.added), nobodys);
  if (isEmptySet(taken)) return capUpdaters(others);
  const manager: Manager = { ...managerOf(tracking, name, "Update"), fields: taken };
  const id = managerId(manager);
  const before = others.get(id)?.fields ?? emptySet;
  const time = tracking.time ?? managers.get(id)?.time;
  return capUpdaters(new Map([...others, [id, { ...manager, time, fields: union(taken, before) }]]));
}

function managerOf(
  { apiVersion, subresource, time }: Tracking,
  name: string,
  operation: Manager["operation"],
): Manager {
  return { name: name === "" ? "unknown" : name, operation, apiVersion, subresource, time, fields: emptySet };
}

/** What an apply makes of an object, and who manages what then. */
export interface Applied {
  readonly object: KubeObject;
  readonly managers: Managers;
}

/**
 * Apply an object over the live one (`{}` when there is none).
 *
 * Fields that the manager applied before and does not any more are removed
 * unless somebody else has them. Throws 409 with a cause per field where another
 * manager's value would be changed, unless `isForced`.
 */
export function applyObject(
  tracking: Tracking,
  live: KubeObject,
  applied: KubeObject,
  known: Managers,
  name: string,
  isForced: boolean,
): Applied {
  const { type, filter } = tracking;
  const isNew = Object.keys(live).length === 0;
  const first = managerOf(tracking, beforeFirstApply, "Update");
  const managers = known.size > 0 || isNew ? known : trackUpdate(tracking, {}, live, known, first.name);
  const asked = { ...managerOf(tracking, name, "Apply"), fields: filter(fieldsOf(type, applied)) };
  const id = managerId(asked);
  const self = { ...asked, time: tracking.time ?? managers.get(id)?.time };
  const last = managers.get(id)?.fields ?? emptySet;
  const all: Managers = new Map([...managers, [id, self]]);
  const bare = withoutManagedFields(live);
  const merged = mergeTyped(type, bare, applied) ?? {};
  const object = prune(type, merged, all, last) as KubeObject;
  const comparison = compareObjects(tracking, bare, object);
  const conflicts = conflictsOf(all, id, union(comparison.modified, comparison.added));
  if (conflicts.length > 0 && !isForced) throw applyConflict(conflicts, tracking.conflictVersion);
  const left = withFields(afterChange(all, id, comparison), (manager, at) =>
    at === id ? difference(manager.fields, nobodys) : manager.fields,
  );
  if (!equalJson(object, bare)) return { object, managers: left };
  // Nothing was changed: the time is still that of the last change, or none.
  const mine = left.get(id);
  if (mine !== undefined) left.set(id, { ...mine, time: managers.get(id)?.time });
  return { object, managers: left };
}

/** Remove what the manager applied last, unless it, or somebody else, has it now. */
function prune(type: TypeSchema, merged: unknown, managers: Managers, last: FieldSet): unknown {
  if (isEmptySet(last)) return merged;
  const lastNamed = withNamedFields(last, type);
  const pruned = removeFields(type, merged, lastNamed);
  const all = withNamedFields(fieldsOf(type, merged), type);
  let managed: FieldSet = emptySet;
  for (const { fields } of managers.values()) managed = union(managed, fields);
  const kept = union(withNamedFields(fieldsOf(type, pruned), type), withNamedFields(managed, type));
  const owned = removeFields(type, merged, difference(all, kept));
  // Removing a field takes what is below it along: give back what the manager never applied.
  const left = withNamedFields(fieldsOf(type, owned), type);
  return removeFields(type, merged, intersection(difference(all, left), lastNamed));
}
