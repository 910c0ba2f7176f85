import {
  expectBoolean,
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
} from "../base/arguments.ts";
import { keyOfMeta, splitKey } from "../resource/key.ts";
import { matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import { isAtLeast } from "../resource/resource-version.ts";
import { ParsedRecord } from "../resource/watch-event.ts";
import { deepFreeze } from "./freeze.ts";
import type { IndexFunctions, IndexName } from "./indexer.ts";
import type { Lister } from "./lister.ts";
import { Overlay, type OwnWrite, Tombstone, type WriteInit } from "./own-write.ts";
import type { Store, StoreObserver, StoreSelector } from "./store.ts";
import { type WaitForOptions, waitForState } from "./wait-for-state.ts";

/** How a {@link MutationCache} keeps what was written. */
export interface MutationCacheOptions<T extends KubeObject> {
  /** Whether an object belongs into the store: one that does not reads as missing. Must be pure. @default all do */
  readonly matches?: ((object: T) => boolean) | undefined;
  /**
   * Whether objects may leave what the store follows, and come back, without being deleted: those that labels choose.
   *
   * The watch tells of both in the same way, so a deletion is then remembered until the time is over.
   * @default false
   */
  readonly mayReturn?: boolean | undefined;
  /** After this the store counts again, whatever it has. @default 300_000 */
  readonly ttlMs?: number | undefined;
  /** How many writes are remembered; above it the oldest is forgotten, and its key reads as the store has it. @default 10_000 */
  readonly maxWrites?: number | undefined;
  /** Freeze the objects deeply, as those of the store. @default false; an informer's own */
  readonly freeze?: boolean | undefined;
  /**
   * Told of each object written that the store has got past without showing it: a relist found another state, or nothing.
   *
   * No event tells of that change, since to the store there was none. Called in the
   * middle of reads and writes: it must neither throw nor do more than take note.
   */
  readonly onOvertaken?: ((object: T) => void) | undefined;
}

/** An object that was deleted. */
export interface DeletedObject {
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly uid: string;
  /** A state that the object was known in, the last one best; tells older objects of the name from newer ones. */
  readonly resourceVersion?: string | undefined;
}

/** What a {@link MutationCache} offers to readers: what a {@link Lister} does, the names of indices and their keys excepted. */
type StoreView<T extends KubeObject, I extends IndexFunctions<T>> = Pick<
  Lister<T, I>,
  "get" | "has" | "list" | "keys" | "byIndex" | "size" | "hasSynced" | "resourceVersion" | "waitFor"
>;

/** How many writes are looked at when the store has moved. */
const lookedAtOnce = 256;

const noKeys: ReadonlySet<string> = new Set();
const noWrites: readonly never[] = Object.freeze([]);

/**
 * A store with one's own writes laid over it: a read is never older than the newest of the two (S23).
 *
 * Told of each answer, it shows what was written until the store has that state
 * or a newer one, another object took the name, or the store as a whole has got
 * as far; what was deleted reads as missing until then, and no late answer
 * brings it back (S25). Answers may come in any order: older ones are ignored
 * (S24). What was created shows at once. Where states are no decimal numbers, a
 * write shows until the store has shown exactly it, or has listed anew.
 *
 * It knows only what it is told of. A deletion of an object that neither it nor
 * the store has ever shown hides that object alone: an older one of the name,
 * where the store is as far behind, still shows. Objects are shared, as the
 * store's: never change them.
 */
export class MutationCache<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>>
  implements StoreView<T, I>
{
  readonly #store: Store<T, I>;
  readonly #stopped: readonly AbortSignal[];
  readonly #matches: (object: T) => boolean;
  readonly #mayReturn: boolean;
  readonly #ttlMs: number;
  readonly #maxWrites: number;
  readonly #freezes: boolean;
  readonly #onOvertaken: ((object: T) => void) | undefined;
  /** The oldest first. */
  readonly #writes = new Map<string, OwnWrite<T>>();
  /** There while anything is remembered: otherwise the store's writes cost nothing. */
  #leave: (() => void) | undefined;
  readonly #observer: StoreObserver = {
    wrote: (key) => {
      // States without an order are equal at this moment only.
      this.#current(key);
      this.#isWriting = true;
    },
    replaced: () => {
      for (const key of [...this.#writes.keys()]) this.#current(key);
    },
    moved: () => {
      // Each write moves the state too, and only those of its key are then affected.
      if (!this.#isWriting) this.#lookAtSome();
      this.#isWriting = false;
    },
  };
  #isWriting = false;
  /** Where the last look at some of them ended. */
  #next: MapIterator<string> | undefined;

  /** Usually made by `informer.mutationCache()`; `stopped` are the signals that end what waits. */
  constructor(
    store: Store<T, I>,
    options: MutationCacheOptions<T> = {},
    stopped: readonly AbortSignal[] = [],
  ) {
    expectOptions("options", options);
    const { matches = () => true, mayReturn = false, freeze = false } = options;
    const { ttlMs = 300_000, maxWrites = 10_000, onOvertaken } = options;
    expectFunction("matches", matches);
    expectBoolean("mayReturn", mayReturn);
    expectDuration("ttlMs", ttlMs);
    expectInteger("maxWrites", maxWrites, 1);
    expectBoolean("freeze", freeze);
    expectFunction("onOvertaken", onOvertaken);
    this.#store = store;
    this.#stopped = stopped;
    this.#matches = matches;
    this.#mayReturn = mayReturn;
    this.#ttlMs = ttlMs;
    this.#maxWrites = maxWrites;
    this.#freezes = freeze;
    this.#onOvertaken = onOvertaken;
  }

  /**
   * Lay what a write was answered with over the store; a copy of it is kept.
   *
   * Ignored where the store or a later write has a newer state, where the object
   * was deleted since, and for an object without a resourceVersion. Throws
   * `BAD_RESPONSE` for one without a name.
   */
  written(object: T): void {
    const key = keyOfMeta(object.metadata);
    const { uid = "", resourceVersion = "" } = object.metadata ?? {};
    if (resourceVersion === "") return;
    this.#sweep();
    const before = this.#current(key);
    if (before?.refusesWrite(uid, resourceVersion)) return;
    const copy = this.#matches(object) ? structuredClone(object) : undefined;
    if (this.#freezes) deepFreeze(copy);
    this.#remember(new Overlay<T>(this.#init(key, uid, resourceVersion), copy, before?.deletedUid));
  }

  /**
   * Let a key read as missing: an object of it was deleted.
   *
   * Ignored without a uid, where a newer object was written since, and where the
   * store knows already.
   */
  deleted({ key, uid, resourceVersion = "" }: DeletedObject): void {
    if (uid === "") return;
    this.#sweep();
    const before = this.#current(key);
    let last = resourceVersion;
    for (const known of [before, this.#store.record(key)]) {
      if (known?.uid === uid && isAtLeast(last, known.resourceVersion) !== true) last = known.resourceVersion;
    }
    if (before?.refusesDeletion(uid, last)) return;
    this.#remember(new Tombstone<T>(this.#init(key, uid, last), this.#mayReturn));
  }

  get hasSynced(): boolean {
    return this.#store.hasSynced;
  }

  /** The store's own, whatever was written. */
  get resourceVersion(): string {
    return this.#store.resourceVersion;
  }

  get size(): number {
    let { size } = this.#store;
    for (const { key, object } of this.#covering()) {
      size += Number(object !== undefined) - Number(this.#store.has(key));
    }
    return size;
  }

  /** The object of a key; see {@link Lister.get}. */
  get(key: string): T | undefined {
    const stored = this.#store.get(key);
    const write = this.#coveringAt(key);
    return write === undefined ? stored : write.object;
  }

  has(key: string): boolean {
    const isStored = this.#store.has(key);
    const write = this.#coveringAt(key);
    return write === undefined ? isStored : write.object !== undefined;
  }

  /** The objects of a namespace, with certain labels, or all; in no particular order. */
  list(selector: StoreSelector = {}): T[] {
    const writes = this.#covering();
    const objects = this.#store.list(selector, keysOf(writes));
    const { namespace = "", labels } = selector;
    const requirements = labels === undefined ? [] : parseLabelSelector(labels);
    for (const { key, object } of writes) {
      if (object === undefined || !matchesLabels(requirements, object.metadata?.labels)) continue;
      if (namespace === "" || splitKey(key).namespace === namespace) objects.push(object);
    }
    return objects;
  }

  keys(): string[] {
    const writes = this.#covering();
    const without = keysOf(writes);
    const keys = this.#store.keys().filter((key) => !without.has(key));
    for (const { key, object } of writes) if (object !== undefined) keys.push(key);
    return keys;
  }

  /** The objects found under a value, or under any of several, each once (S8). Throws `INDEX_UNKNOWN` (S13). */
  byIndex(name: IndexName<I>, value: string | readonly string[]): T[] {
    const writes = this.#covering();
    const objects = this.#store.byIndex(name, value, keysOf(writes));
    const wanted: readonly string[] = typeof value === "string" ? [value] : value;
    for (const { key, uid, resourceVersion, object } of writes) {
      if (object === undefined) continue;
      const values = this.#store.indexValuesOf(name, new ParsedRecord(key, uid, resourceVersion, object));
      if (values.some((one) => wanted.includes(one))) objects.push(object);
    }
    return objects;
  }

  /** Wait until the store itself has reached a state, whatever was written; see {@link Lister.waitFor}. */
  async waitFor(resourceVersion: string, options: WaitForOptions = {}): Promise<void> {
    return waitForState(this.#store, resourceVersion, options, this.#stopped);
  }

  #init(key: string, uid: string, resourceVersion: string): WriteInit {
    return { key, uid, resourceVersion, at: Date.now(), listMark: this.#store.listMark };
  }

  /** All that is to be read instead of what the store has. */
  #covering(): readonly OwnWrite<T>[] {
    if (this.#writes.size === 0) return noWrites;
    return Array.from(this.#writes.keys(), (key) => this.#coveringAt(key)).filter(
      (write) => write !== undefined,
    );
  }

  #coveringAt(key: string): OwnWrite<T> | undefined {
    const write = this.#current(key);
    return write?.covers(this.#store) === true ? write : undefined;
  }

  /** What was written of a key, forgotten once the store knows. */
  #current(key: string): OwnWrite<T> | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return undefined;
    const isPast = write.isObsolete(this.#store);
    if (!isPast && Date.now() - write.at < this.#ttlMs) return write;
    this.#forget(key);
    if (isPast) this.#tellIfOvertaken(write);
    return undefined;
  }

  #tellIfOvertaken({ key, uid, resourceVersion, object }: OwnWrite<T>): void {
    if (object === undefined || this.#onOvertaken === undefined) return;
    const stored = this.#store.record(key);
    if (stored?.uid === uid && stored.resourceVersion === resourceVersion) return;
    this.#onOvertaken(object);
  }

  #remember(write: OwnWrite<T>): void {
    // Anew at the end: the order is that of the writes.
    this.#writes.delete(write.key);
    if (write.isObsolete(this.#store)) this.#tellIfOvertaken(write);
    else this.#writes.set(write.key, write);
    const [oldest] = this.#writes.keys();
    if (oldest !== undefined && this.#writes.size > this.#maxWrites) this.#writes.delete(oldest);
    this.#watch();
  }

  #forget(key: string): void {
    this.#writes.delete(key);
    this.#watch();
  }

  #watch(): void {
    if (this.#writes.size > 0) {
      this.#leave ??= this.#store.observe(this.#observer);
    } else {
      this.#leave?.();
      this.#leave = undefined;
    }
  }

  /** Of so many that it would take long, some at each time the store moves. */
  #lookAtSome(): void {
    this.#next ??= this.#writes.keys();
    for (let looked = 0; looked < lookedAtOnce; looked++) {
      const { value } = this.#next.next();
      if (value === undefined) {
        this.#next = undefined;
        return;
      }
      this.#current(value);
    }
  }

  /** Look at the two oldest, so that what nobody reads is forgotten too. */
  #sweep(): void {
    const keys = this.#writes.keys();
    for (const { value } of [keys.next(), keys.next()]) if (value !== undefined) this.#current(value);
  }
}

function keysOf(writes: readonly { readonly key: string }[]): ReadonlySet<string> {
  return writes.length === 0 ? noKeys : new Set(writes.map(({ key }) => key));
}
