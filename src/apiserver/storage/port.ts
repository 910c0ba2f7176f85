import type { Kind } from "../../resource/kind.ts";
import type { KubeObject, ObjectMeta } from "../../resource/object.ts";
import type { ChangeType } from "../../resource/watch-event.ts";

/** What names a resource in storage; all versions of one group's resource share their objects. */
export type StoredResource = Pick<Kind, "group" | "plural">;

/** An object as stored: deeply frozen, its `metadata.resourceVersion` the revision that wrote it. */
export interface StoredObject extends KubeObject {
  readonly metadata: ObjectMeta & { readonly resourceVersion: string };
}

/** One write, as told to subscribers. */
export interface StorageChange {
  readonly type: ChangeType;
  readonly key: string;
  /** The revision of this write; unique over all resources, and rising. */
  readonly revision: number;
  /** The state written; of a deletion the last state, carrying the deletion's revision (I6). */
  readonly object: StoredObject;
  /** The state before; absent for ADDED. */
  readonly previous: StoredObject | undefined;
}

/** What must be true of the stored object for a write to happen. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** All objects of one resource, in key order, at one revision. */
export interface StorageList {
  readonly revision: number;
  readonly items: readonly (readonly [key: string, object: StoredObject])[];
}

/**
 * Where the server keeps its objects: compare-and-swap writes under one counter.
 *
 * Keys are `namespace/name`, or `name`. Refused writes throw {@link StorageError}
 * and use no revision; what an `update` callback or a guard throws passes through.
 */
export interface StoragePort {
  /** The revision of the newest write of any resource. */
  readonly revision: number;
  /** Throws `exists` if the key is taken. */
  create(resource: StoredResource, key: string, object: KubeObject): StoredObject;
  /**
   * Replace an object by what `next` makes of its current state.
   *
   * A result equal to the current state writes nothing and uses no revision, as
   * in kube-apiserver. Throws `missing` or `conflict`.
   */
  update(
    resource: StoredResource,
    key: string,
    next: (current: StoredObject) => KubeObject,
    preconditions?: Preconditions,
  ): StoredObject;
  /** Remove an object and give its last state, carrying the deletion's revision. Throws `missing` or `conflict`. */
  delete(
    resource: StoredResource,
    key: string,
    guard?: Preconditions | ((current: StoredObject) => void),
  ): StoredObject;
  /** Use up one revision without writing, so that every revision before it lies in the past; returns it. */
  advance(): number;
  /** The object as it is now; undefined where there is none. */
  get(resource: StoredResource, key: string): StoredObject | undefined;
  /** All objects of a resource as they are now. */
  list(resource: StoredResource): StorageList;
  /** Hear every change of one resource from now on, in order; returns how to stop. */
  subscribe(resource: StoredResource, listener: (change: StorageChange) => void): () => void;
  /** Hear every new revision, of any resource; returns how to stop. */
  onRevision(listener: (revision: number) => void): () => void;
}
