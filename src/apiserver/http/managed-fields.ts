import { apiVersionOf } from "../../resource/kind.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../resource/object.ts";
import { type Tracking, trackUpdate } from "../apply/field-manager.ts";
import { type FieldSet, onlyTrees, setOf, withoutTrees } from "../apply/field-set.ts";
import { type Managers, managerEntries, parseManagers, storedManagers } from "../apply/managers.ts";
import { fieldElement } from "../apply/path-element.ts";
import { TypedValueError } from "../apply/typed-value.ts";
import { equalJson } from "../storage/frozen-json.ts";
import { timestamp } from "./identity.ts";
import type { ServedResource } from "./served-resource.ts";

/** What is written at a path: the object, or a part of it. */
export type WrittenPart = "" | "status" | "scale";

type Entries = readonly ManagedFieldsEntry[];

const status: FieldSet = setOf([fieldElement("status")]);
const allButStatus: FieldSet = setOf([fieldElement("spec")]);
const metadata: FieldSet = setOf([fieldElement("metadata")]);

/** Takes out of a set what a write to a path does not keep. */
function filterOf({ strategy }: ServedResource, part: WrittenPart): Tracking["filter"] {
  if (part === "scale") return (set) => set;
  if (part === "") return strategy.hasStatus ? (set) => withoutTrees(set, status) : (set) => set;
  if (strategy.isCustom) return (set) => onlyTrees(set, status);
  const { statusKeeps } = strategy;
  const kept =
    statusKeeps === "all metadata"
      ? metadata
      : setOf(...statusKeeps.map((field) => [fieldElement("metadata"), fieldElement(field)]));
  return (set) => withoutTrees(withoutTrees(set, allButStatus), kept);
}

/** How the fields of a resource's objects are tracked in a write of now. */
export function trackingOf(resource: ServedResource, part: WrittenPart): Tracking {
  return {
    type: resource.schema(),
    apiVersion: apiVersionOf(resource.kind),
    subresource: part,
    filter: filterOf(resource, part),
    time: part === "scale" ? undefined : timestamp(),
    ...(part === "scale" ? { conflictVersion: "autoscaling/v1" } : {}),
  };
}

/** Entries as they may be stored, from what is sent; those that nobody can read count as none. */
export function givenEntries(sent: Entries | undefined): Entries {
  return sent === undefined ? [] : managerEntries(parseManagers(sent) ?? new Map());
}

/** An empty list, or one with an empty entry, asks to forget all managers. */
function isReset(entries: Entries | undefined): boolean {
  const [first, ...more] = entries ?? [];
  if (first === undefined) return entries !== undefined;
  return more.length === 0 && Object.keys(first).length === 0;
}

/** Who manages what of an object that is created by other means than apply. */
export function createdEntries(
  resource: ServedResource,
  object: KubeObject,
  sent: Entries | undefined,
  manager: string,
): Entries {
  try {
    const known: Managers = (isReset(sent) ? undefined : parseManagers(sent)) ?? new Map();
    return managerEntries(trackUpdate(trackingOf(resource, ""), {}, object, known, manager));
  } catch (error) {
    if (error instanceof TypedValueError) return [];
    throw error;
  }
}

/**
 * Who manages what of an object that is changed by other means than apply.
 *
 * What the object sent says of managers counts, if it can be read and says
 * anything; otherwise, and below subresources, what is stored.
 */
export function updatedEntries(
  resource: ServedResource,
  part: WrittenPart,
  current: KubeObject,
  object: KubeObject,
  sent: Entries | undefined,
  manager: string,
): Entries {
  const stored = current.metadata?.managedFields ?? [];
  if (part === "" && isReset(sent)) return [];
  const given = part === "" && sent !== stored ? parseManagers(sent) : undefined;
  const known = given !== undefined && given.size > 0 ? given : storedManagers(stored);
  // Objects that nobody tracks stay so until they are applied.
  if (known.size === 0) return [];
  try {
    return managerEntries(trackUpdate(trackingOf(resource, part), current, object, known, manager));
  } catch (error) {
    if (error instanceof TypedValueError) return stored;
    throw error;
  }
}

function withoutTimes(entries: Entries): Entries {
  return entries.map(({ time: _, ...entry }) => entry);
}

/** The stored entries instead of new ones that differ in nothing but their times, of an object that is the same. */
export function keepTimes(current: KubeObject, object: KubeObject, entries: Entries): Entries {
  const stored = current.metadata?.managedFields ?? [];
  const hasNewTimes = stored.some(({ time }, at) => time !== entries[at]?.time);
  if (!hasNewTimes || !equalJson(withoutTimes(stored), withoutTimes(entries))) return entries;
  const bare = (one: KubeObject): unknown => {
    const { managedFields: _, resourceVersion: __, ...meta } = one.metadata ?? {};
    return { ...one, metadata: meta };
  };
  return equalJson(bare(current), bare(object)) ? stored : entries;
}

/** Give an object its entries; none leave no trace. */
export function setManagedFields(object: KubeObject, entries: Entries): void {
  if (object.metadata === undefined) return;
  if (entries.length > 0) object.metadata.managedFields = [...entries];
  else delete object.metadata.managedFields;
}

const longestManager = 128;

/** The name that a write's manager gets: the one given, or what the user agent begins with. */
export function managerName(given: string | null, userAgent: string | undefined): string {
  if (given !== null && given !== "") return given;
  const [start = ""] = (userAgent ?? "").split("/", 1);
  let name = "";
  for (const letter of start) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(letter)) continue;
    if (Buffer.byteLength(name) + Buffer.byteLength(letter) > longestManager) break;
    name += letter;
  }
  return name;
}
