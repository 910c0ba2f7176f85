import { isAtLeast } from "../resource/resource-version.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import type { ReachedBy } from "./source-states.ts";

/** What is asked of a store to find out whether it knows of a write. */
export interface WrittenStore {
  record(key: string): Pick<ObjectRecord<unknown>, "uid" | "resourceVersion"> | undefined;
  hasReached(resourceVersion: string, by?: ReachedBy): boolean;
  hasListedSince(mark: number, key?: string): boolean;
}

/** What was written of an object, and when. */
export interface WriteInit {
  readonly key: string;
  /** `""` where the object carries none. */
  readonly uid: string;
  /** The state written; of a deletion, a state that was known before, or `""`. */
  readonly resourceVersion: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** The store's {@link Store.listMark} then. */
  readonly listMark: number;
}

/** One's own write of an object, which the store may not have yet. */
export abstract class OwnWrite<T> {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly at: number;
  readonly #listMark: number;

  constructor({ key, uid, resourceVersion, at, listMark }: WriteInit) {
    this.key = key;
    this.uid = uid;
    this.resourceVersion = resourceVersion;
    this.at = at;
    this.#listMark = listMark;
  }

  /** What the key reads as; `undefined` is missing. */
  abstract readonly object: T | undefined;
  /** The uid of a deleted object that is not to come back. */
  abstract readonly deletedUid: string | undefined;

  /** Tell whether the store knows of it, or of what came after. */
  isObsolete(store: WrittenStore): boolean {
    return store.hasListedSince(this.#listMark, this.key) || this.isKnown(store);
  }

  protected abstract isKnown(store: WrittenStore): boolean;

  /** Tell whether it counts for what the store has of its key. */
  abstract covers(store: WrittenStore): boolean;

  /** Tell whether a write of the same key is older (S24), or of an object that was deleted (S25). */
  abstract refusesWrite(uid: string, resourceVersion: string): boolean;

  /** Tell whether a deletion of the same key is of an object before this one. */
  refusesDeletion(uid: string, resourceVersion: string): boolean {
    if (uid === this.uid) return false;
    return resourceVersion === "" || isAtLeast(this.resourceVersion, resourceVersion) === true;
  }
}

/** A create, a replace, a patch: the object as it was answered. */
export class Overlay<T> extends OwnWrite<T> {
  readonly object: T | undefined;
  readonly deletedUid: string | undefined;

  /** `object` is `undefined` where the write took it out of what the store follows. */
  constructor(init: WriteInit, object: T | undefined, deletedUid?: string) {
    super(init);
    this.object = object;
    this.deletedUid = deletedUid;
  }

  protected isKnown(store: WrittenStore): boolean {
    const { key, resourceVersion } = this;
    const stored = store.record(key);
    if (stored !== undefined && isAtLeast(stored.resourceVersion, resourceVersion) === true) return true;
    // Then it came and went before the watch showed it, or is none of those that the store follows.
    return store.hasReached(resourceVersion, { key });
  }

  covers(): boolean {
    return true;
  }

  refusesWrite(uid: string, resourceVersion: string): boolean {
    // Where there is no order, the later answer counts.
    return uid === this.deletedUid || isAtLeast(this.resourceVersion, resourceVersion) === true;
  }
}

/** A deletion: its object is gone, whatever the store still has of it and whoever still answers. */
export class Tombstone<T> extends OwnWrite<T> {
  readonly object: undefined;
  readonly #mayReturn: boolean;

  /** `mayReturn`: that the store does not have it any more does not say that it knows of the deletion. */
  constructor(init: WriteInit, mayReturn: boolean) {
    super(init);
    this.#mayReturn = mayReturn;
  }

  get deletedUid(): string {
    return this.uid;
  }

  protected isKnown(store: WrittenStore): boolean {
    const { key, resourceVersion } = this;
    if (resourceVersion === "") return false;
    const stored = store.record(key);
    // It was there in that state, and is not any more.
    if (stored === undefined) return !this.#mayReturn && store.hasReached(resourceVersion, { key });
    return stored.uid !== this.uid && isAtLeast(stored.resourceVersion, resourceVersion) === true;
  }

  covers(store: WrittenStore): boolean {
    const stored = store.record(this.key);
    if (stored === undefined || stored.uid === this.uid) return true;
    // Another object of the name: only one that is certainly older is hidden.
    return this.resourceVersion !== "" && isAtLeast(stored.resourceVersion, this.resourceVersion) === false;
  }

  refusesWrite(uid: string, resourceVersion: string): boolean {
    if (uid === this.uid) return true;
    return this.resourceVersion !== "" && isAtLeast(this.resourceVersion, resourceVersion) === true;
  }
}
