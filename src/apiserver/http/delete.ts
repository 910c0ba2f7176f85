import { keyOf } from "../../resource/key.ts";
import type { KubeObject, ObjectMeta } from "../../resource/object.ts";
import type { StoredObject } from "../storage/port.ts";
import { timestamp } from "./identity.ts";
import type { ObjectAddress, ServedResource } from "./served-resource.ts";
import { conflict, forbidden, notFound } from "./status-error.ts";
import { isBuiltIn, member } from "./strategy.ts";
import type { DeleteOptions } from "./write-options.ts";

const protectedNamespaces: readonly string[] = ["default", "kube-system", "kube-public"];

/** What a deletion did: the object's last or current state, and whether it is gone. */
export interface Deletion {
  readonly object: KubeObject;
  readonly isGone: boolean;
}

/** Refuse (409) a deletion whose preconditions do not hold. */
export function checkPreconditions({ kind }: ServedResource, meta: ObjectMeta, options: DeleteOptions): void {
  // kube-apiserver names the kind here, where it names the plural elsewhere.
  const what = { group: kind.group, plural: kind.kind };
  const { uid = "", resourceVersion = "", name = "" } = meta;
  if (options.uid !== undefined && options.uid !== uid) {
    throw conflict(
      what,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    throw conflict(
      what,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}

/** How long a Pod is given to stop; undefined for kinds that go at once. */
function graceOf(resource: ServedResource, object: StoredObject, options: DeleteOptions): number | undefined {
  if (!isBuiltIn(resource.kind, "pods")) return undefined;
  const spec = member(object, "spec");
  const phase = member(object, "status").phase;
  const isRunning = typeof spec.nodeName === "string" && spec.nodeName !== "";
  if (!isRunning || phase === "Failed" || phase === "Succeeded") return 0;
  const own = spec.terminationGracePeriodSeconds;
  const asked = options.gracePeriodSeconds ?? (typeof own === "number" ? own : 0);
  return asked < 0 ? 1 : asked;
}

/** The finalizers that stand for the propagation policy; nothing here removes them. */
function finalizersOf({ kind }: ServedResource, meta: ObjectMeta, options: DeleteOptions): string[] {
  const own = meta.finalizers ?? [];
  if (isBuiltIn(kind, "events")) return own;
  const others = own.filter((finalizer) => finalizer !== "orphan" && finalizer !== "foregroundDeletion");
  const keptByDefault =
    isBuiltIn(kind, "jobs", "batch") || isBuiltIn(kind, "replicationcontrollers") ? "orphan" : undefined;
  const isOrphaning = options.orphanDependents;
  if (isOrphaning !== undefined) return isOrphaning ? [...others, "orphan"] : others;
  switch (options.propagationPolicy) {
    case "Orphan":
      return [...others, "orphan"];
    case "Foreground":
      return [...others, "foregroundDeletion"];
    case "Background":
      return others;
    default: {
      const asked = own.find((finalizer) => finalizer === "orphan" || finalizer === "foregroundDeletion");
      const last = asked ?? keptByDefault;
      return last === undefined ? others : [...others, last];
    }
  }
}

function marked(object: StoredObject, graceSeconds: number, finalizers: readonly string[]): KubeObject {
  const { deletionTimestamp, generation } = object.metadata;
  const isFirst = deletionTimestamp === undefined;
  const at = timestamp(Date.now() + graceSeconds * 1000);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: deletionTimestamp !== undefined && deletionTimestamp < at ? deletionTimestamp : at,
      deletionGracePeriodSeconds: graceSeconds,
      ...(isFirst && generation !== undefined ? { generation: generation + 1 } : {}),
      ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
    },
  };
}

/** A namespace is only marked: what is in it, and then itself, is for a controller to remove. */
function deleteNamespace(resource: ServedResource, current: StoredObject, isDryRun: boolean): Deletion {
  const { kind, storage } = resource;
  const name = current.metadata.name ?? "";
  if (protectedNamespaces.includes(name)) {
    throw forbidden(kind, name, "this namespace may not be deleted");
  }
  const finalizers = member(current, "spec").finalizers;
  const rest = [...(current.metadata.finalizers ?? []), ...(Array.isArray(finalizers) ? finalizers : [])];
  if (current.metadata.deletionTimestamp !== undefined) {
    if (rest.length > 0) return { object: current, isGone: false };
    return { object: isDryRun ? current : storage.delete(kind, name), isGone: true };
  }
  const going: KubeObject & { status: unknown } = {
    ...current,
    metadata: { ...current.metadata, deletionTimestamp: timestamp() },
    status: { ...member(current, "status"), phase: "Terminating" },
  };
  return { object: isDryRun ? going : storage.update(kind, name, () => going), isGone: false };
}

/**
 * Delete an object, or mark it where finalizers or a Pod's grace hold it back.
 *
 * Throws 404 when there is none and 409 when a precondition does not hold. A Pod
 * is marked before it goes, as by kube-apiserver, so that its watchers see
 * MODIFIED and DELETED. With `isDryRun` nothing is kept.
 */
export function deleteObject(
  resource: ServedResource,
  { namespace, name }: ObjectAddress,
  options: DeleteOptions,
): Deletion {
  const { kind, storage } = resource;
  const key = keyOf(namespace, name);
  const current = storage.get(kind, key);
  if (current === undefined) throw notFound(kind, name);
  checkPreconditions(resource, current.metadata, options);
  if (isBuiltIn(kind, "namespaces")) return deleteNamespace(resource, current, options.isDryRun);

  const left = current.metadata.deletionGracePeriodSeconds;
  const isGoing = current.metadata.deletionTimestamp !== undefined;
  const finalizers = finalizersOf(resource, current.metadata, options);
  const wanted = graceOf(resource, current, options);
  // A second deletion can only shorten the time that the first one gave.
  if (isGoing && wanted !== undefined && left !== undefined && left > 0) {
    const isShorter = options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < left;
    if (!isShorter) return { object: current, isGone: false };
  }
  const graceSeconds = wanted ?? 0;
  const isHeld = finalizers.length > 0 || graceSeconds > 0;
  const isMarkedFirst = wanted !== undefined && !(isGoing && left === 0);
  if (!isHeld && !isMarkedFirst) {
    return { object: options.isDryRun ? current : storage.delete(kind, key), isGone: true };
  }
  const object = marked(current, graceSeconds, finalizers);
  if (options.isDryRun) return { object, isGone: !isHeld };
  const stored = storage.update(kind, key, () => object);
  return isHeld ? { object: stored, isGone: false } : { object: storage.delete(kind, key), isGone: true };
}
