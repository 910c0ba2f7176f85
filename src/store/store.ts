import { expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { splitKey } from "../resource/key.ts";
import { parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import { isAtLeast } from "../resource/resource-version.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { ByteRecords } from "./byte-records.ts";
import {
  type IndexEntry,
  type IndexErrorListener,
  Indexer,
  type IndexFunctions,
  type IndexName,
  namespaceIndex,
} from "./indexer.ts";
import { NamespacesOf } from "./namespaces-of.ts";
import { ObjectRecords } from "./object-records.ts";
import type { Records, StagedRecords } from "./records.ts";
import { select } from "./select.ts";
import type { ReachedBy, SourceStates } from "./source-states.ts";
import { type WaitForOptions, waitForState } from "./wait-for-state.ts";

/** Which objects to read; all conditions must hold, none reads everything. */
export interface StoreSelector {
  /** `""` is every namespace. */
  readonly namespace?: string | undefined;
  /** A label selector as kubectl takes it: `app=web,tier in (a, b)`. */
  readonly labels?: string | undefined;
}

/** What a {@link Store} is made with. */
export interface StoreOptions<T, I extends IndexFunctions<T>> {
  /** What it holds, for errors, such as `pods in shop`. @default not said */
  readonly name?: string | undefined;
  readonly indexers?: I & IndexFunctions<T>;
  /** Receives `INDEX_FAILED`, naming index and key, once the write is visible (S12). */
  readonly onIndexError?: IndexErrorListener;
  /** What holds the objects: {@link ObjectRecords} or {@link ByteRecords}. @default objects */
  readonly records?: Records<T> | undefined;
  /** How far those that write the store are; for an informer. @default its own resourceVersion */
  readonly sources?: SourceStates | undefined;
}

/**
 * Is told of each write once it is visible, synchronously; must neither throw nor write.
 *
 * For what waits for a state, or lays itself over the store; it costs a call per
 * write, so leave when there is nothing to look for.
 */
export interface StoreObserver {
  /** A key was written or deleted. */
  wrote?(key: string): void;
  /** Everything was exchanged. */
  replaced?(): void;
  /** The state moved, with or without a write. */
  moved?(): void;
}

/** A complete state that is to take the place of another one; see {@link Store.stage}. */
export interface StagedState<T> extends Pick<StagedRecords<T>, "size" | "get" | "release"> {
  /** Take a record; throws where it cannot be kept, or read by an index (S3). */
  add(record: ObjectRecord<T>): void;
  /** Exchange everything, in one step. */
  commit(resourceVersion: string): void;
}

const noKeys: ReadonlySet<string> = new Set();

/**
 * The local copy of a collection: objects by key, found by indices, at one resourceVersion.
 *
 * Every write is one step: no reader sees half of it, nor content and
 * resourceVersion apart (S6, S19). Reads throw `NOT_SYNCED` before the first
 * `replace`, so that "not there" always means not there. Arrays handed out are
 * fresh; the objects in them are shared by everyone and must not be changed
 * (S7). The writer's own reads, `record` and `records`, never throw.
 */
export class Store<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>> {
  readonly #records: Records<T>;
  readonly #indexer: Indexer<T>;
  readonly #name: string | undefined;
  readonly #onIndexError: IndexErrorListener | undefined;
  readonly #sources: SourceStates | undefined;
  /** There only while somebody looks: a write pays for nobody else. */
  #observers: Set<StoreObserver> | undefined;
  #resourceVersion = "";
  #hasSynced = false;

  constructor(options: StoreOptions<T, I> = {}) {
    this.#name = options.name;
    this.#onIndexError = options.onIndexError;
    this.#sources = options.sources;
    const records = options.records ?? new ObjectRecords<T>();
    this.#records = records;
    this.#indexer = new Indexer(records instanceof ByteRecords ? new NamespacesOf(records) : undefined);
    if (options.indexers !== undefined) this.#indexer.add(options.indexers, []);
  }

  /** A complete state was written: reading is allowed. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** The state that reads show, verbatim as the server named it; may go back (S18). `""` before the first one. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get size(): number {
    this.#expectSynced("count the objects");
    return this.#records.size;
  }

  /** Write one object, whether known or not (S4). Where its `object` cannot be read, throws and changes nothing (S3). */
  upsert(record: ObjectRecord<T>): void {
    if (this.#indexer.isByKeyOnly) this.#writeByKey(record);
    else this.#writeIndexed(record);
  }

  /** Remove one object; of an unknown key only the resourceVersion is taken (S5). Without one it stays (S20). */
  delete(key: string, resourceVersion?: string): void {
    this.#records.delete(key);
    this.#indexer.delete(key);
    if (resourceVersion !== undefined && resourceVersion !== "") this.#resourceVersion = resourceVersion;
    if (this.#observers !== undefined) this.#tell(key);
  }

  /** Exchange everything, indices included; of a key that comes twice the last one counts (S6). */
  replace(records: Iterable<ObjectRecord<T>>, resourceVersion: string): void {
    const staged = this.stage();
    try {
      for (const record of records) staged.add(record);
      staged.commit(resourceVersion);
    } finally {
      // Not only begun: each step lets some go.
      for (const _step of staged.release());
    }
  }

  /**
   * Prepare to exchange everything, a part at a time: for what would take too long at once.
   *
   * Nothing else may be written between the first `add` and `commit`, which is one step to every reader.
   */
  stage(sizeHint?: number): StagedState<T> {
    const records = this.#records.stage(sizeHint);
    const indices = this.#indexer.stage({ [Symbol.iterator]: () => records.values() });
    const errors: KubeError[] = [];
    return {
      get size() {
        return records.size;
      },
      add: (record) => {
        expectKey(record.key);
        for (const error of indices.add(record)) errors.push(error);
        records.add(record);
      },
      get: (key) => records.get(key),
      commit: (resourceVersion) => {
        records.commit();
        indices.commit();
        this.#resourceVersion = resourceVersion;
        this.#hasSynced = true;
        for (const observer of this.#observers ?? []) observer.replaced?.();
        this.#tellMoved();
        this.#report(errors);
      },
      release: () => {
        indices.end();
        return records.release();
      },
    };
  }

  /** Take a bookmark's resourceVersion; the content is that state already. */
  setResourceVersion(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#tellMoved();
  }

  /** Be told of writes; returns how to leave. */
  observe(observer: StoreObserver): () => void {
    this.#observers ??= new Set();
    this.#observers.add(observer);
    if (this.#sources !== undefined) this.#sources.onMoved = () => this.#tellMoved();
    return () => this.#leave(observer);
  }

  /**
   * Wait until reads include a state, one that a write was answered with for example; see {@link Lister.waitFor}.
   *
   * Nothing ends it but its options: a store does not know who writes it.
   */
  waitFor(resourceVersion: string, options: WaitForOptions = {}): Promise<void> {
    return waitForState(this, resourceVersion, options);
  }

  /**
   * Tell whether reads include a state, those of a `key` at least.
   *
   * Where there is no order between two states, a list of the newest one that
   * began after `since` (an earlier {@link listMark}) counts too.
   */
  hasReached(resourceVersion: string, by: ReachedBy = {}): boolean {
    if (!this.#hasSynced) return false;
    const stored = this.#resourceVersion;
    return (
      this.#sources?.hasReached(resourceVersion, stored, by) ?? isAtLeast(stored, resourceVersion) === true
    );
  }

  /** The state that is missing in the way of another one; `""` before the first list, `undefined` where none is. */
  stateBehind(resourceVersion: string): string | undefined {
    if (!this.#hasSynced) return "";
    if (this.#sources !== undefined) return this.#sources.behind(resourceVersion, this.#resourceVersion);
    return this.hasReached(resourceVersion) ? undefined : this.#resourceVersion;
  }

  /** A moment, to ask later whether everything was listed anew since. */
  get listMark(): number {
    return this.#sources?.mark ?? 0;
  }

  /** Tell whether a list of the newest state, begun after a mark, is in the store: it holds all that was written before. */
  hasListedSince(mark: number, key?: string): boolean {
    return this.#hasSynced && this.#sources?.hasListedSince(mark, key) === true;
  }

  /**
   * Add indices, also to a store that is full and in use (S14).
   *
   * Throws `INDEX_CONFLICT` where a name is taken, and adds none of them.
   * Returns this store, typed with the new names.
   */
  addIndexers<More extends IndexFunctions<T>>(indexers: More): Store<T, I & More> {
    this.#report(this.#indexer.add(indexers, this.#records.values()));
    return this;
  }

  /** What is stored under a key; for the writer, allowed at any time. */
  record(key: string): ObjectRecord<T> | undefined {
    return this.#records.get(key);
  }

  /** Everything stored; live, so for the writer between two writes. Allowed at any time. */
  records(): Iterable<ObjectRecord<T>> {
    return this.#records.values();
  }

  /** The object of a key, `namespace/name` or `name`; throws `INVALID_ARGUMENT` for what can be no key (S2). */
  get(key: string): T | undefined {
    if (typeof key !== "string") throw invalidArgument("key", "`namespace/name` or `name`", key);
    this.#expectSynced(`read ${key}`);
    const record = this.#records.get(key);
    if (record === undefined) splitKey(key);
    return record?.object;
  }

  has(key: string): boolean {
    this.#expectSynced(`read ${key}`);
    return this.#records.has(key);
  }

  /** The objects that a selector chooses, in no particular order (S7, S26), without those of some keys. */
  list(selector: StoreSelector = {}, without: ReadonlySet<string> = noKeys): T[] {
    expectOptions("selector", selector);
    this.#expectSynced("list");
    const labels = selector.labels === undefined ? [] : parseLabelSelector(selector.labels);
    const { namespace = "" } = selector;
    if (namespace === "") return select(this.#records.values(), labels, without);
    return select(this.#found(this.#indexer.keys(namespaceIndex, namespace)), labels, without);
  }

  /** Every key, in no particular order. */
  keys(): string[] {
    this.#expectSynced("list the keys");
    return Array.from(this.#records.keys());
  }

  /** The objects found under a value, or under any of several, each once (S8). Throws `INDEX_UNKNOWN` (S13). */
  byIndex(name: IndexName<I>, value: string | readonly string[], without: ReadonlySet<string> = noKeys): T[] {
    this.#expectSynced(`read the index ${name}`);
    return select(this.#found(this.#keysOf(name, value)), [], without);
  }

  /** Some index is computed of whole objects: each is read as it is written. */
  get readsObjects(): boolean {
    return this.#indexer.readsObjects;
  }

  /** The names of its indices, the namespace's first. */
  indexNames(): readonly string[] {
    return this.#indexer.names();
  }

  /** The values under which an object would be found, were it stored; none where the index function fails (S12). */
  indexValuesOf(name: IndexName<I>, record: ObjectRecord<T>): readonly string[] {
    return this.#indexer.valuesOf(name, record);
  }

  /** The keys found under a value, sorted (S13). */
  indexKeys(name: IndexName<I>, value: string): string[] {
    this.#expectSynced(`read the index ${name}`);
    return Array.from(this.#indexer.keys(name, value)).sort();
  }

  /** Every value that at least one object is found under, in no particular order (S11). */
  indexValues(name: IndexName<I>): string[] {
    this.#expectSynced(`read the index ${name}`);
    return this.#indexer.values(name);
  }

  #keysOf(name: string, value: string | readonly string[]): Iterable<string> {
    if (typeof value === "string") return this.#indexer.keys(name, value);
    if (!Array.isArray(value)) throw invalidArgument("value", "a string, or an array of them", value);
    const keys = new Set<string>();
    for (const one of value) for (const key of this.#indexer.keys(name, one)) keys.add(key);
    return keys;
  }

  *#found(keys: Iterable<string>): Generator<ObjectRecord<T>, void, undefined> {
    for (const key of keys) {
      const record = this.#records.get(key);
      if (record !== undefined) yield record;
    }
  }

  #entryOf(record: ObjectRecord<T>): IndexEntry {
    expectKey(record.key);
    return this.#indexer.entryOf(record);
  }

  /** Where nothing is computed of an object, a known key changes no index. */
  #writeByKey(record: ObjectRecord<T>): void {
    const { key } = record;
    expectKey(key);
    const isNew = this.#indexer.tracksKeys && !this.#records.has(key);
    this.#records.set(record);
    if (isNew) this.#indexer.addKey(key);
    this.#wrote(record);
  }

  #writeIndexed(record: ObjectRecord<T>): void {
    const entry = this.#entryOf(record);
    this.#records.set(record);
    this.#indexer.set(entry);
    this.#wrote(record);
    this.#report(entry.errors);
  }

  #wrote({ key, resourceVersion }: ObjectRecord<T>): void {
    if (resourceVersion !== "") this.#resourceVersion = resourceVersion;
    if (this.#observers !== undefined) this.#tell(key);
  }

  #tell(key: string): void {
    for (const observer of this.#observers ?? []) {
      observer.wrote?.(key);
      observer.moved?.();
    }
  }

  #tellMoved(): void {
    for (const observer of this.#observers ?? []) observer.moved?.();
  }

  #leave(observer: StoreObserver): void {
    if (this.#observers?.delete(observer) !== true || this.#observers.size > 0) return;
    this.#observers = undefined;
    if (this.#sources !== undefined) this.#sources.onMoved = undefined;
  }

  #report(errors: readonly KubeError[]): void {
    for (const error of errors) this.#onIndexError?.(error);
  }

  #expectSynced(step: string): void {
    if (this.#hasSynced) return;
    const store = this.#name === undefined ? "Store" : `Store of ${this.#name}`;
    throw new KubeError(
      "NOT_SYNCED",
      `${store}, ${step}: nothing was listed yet; await informer.synced() before reading, ` +
        "or see in health() what the list fails of",
    );
  }
}

function expectKey(key: string): void {
  if (key === "") throw invalidArgument("record.key", "`namespace/name` or `name`", key);
}
