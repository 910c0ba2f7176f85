import { keyOf } from "../../resource/key.ts";
import { apiVersionOf } from "../../resource/kind.ts";
import type { KubeObject, ObjectMeta } from "../../resource/object.ts";
import { equalJson } from "../storage/frozen-json.ts";
import type { StoredObject } from "../storage/port.ts";
import { settleNamespace } from "./create.ts";
import { type SentObject, tidyMeta } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import { type FieldError, forbiddenValue, invalid, invalidValue } from "./field-error.ts";
import { keepTimes, setManagedFields, updatedEntries, type WrittenPart } from "./managed-fields.ts";
import { metaErrors } from "./object-meta.ts";
import type { ObjectAddress, ServedResource } from "./served-resource.ts";
import { badRequest, conflict, notFound, StatusError, staleMessage } from "./status-error.ts";
import { isBuiltIn, member } from "./strategy.ts";

/** How an update is meant. */
export interface UpdateOptions {
  /** What is taken from the object sent. @default "all but status" where the status has a path of its own */
  readonly takes?: "all but status" | "status" | "everything";
  readonly isDryRun?: boolean;
  /** A uid in the object sent is a precondition, as in PUT. */
  readonly hasUidPrecondition?: boolean;
  /** What the path is for. @default what is taken */
  readonly part?: WrittenPart;
  /** Who changes it; "applied" where the object sent says who manages what. @default the server itself */
  readonly manager?: string | { readonly isApplied: true };
}

/** Who writes without a request. */
const serverItself = "test-api-server";

