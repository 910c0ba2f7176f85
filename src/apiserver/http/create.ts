import { keyOf } from "../../resource/key.ts";
import type { KubeObject } from "../../resource/object.ts";
import type { StoredObject } from "../storage/port.ts";
import { StorageError } from "../storage/storage-error.ts";
import { type SentObject, tidyMeta } from "./decode.ts";
import { applyDefaults, initialStatus } from "./defaults.ts";
import { invalid } from "./field-error.ts";
import { generatedName, newUid, timestamp } from "./identity.ts";
import { createdEntries, givenEntries, setManagedFields } from "./managed-fields.ts";
import { metaErrors } from "./object-meta.ts";
import type { ServedResource } from "./served-resource.ts";
import {
  alreadyExists,
  badRequest,
  forbidden,
  generateNameConflict,
  notFound,
  StatusError,
} from "./status-error.ts";
import { isBuiltIn, member } from "./strategy.ts";

const namespaces = { group: "", plural: "namespaces" };
const generateAttempts = 8;

/** How a create is meant. */
export interface CreateOptions {
  readonly isDryRun?: boolean;
  /** The status sent is stored. @default false for kinds whose status has a path of its own */
  readonly keepsStatus?: boolean;
  /** Who creates it by other means than apply; absent: nobody tracks its fields. */
  readonly manager?: string;
}

/** Give an object the namespace of its path; 400 if it says another one. */
export function settleNamespace(object: SentObject, namespace: string | undefined): void {
  const sent = object.metadata.namespace ?? "";
  if (namespace === undefined) {
    delete object.metadata.namespace;
  } else if (sent === "") {
    object.metadata.namespace = namespace;
  } else if (sent !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

/** Refuse to create in a namespace that is not there (404) or is going (403). */
function checkNamespace({ kind, storage }: ServedResource, name: string, namespace: string): void {
  const found = storage.get(namespaces, namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (member(found, "status").phase !== "Terminating") return;
  throw forbidden(
    kind,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}

/** Make the object that a create stores: system metadata, defaults, the status it begins with. */
function prepare(resource: ServedResource, object: SentObject, options: CreateOptions): KubeObject {
  const { kind, strategy } = resource;
  const { keepsStatus = strategy.keepsStatusOnCreate, manager } = options;
  const meta = object.metadata;
  const { managedFields } = meta;
  meta.uid = newUid();
  meta.creationTimestamp = timestamp();
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  // Where nobody counts, what a client says stays, as in kube-apiserver.
  if (strategy.hasGeneration) meta.generation = 1;
  object.metadata = tidyMeta(meta);
  applyDefaults(kind, object);
  const entries =
    manager === undefined
      ? givenEntries(managedFields)
      : createdEntries(resource, object, managedFields, manager);
  if (isBuiltIn(kind, "namespaces")) {
    const spec = member(object, "spec");
    const finalizers = Array.isArray(spec.finalizers) ? spec.finalizers : [];
    object.spec = { ...spec, finalizers: [...new Set([...finalizers, "kubernetes"])] };
  }
  if (strategy.hasStatus && !keepsStatus) delete object.status;
  if (strategy.hasStatus && !strategy.isCustom) {
    object.status = { ...initialStatus(kind, object), ...member(object, "status") };
  }
  setManagedFields(object, entries);
  return object;
}

function store(
  resource: ServedResource,
  object: SentObject,
  options: CreateOptions,
): StoredObject | KubeObject {
  const { kind, strategy, storage } = resource;
  const name = object.metadata.name ?? "";
  const prepared = prepare(resource, object, options);
  const errors = metaErrors(object.metadata, { ...strategy, isNamespaced: kind.scope === "Namespaced" });
  if (errors.length > 0) throw invalid(kind, name, errors);
  const { resourceVersion = "" } = object.metadata;
  if (resourceVersion !== "" && resourceVersion !== "0") {
    // An error that kube-apiserver does not translate: 500 without a reason (T14).
    throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
  }
  const key = keyOf(object.metadata.namespace, name);
  if (!options.isDryRun) return storage.create(kind, key, prepared);
  if (storage.get(kind, key) !== undefined) throw new StorageError("exists", key, `${key} already exists`);
  return prepared;
}

/**
 * Create an object and give it as stored.
 *
 * The object is changed. A `generateName` is tried eight times (T17). With
 * `isDryRun` everything is checked and nothing is kept.
 */
export function createObject(
  resource: ServedResource,
  namespace: string | undefined,
  object: SentObject,
  options: CreateOptions = {},
): KubeObject {
  const { kind, storage } = resource;
  settleNamespace(object, namespace);
  const meta = object.metadata;
  if (namespace !== undefined) checkNamespace(resource, meta.name ?? "", namespace);
  const prefix = meta.generateName ?? "";
  const isGenerated = prefix !== "" && (meta.name ?? "") === "";
  for (let attempt = 1; ; attempt++) {
    if (isGenerated) object.metadata.name = generatedName(prefix);
    const name = object.metadata.name ?? "";
    try {
      return store(resource, object, options);
    } catch (error) {
      if (!(error instanceof StorageError && error.code === "exists")) throw error;
      if (isGenerated && attempt < generateAttempts) continue;
      const refusal = isGenerated ? generateNameConflict(kind, name) : alreadyExists(kind, name);
      const isGoing = storage.get(kind, error.key)?.metadata.deletionTimestamp !== undefined;
      if (!isGoing) throw refusal;
      const { reason = "", details, message = "" } = refusal.status;
      throw new StatusError(409, reason, `object is being deleted: ${message}`, details);
    }
  }
}
