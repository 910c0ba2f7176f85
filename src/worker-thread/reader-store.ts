import { keyOfMeta } from "../resource/key.ts";
import type { KubeObject } from "../resource/object.ts";
import { isAtLeast } from "../resource/resource-version.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import type { SharedReader } from "../shared-store/shared-reader.ts";
import { namespaceIndex } from "../store/indexer.ts";
import type { ReachedBy } from "../store/source-states.ts";
import type { Store, StoreSelector } from "../store/store.ts";
import type { WaitForOptions } from "../store/wait-for-state.ts";

/** What a `MutationCache` asks of the store that it is laid over. */
type UnderlyingStore<T extends KubeObject> = Pick<
  Store<T>,
  | "hasSynced"
  | "resourceVersion"
  | "size"
  | "get"
  | "has"
  | "list"
  | "keys"
  | "byIndex"
  | "record"
  | "indexValuesOf"
  | "hasReached"
  | "hasListedSince"
  | "listMark"
  | "observe"
>;

/**
 * Shared memory as a store that own writes can be laid over.
 *
 * Nobody tells when it moves, so whoever lays something over it looks at each
 * read. How far it has got it knows by its resourceVersion; where several
 * namespaces are read side by side that says nothing of one of them, and the
 * main thread tells which writes it shows.
 */
export class ReaderStore<T extends KubeObject> implements UnderlyingStore<T> {
  readonly #reader: SharedReader<T>;
  readonly #isJoined: boolean;
  /** The newest state of a key that it surely shows, or what came after it. */
  readonly #settled = new Map<string, string>();

  constructor(reader: SharedReader<T>, isJoined: boolean) {
    this.#reader = reader;
    this.#isJoined = isJoined;
  }

  /** The main thread has seen that the memory shows a write, or what came after it. */
  settle(key: string, resourceVersion: string): void {
    this.#settled.set(key, resourceVersion);
    const [oldest] = this.#settled.keys();
    // Each is needed until the write has been looked at once more.
    if (oldest !== undefined && this.#settled.size > 1000) this.#settled.delete(oldest);
  }

  get hasSynced(): boolean {
    return this.#reader.hasSynced;
  }

  get resourceVersion(): string {
    return this.#reader.resourceVersion;
  }

  get size(): number {
    return this.#reader.size;
  }

  get(key: string): T | undefined {
    return this.#reader.get(key);
  }

  has(key: string): boolean {
    return this.#reader.has(key);
  }

  list(selector?: StoreSelector, without?: ReadonlySet<string>): T[] {
    return others(this.#reader.list(selector), without);
  }

  keys(): string[] {
    return this.#reader.keys();
  }

  byIndex(name: string, value: string | readonly string[], without?: ReadonlySet<string>): T[] {
    const values = typeof value === "string" ? [value] : value;
    const found = new Map<string, T>();
    for (const one of values) {
      for (const object of this.#reader.byIndex(name, one)) found.set(keyOfMeta(object.metadata), object);
    }
    return others([...found.values()], without);
  }

  record(key: string): ObjectRecord<T> | undefined {
    if (!this.#reader.hasSynced) return undefined;
    const object = this.#reader.get(key);
    if (object === undefined) return undefined;
    const { uid = "", resourceVersion = "" } = object.metadata ?? {};
    return { key, uid, resourceVersion, object };
  }

  indexValuesOf(name: string, { object }: ObjectRecord<T>): readonly string[] {
    // Functions stay in the main thread; a controller's copies have no other index.
    const { namespace = "" } = object.metadata ?? {};
    return name === namespaceIndex && namespace !== "" ? [namespace] : [];
  }

  hasReached(resourceVersion: string, { key }: ReachedBy = {}): boolean {
    const settled = key === undefined ? undefined : this.#settled.get(key);
    if (settled !== undefined && isAtLeast(settled, resourceVersion) === true) return true;
    if (this.#isJoined || !this.#reader.hasSynced) return false;
    return isAtLeast(this.#reader.resourceVersion, resourceVersion) === true;
  }

  hasListedSince(): boolean {
    return false;
  }

  get listMark(): number {
    return 0;
  }

  observe(): () => void {
    return () => {};
  }

  waitFor(resourceVersion: string, options: WaitForOptions = {}): Promise<void> {
    return this.#reader.waitFor(resourceVersion, options);
  }
}

function others<T extends KubeObject>(objects: T[], without: ReadonlySet<string> | undefined): T[] {
  if (without === undefined || without.size === 0) return objects;
  return objects.filter(({ metadata }) => !without.has(keyOfMeta(metadata)));
}