/** Refuse (400) an object that names another place than its path. */
function checkAddress(object: SentObject, { namespace, name }: ObjectAddress): void {
  settleNamespace(object, namespace);
  const sent = object.metadata.name ?? "";
  if (sent === "") {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (sent !== name) {
    throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
  }
}

/** Optimistic locking: the object sent must carry the stored resourceVersion, or none where that is allowed (T6). */
function checkVersion({ kind, strategy }: ServedResource, sent: ObjectMeta, current: StoredObject): void {
  const version = sent.resourceVersion ?? "";
  const name = current.metadata.name ?? "";
  if (version === "" || version === "0") {
    if (strategy.allowsUnconditionalUpdate) return;
    throw invalid({ group: kind.group, kind: kind.plural }, name, [
      invalidValue("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  }
  if (!/^\d+$/.test(version)) {
    throw new StatusError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  }
  if (version !== current.metadata.resourceVersion) throw conflict(kind, name, staleMessage);
}

function checkUid({ kind }: ServedResource, sent: ObjectMeta, current: StoredObject): void {
  const { uid, name = "", namespace } = current.metadata;
  if (sent.uid === undefined || sent.uid === "" || sent.uid === uid) return;
  const root = kind.group.includes(".") ? `${kind.group}/${kind.plural}` : kind.plural;
  throw conflict(
    kind,
    name,
    `StorageError: invalid object, Code: 4, Key: /registry/${root}/${keyOf(namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${uid ?? ""}`,
  );
}

function updateErrors(sent: ObjectMeta, current: StoredObject["metadata"]): FieldError[] {
  const errors: FieldError[] = [];
  if (current.deletionTimestamp !== undefined) {
    const known = new Set(current.finalizers ?? []);
    const added = [...new Set(sent.finalizers ?? [])].filter((finalizer) => !known.has(finalizer)).sort();
    if (added.length > 0) {
      const shown = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
      errors.push(
        forbiddenValue(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`,
        ),
      );
    }
  }
  for (const field of ["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if (sent[field] !== current[field]) {
      errors.push(invalidValue(`metadata.${field}`, sent[field] ?? null, "field is immutable"));
    }
  }
  return errors;
}

/** The fields whose change makes a new generation. */
function wished(object: KubeObject, hasStatus: boolean, countsAnnotations: boolean): unknown {
  const { metadata, apiVersion: _, kind: __, ...fields } = { ...object };
  const kept = Object.entries(fields).filter(([field]) => !(hasStatus && field === "status"));
  return [Object.fromEntries(kept), countsAnnotations ? (metadata?.annotations ?? {}) : {}];
}

/** Give a field the value it has in other metadata, or none. */
function keepField<F extends keyof ObjectMeta>(meta: ObjectMeta, from: ObjectMeta, field: F): void {
  if (from[field] === undefined) delete meta[field];
  else meta[field] = from[field];
}

/** What a write of the status stores: the stored object with the status, and little else, of the one sent. */
function withStatusOf({ strategy }: ServedResource, sent: SentObject, current: StoredObject): SentObject {
  const { status: _, ...rest }: Record<string, unknown> = { ...current };
  const metadata: ObjectMeta =
    strategy.statusKeeps === "all metadata" ? { ...current.metadata } : { ...sent.metadata };
  if (strategy.statusKeeps !== "all metadata") {
    for (const field of strategy.statusKeeps) keepField(metadata, current.metadata, field);
  }
  return { ...rest, metadata, ...(sent.status === undefined ? {} : { status: sent.status }) };
}

function withoutStatusOf(
  { kind, strategy }: ServedResource,
  sent: SentObject,
  current: StoredObject,
): SentObject {
  const { status: _, ...wanted }: SentObject = { ...sent };
  const stored: Record<string, unknown> = { ...current };
  if (!strategy.hasStatus) return sent;
  const object: SentObject = {
    ...wanted,
    metadata: sent.metadata,
    ...(stored.status === undefined ? {} : { status: stored.status }),
  };
  if (isBuiltIn(kind, "namespaces")) {
    object.spec = { ...member(sent, "spec"), finalizers: member(stored, "spec").finalizers };
  }
  return object;
}

function taken(
  resource: ServedResource,
  sent: SentObject,
  current: StoredObject,
  takes: UpdateOptions["takes"],
): SentObject {
  if (takes === "everything") return { ...sent };
  return takes === "status"
    ? withStatusOf(resource, sent, current)
    : withoutStatusOf(resource, sent, current);
}

/** The object that replaces the stored one: its system metadata kept, its generation counted. */
function prepare(
  resource: ServedResource,
  sent: SentObject,
  current: StoredObject,
  { takes, part = takes === "status" ? "status" : "", manager = serverItself }: UpdateOptions,
): KubeObject {
  const { kind, strategy } = resource;
  const { managedFields } = sent.metadata;
  const object = taken(resource, sent, current, takes);
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } =
    current.metadata;
  const meta: ObjectMeta = { ...object.metadata };
  if ((meta.uid ?? "") === "" && uid !== undefined) meta.uid = uid;
  if (creationTimestamp !== undefined) meta.creationTimestamp = creationTimestamp;
  if (deletionTimestamp !== undefined) meta.deletionTimestamp = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) {
    meta.deletionGracePeriodSeconds ??= deletionGracePeriodSeconds;
  }
  delete meta.generation;
  if (generation !== undefined) meta.generation = generation;
  delete meta.resourceVersion;
  object.metadata = tidyMeta(meta);
  applyDefaults(kind, object);
  const before = wished(current, strategy.hasStatus, strategy.countsAnnotations);
  const after = wished(object, strategy.hasStatus, strategy.countsAnnotations);
  if (takes !== "status" && strategy.hasGeneration && !equalJson(before, after)) {
    object.metadata.generation = (generation ?? 0) + 1;
  }
  const errors = [
    ...metaErrors(object.metadata, { ...strategy, isNamespaced: kind.scope === "Namespaced" }),
    // Told twice, as by kube-apiserver, which checks metadata for all kinds and again for each.
    ...[1, 2].flatMap(() => updateErrors(object.metadata, current.metadata)),
  ];
  if (errors.length > 0) throw invalid(kind, current.metadata.name ?? "", errors);
  const entries =
    typeof manager === "string"
      ? updatedEntries(resource, part, current, object, managedFields, manager)
      : (managedFields ?? []);
  setManagedFields(object, keepTimes(current, object, entries));
  return object;
}

/** An object being deleted goes with its last finalizer, unless it still has time (T16). */
function isFinished(object: KubeObject, current: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  if (deletionTimestamp === undefined || (object.metadata?.finalizers ?? []).length > 0) return false;
  const rest = member(object, "spec").finalizers;
  const isNamespace =
    object.kind === "Namespace" && object.apiVersion === apiVersionOf({ group: "", version: "v1" });
  if (isNamespace && Array.isArray(rest) && rest.length > 0) return false;
  return deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0;
}

/**
 * Replace a stored object by what `make` builds from it and give it as stored.
 *
 * Throws 404 when there is none, 409 for a stale resourceVersion or another
 * uid, 400 for another name, 422 for what may not change. An object without a
 * change is not written and keeps its resourceVersion.
 */
export function updateObject(
  resource: ServedResource,
  address: ObjectAddress,
  make: (current: StoredObject) => SentObject,
  options: UpdateOptions = {},
): KubeObject {
  const { kind, storage } = resource;
  const key = keyOf(address.namespace, address.name);
  const current = storage.get(kind, key);
  if (current === undefined) throw notFound(kind, address.name);
  const sent = make(current);
  checkAddress(sent, address);
  if (options.hasUidPrecondition) checkUid(resource, sent.metadata, current);
  if (options.takes !== "everything") checkVersion(resource, sent.metadata, current);
  const object = prepare(resource, sent, current, options);
  if (isFinished(object, current)) {
    if (!options.isDryRun) storage.delete(kind, key);
    return { ...object, metadata: { ...object.metadata, resourceVersion: current.metadata.resourceVersion } };
  }
  if (options.isDryRun) {
    return { ...object, metadata: { ...object.metadata, resourceVersion: current.metadata.resourceVersion } };
  }
  return storage.update(kind, key, () => object);
}
