import { expectInteger } from "../../base/arguments.ts";
import { KubeError } from "../../base/errors.ts";
import { resourceName } from "../../resource/kind.ts";
import type { KubeObject } from "../../resource/object.ts";
import { equalJson, frozenCopy } from "./frozen-json.ts";
import type {
  Preconditions,
  StorageChange,
  StorageList,
  StoragePort,
  StoredObject,
  StoredResource,
} from "./port.ts";
import { StorageError } from "./storage-error.ts";

/** How a {@link Storage} starts. */
export interface StorageOptions {
  /**
   * The revision that the first write is counted from.
   *
   * Well above 1, so that `resourceVersion=1` is always before history, as on a
   * real server. @default 1000
   */
  readonly firstRevision?: number;
}

/** A deeply frozen object with the resourceVersion of its write; shares all but the metadata. */
function stamped(object: KubeObject, resourceVersion: string): StoredObject {
  return Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion }) });
}

/** Throw `conflict`, worded as kube-apiserver words it, unless the preconditions hold. */
function check(key: string, current: StoredObject, { uid, resourceVersion }: Preconditions): void {
  const meta = current.metadata;
  const refuse = (field: string, wanted: string, found: string): StorageError =>
    new StorageError(
      "conflict",
      key,
      `Precondition failed: ${field} in precondition: ${wanted}, ${field} in object meta: ${found}`,
    );
  if (uid !== undefined && uid !== meta.uid) throw refuse("UID", uid, meta.uid ?? "");
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    throw refuse("ResourceVersion", resourceVersion, meta.resourceVersion);
  }
}

/**
 * Objects in memory, by resource and key, under one revision counter (T6).
 *
 * Every write takes the next revision and stamps it on the object; stored
 * objects are deeply frozen copies and may be shared. Subscribers hear every
 * change once, in revision order, before the write returns; they may not write
 * themselves while they are being told.
 */
export class Storage implements StoragePort {
  readonly #resources = new Map<string, Map<string, StoredObject>>();
  readonly #listeners = new Map<string, Set<(change: StorageChange) => void>>();
  readonly #revisionListeners = new Set<(revision: number) => void>();
  #isNotifying = false;
  #revision: number;

  constructor(options: StorageOptions = {}) {
    expectInteger("firstRevision", options.firstRevision, 1);
    this.#revision = options.firstRevision ?? 1000;
  }

  get revision(): number {
    return this.#revision;
  }

  create(resource: StoredResource, key: string, object: KubeObject): StoredObject {
    this.#refuseNested(key);
    const objects = this.#objects(resource);
    if (objects.has(key)) throw new StorageError("exists", key, `${key} already exists`);
    const stored = stamped(frozenCopy(object), this.#nextVersion());
    objects.set(key, stored);
    this.#commit(resource, "ADDED", key, stored, undefined);
    return stored;
  }

  update(
    resource: StoredResource,
    key: string,
    next: (current: StoredObject) => KubeObject,
    preconditions: Preconditions = {},
  ): StoredObject {
    this.#refuseNested(key);
    const objects = this.#objects(resource);
    const current = this.#existing(resource, key);
    check(key, current, preconditions);
    const wanted = next(current);
    // The callback may have written itself: what it was shown must still be what is replaced.
    check(key, this.#existing(resource, key), { resourceVersion: current.metadata.resourceVersion });
    if (wanted === current) return current;
    const copy = frozenCopy(wanted);
    if (equalJson(stamped(copy, current.metadata.resourceVersion), current)) return current;
    const stored = stamped(copy, this.#nextVersion());
    objects.set(key, stored);
    this.#commit(resource, "MODIFIED", key, stored, current);
    return stored;
  }

  delete(
    resource: StoredResource,
    key: string,
    guard: Preconditions | ((current: StoredObject) => void) = {},
  ): StoredObject {
    this.#refuseNested(key);
    const current = this.#existing(resource, key);
    if (typeof guard === "function") guard(current);
    else check(key, current, guard);
    check(key, this.#existing(resource, key), { resourceVersion: current.metadata.resourceVersion });
    const last = stamped(current, this.#nextVersion());
    this.#objects(resource).delete(key);
    this.#commit(resource, "DELETED", key, last, current);
    return last;
  }

  advance(): number {
    this.#revision += 1;
    for (const listener of this.#revisionListeners) listener(this.#revision);
    return this.#revision;
  }

  get(resource: StoredResource, key: string): StoredObject | undefined {
    return this.#resources.get(resourceName(resource))?.get(key);
  }

  list(resource: StoredResource): StorageList {
    const items = [...(this.#resources.get(resourceName(resource)) ?? [])];
    items.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return { revision: this.#revision, items };
  }

  subscribe(resource: StoredResource, listener: (change: StorageChange) => void): () => void {
    const name = resourceName(resource);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  onRevision(listener: (revision: number) => void): () => void {
    this.#revisionListeners.add(listener);
    return () => this.#revisionListeners.delete(listener);
  }

  #nextVersion(): string {
    return String(this.#revision + 1);
  }

  #objects(resource: StoredResource): Map<string, StoredObject> {
    const name = resourceName(resource);
    const objects = this.#resources.get(name) ?? new Map<string, StoredObject>();
    this.#resources.set(name, objects);
    return objects;
  }

  #existing(resource: StoredResource, key: string): StoredObject {
    const object = this.get(resource, key);
    if (object === undefined) throw new StorageError("missing", key, `${key} not found`);
    return object;
  }

  #commit(
    resource: StoredResource,
    type: StorageChange["type"],
    key: string,
    object: StoredObject,
    previous: StoredObject | undefined,
  ): void {
    this.#revision += 1;
    const change = { type, key, revision: this.#revision, object, previous };
    this.#isNotifying = true;
    try {
      for (const listener of this.#listeners.get(resourceName(resource)) ?? []) listener(change);
      for (const listener of this.#revisionListeners) listener(change.revision);
    } finally {
      this.#isNotifying = false;
    }
  }

  /** Subscribers would hear a write of one of them before the change it reacts to. */
  #refuseNested(key: string): void {
    if (!this.#isNotifying) return;
    throw new KubeError(
      "UNSUPPORTED",
      `Write ${key}: subscribers are being told of another change; write in a microtask instead`,
    );
  }
}
