import { expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { splitKey } from "../resource/key.ts";
import { type LabelSelector, matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import {
  type IndexEntry,
  type IndexErrorListener,
  Indexer,
  type IndexFunctions,
  type IndexName,
  namespaceIndex,
} from "./indexer.ts";

/** Which objects to read; all conditions must hold, none reads everything. */
export interface StoreSelector {
  /** `""` is every namespace. */
  readonly namespace?: string | undefined;
  /** A label selector as kubectl takes it: `app=web,tier in (a, b)`. */
  readonly labels?: string | undefined;
}

/** What a {@link Store} is made with. */
export interface StoreOptions<T, I extends IndexFunctions<T>> {
  readonly indexers?: I & IndexFunctions<T>;
  /** Receives `INDEX_FAILED`, naming index and key, once the write is visible (S12). */
  readonly onIndexError?: IndexErrorListener;
}

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
  #records = new Map<string, ObjectRecord<T>>();
  readonly #indexer = new Indexer<T>();
  readonly #onIndexError: IndexErrorListener | undefined;
  #resourceVersion = "";
  #hasSynced = false;

  constructor(options: StoreOptions<T, I> = {}) {
    this.#onIndexError = options.onIndexError;
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
    const entry = this.#entryOf(record);
    this.#records.set(record.key, record);
    this.#indexer.set(entry);
    if (record.resourceVersion !== "") this.#resourceVersion = record.resourceVersion;
    this.#report(entry.errors);
  }

  /** Remove one object; of an unknown key only the resourceVersion is taken (S5). Without one it stays (S20). */
  delete(key: string, resourceVersion?: string): void {
    this.#records.delete(key);
    this.#indexer.delete(key);
    if (resourceVersion !== undefined && resourceVersion !== "") this.#resourceVersion = resourceVersion;
  }

  /** Exchange everything, indices included; of a key that comes twice the last one counts (S6). */
  replace(records: Iterable<ObjectRecord<T>>, resourceVersion: string): void {
    const next = new Map<string, ObjectRecord<T>>();
    for (const record of records) next.set(record.key, record);
    const entries: IndexEntry[] = [];
    for (const record of next.values()) entries.push(this.#entryOf(record));
    this.#indexer.replace(entries);
    this.#records = next;
    this.#resourceVersion = resourceVersion;
    this.#hasSynced = true;
    for (const entry of entries) this.#report(entry.errors);
  }

  /** Take a bookmark's resourceVersion; the content is that state already. */
  setResourceVersion(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
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

  /** The objects that a selector chooses, in no particular order (S7, S26). */
  list(selector: StoreSelector = {}): T[] {
    expectOptions("selector", selector);
    this.#expectSynced("list");
    const labels = selector.labels === undefined ? [] : parseLabelSelector(selector.labels);
    const { namespace = "" } = selector;
    if (namespace === "") return select(this.#records.values(), labels);
    return select(this.#found(this.#indexer.keys(namespaceIndex, namespace)), labels);
  }

  /** Every key, in no particular order. */
  keys(): string[] {
    this.#expectSynced("list the keys");
    return Array.from(this.#records.keys());
  }

  /** The objects found under a value, or under any of several, each once (S8). Throws `INDEX_UNKNOWN` (S13). */
  byIndex(name: IndexName<I>, value: string | readonly string[]): T[] {
    this.#expectSynced(`read the index ${name}`);
    return select(this.#found(this.#keysOf(name, value)), []);
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
    if (record.key === "") throw invalidArgument("record.key", "`namespace/name` or `name`", record.key);
    return this.#indexer.entryOf(record);
  }

  #report(errors: readonly KubeError[]): void {
    for (const error of errors) this.#onIndexError?.(error);
  }

  #expectSynced(step: string): void {
    if (this.#hasSynced) return;
    throw new KubeError(
      "NOT_SYNCED",
      `Store, ${step}: nothing was listed yet; await informer.synced() before reading`,
    );
  }
}

function select<T extends KubeObject>(records: Iterable<ObjectRecord<T>>, labels: LabelSelector): T[] {
  const objects: T[] = [];
  for (const { object } of records) {
    if (labels.length === 0 || matchesLabels(labels, object.metadata?.labels)) objects.push(object);
  }
  return objects;
}
