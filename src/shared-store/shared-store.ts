import {
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { type IndexFunctions, namespaceIndex } from "../store/indexer.ts";
import { Lister, storeOf } from "../store/lister.ts";
import { Arena, NoRoom } from "./arena.ts";
import { Compactor } from "./compactor.ts";
import { headerWord, leastBytes, mostBytes, unitBytes } from "./layout.ts";
import { Reclaimer } from "./reclaimer.ts";
import { SharedMemory } from "./shared-memory.ts";
import {
  handleFormat,
  SharedReader,
  type SharedReaderOptions,
  type SharedStoreHandle,
} from "./shared-reader.ts";
import type { SharedSource } from "./shared-source.ts";
import { StateWriter } from "./state-writer.ts";

/** How a store is shared. */
export interface SharedStoreOptions {
  /**
   * The most memory it may take; addresses are reserved for it, memory is taken as it grows.
   *
   * A list that exchanges everything needs room for both, old and new. Less than 4 GiB. @default 1 GiB
   */
  readonly maxBytes?: number | undefined;
  /** Which indices of the source readers can ask. @default all that it has now */
  readonly indexers?: readonly string[] | undefined;
  /** What it holds, for errors, such as `pods in shop`. @default not said */
  readonly name?: string | undefined;
  /**
   * How long a read or snapshot may hold up memory; see {@link SharedStore}.
   *
   * More lets slow readers finish, and takes more memory where one died. @default 10_000
   */
  readonly longestReadMs?: number | undefined;
  /** Receives what keeps readers from seeing the newest state; must not throw. @default a warning of the process */
  readonly onError?: ((error: KubeError) => void) | undefined;
}

/** How a shared store is doing. */
export interface SharedStoreStats {
  /** The memory it has taken, and the most that it may take. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** What the state shown needs, its index included; what is free; and what is free once readers are done with it. */
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly waitingBytes: number;
  readonly objects: number;
  /** Those that attached and did not detach; one whose thread died counts still. */
  readonly readers: number;
  /** The reads and snapshots that are under way now. */
  readonly reads: number;
  /** What readers see, and why it is not the newest state, where it is not. */
  readonly resourceVersion: string;
  readonly problem: KubeError | undefined;
}

/** So long a change of many objects may keep the thread busy before it lets others have a turn. */
const sliceMs = 12;
const keysPerLook = 32;
/** After a change that found no room, so many keys are tried again for each one written. */
const triedPerWrite = 16;

/**
 * Shares a store with other threads: the objects' JSON and their indices, in memory that all of them read.
 *
 * It takes over what the source has and follows it, write by write; readers see
 * the state before a write or the state after it, a list that exchanges
 * everything included. A large one is taken over in slices, between which the
 * thread does other things, and shown at its end.
 *
 * Where there is no room, readers go on seeing the last state that had it, under
 * its resourceVersion; `onError` and `stats().problem` say so with
 * `STORE_FULL`, and it catches up by itself once there is room again.
 *
 * Readers hold no locks. What a write replaces is used anew once no read sees it
 * any more. One that holds up more than 16 MiB, or an eighth of `maxBytes`, for
 * longer than `longestReadMs` is given up: so a thread that died in the middle of a read costs no more than
 * that, and one that was only slow reads again, or throws `TIMEOUT`.
 */
export class SharedStore<T extends KubeObject> implements Disposable {
  /** Read a shared store, in this or any other thread. Throws `INVALID_ARGUMENT` for what is no handle. */
  static attach<T extends KubeObject>(
    handle: SharedStoreHandle,
    options?: SharedReaderOptions,
  ): SharedReader<T> {
    return new SharedReader<T>(handle, options);
  }

  /** What another thread attaches to; can be posted to it, or be its `workerData`. */
  readonly handle: SharedStoreHandle;
  readonly #source: SharedSource<T>;
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #onError: ((error: KubeError) => void) | undefined;
  readonly #memory: SharedMemory;
  readonly #reclaimer: Reclaimer;
  readonly #arena: Arena;
  readonly #state: StateWriter<T>;
  readonly #compactor: Compactor;
  readonly #leave: () => void;
  /** Keys that readers may see another state of than the source has. */
  readonly #stale = new Set<string>();
  /** Those that were taken over since a state was shown. */
  #taken: string[] = [];
  #keys: (Iterator<string> & Iterable<string>) | undefined;
  #next: NodeJS.Immediate | undefined;
  #problem: KubeError | undefined;
  /** How many more writes have to come before it is tried again. */
  #retryAfter = 0;
  /** The source's state when it was looked at last. */
  #lookedAt = "";
  #isClosed = false;
  #willNotify = false;

  /** Follow an informer's `store`, or a `Store`. Throws `INDEX_UNKNOWN` for an index that it has not. */
  constructor(store: Lister<T, IndexFunctions<T>> | SharedSource<T>, options: SharedStoreOptions = {}) {
    expectOptions("options", options);
    const { maxBytes = 2 ** 30, longestReadMs = 10_000, name = "", onError } = options;
    expectInteger("maxBytes", maxBytes, leastBytes);
    if (maxBytes > mostBytes) throw invalidArgument("maxBytes", `at most ${mostBytes}`, maxBytes);
    expectDuration("longestReadMs", longestReadMs);
    expectText("name", name);
    expectFunction("onError", onError);
    if (!(store instanceof Lister) && !isSource(store)) {
      throw invalidArgument("store", "an informer's `store`, or a Store", store);
    }
    const source: SharedSource<T> = store instanceof Lister ? storeOf(store) : store;
    const indices = indicesOf(source, options.indexers);
    this.#source = source;
    this.#name = name;
    this.#maxBytes = maxBytes;
    this.#onError = onError;
    const buffer = reserved(maxBytes);
    this.#memory = new SharedMemory(buffer);
    const { words } = this.#memory;
    Atomics.store(words, headerWord.units, this.#memory.units);
    Atomics.store(words, headerWord.hashSeed, (Math.random() * 2 ** 32) | 0);
    this.#reclaimer = new Reclaimer(this.#memory, maxBytes, longestReadMs);
    this.#arena = new Arena(this.#memory, maxBytes, () => this.#reclaimer.collect(this.#arena));
    this.#state = new StateWriter(this.#memory, this.#arena, indices.length, (index, record) =>
      source.indexValuesOf(indices[index] ?? "", record),
    );
    this.#compactor = new Compactor(this.#arena, this.#state);
    this.handle = { format: handleFormat, buffer, name, indices };
    this.#show("", false);
    for (const record of source.records()) this.#stale.add(record.key);
    this.#catchUp();
    this.#leave = source.observe({
      wrote: (key) => this.#wrote(key),
      replaced: () => this.#replaced(),
      moved: () => this.#moved(),
    });
  }

  /** Readers see all that the source has: no large change is being taken over, and nothing is in the way of one. */
  get isCurrent(): boolean {
    return this.#stale.size === 0 && this.#taken.length === 0 && this.#problem === undefined;
  }

  stats(): SharedStoreStats {
    const bytes = this.#memory.units * unitBytes;
    const freeBytes = (this.#arena.freeUnits + this.#compactor.heldUnits) * unitBytes;
    const waitingBytes = this.#reclaimer.waitingUnits * unitBytes;
    return {
      bytes,
      maxBytes: this.#maxBytes,
      usedBytes: bytes - freeBytes - waitingBytes,
      freeBytes,
      waitingBytes,
      objects: this.#state.count,
      readers: Atomics.load(this.#memory.words, headerWord.readers),
      reads: this.#reclaimer.reads,
      resourceVersion: this.#state.shownVersion,
      problem: this.#problem,
    };
  }

  /** Follow the source no more. Readers keep the last state; what waits for a newer one rejects with `STOPPED`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
    clearImmediate(this.#next);
    this.#state.rollback();
    const { words } = this.#memory;
    Atomics.store(words, headerWord.isClosed, 1);
    Atomics.add(words, headerWord.version, 1);
    Atomics.notify(words, headerWord.version);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #wrote(key: string): void {
    this.#lookedAt = this.#source.resourceVersion;
    // The common case costs no set.
    if (this.#stale.size === 0 && this.#taken.length === 0) {
      try {
        this.#take(key);
        this.#show(this.#source.resourceVersion, this.#source.hasSynced);
        this.#problem = undefined;
      } catch (cause) {
        this.#taken.push(key);
        this.#failed(cause);
      }
      if (this.#compactor.isActive) this.#compact();
      return;
    }
    this.#stale.add(key);
    if (this.#problem === undefined || --this.#retryAfter <= 0) this.#catchUp();
  }

  #replaced(): void {
    this.#lookedAt = this.#source.resourceVersion;
    for (const record of this.#source.records()) this.#stale.add(record.key);
    for (const key of this.#state.keys()) this.#stale.add(key);
    this.#catchUp();
  }

  #moved(): void {
    const { resourceVersion } = this.#source;
    // Each write is told of here once more.
    if (resourceVersion === this.#lookedAt) return;
    this.#lookedAt = resourceVersion;
    this.#catchUp();
  }

  /** Take over what is stale, a slice at a time, and show it once that is everything. */
  #catchUp(): void {
    if (this.#next !== undefined) return;
    if (this.#taken.length === 0 && this.#compactor.isActive) this.#compact();
    const until = performance.now() + sliceMs;
    try {
      let count = 0;
      // One for all slices: each new one would first have to pass by what was deleted.
      this.#keys ??= this.#stale.values();
      for (const key of this.#keys) {
        this.#stale.delete(key);
        this.#taken.push(key);
        this.#take(key);
        if (++count % keysPerLook === 0 && performance.now() > until) break;
      }
      if (this.#stale.size > 0) {
        this.#next = setImmediate(() => {
          this.#next = undefined;
          this.#catchUp();
        });
        return;
      }
      this.#keys = undefined;
      this.#show(this.#source.resourceVersion, this.#source.hasSynced);
      this.#taken = [];
      this.#problem = undefined;
    } catch (cause) {
      this.#failed(cause);
    }
  }

  /** Move a few objects; no change may be under way. */
  #compact(): void {
    try {
      this.#compactor.step();
      this.#show(this.#state.shownVersion, this.#state.hasSynced);
    } catch {
      this.#state.rollback();
      this.#compactor.stop();
    }
  }

  #take(key: string): void {
    const record = this.#source.record(key);
    if (record === undefined) this.#state.remove(key);
    else this.#state.put(record);
  }

  #show(resourceVersion: string, hasSynced: boolean): void {
    this.#state.show(resourceVersion, hasSynced, (block) => this.#reclaimer.add(block, this.#arena));
    this.#reclaimer.changed(this.#arena);
    const { words } = this.#memory;
    Atomics.add(words, headerWord.version, 1);
    if (this.#willNotify || Atomics.load(words, headerWord.waiters) === 0) return;
    this.#willNotify = true;
    // Once for all writes of a turn: to wake a thread costs more than to write.
    queueMicrotask(() => {
      this.#willNotify = false;
      Atomics.notify(this.#memory.words, headerWord.version);
    });
  }

  #failed(cause: unknown): void {
    this.#state.rollback();
    this.#keys = undefined;
    for (const key of this.#taken) this.#stale.add(key);
    this.#retryAfter = this.#taken.length / triedPerWrite;
    this.#taken = [];
    const isFirst = this.#problem === undefined;
    this.#problem = this.#errorOf(cause);
    if (!isFirst) return;
    if (this.#onError !== undefined) this.#onError(this.#problem);
    else process.emitWarning(this.#problem);
  }

  #errorOf(cause: unknown): KubeError {
    const store = `Share the store${this.#name === "" ? "" : ` of ${this.#name}`}`;
    if (!(cause instanceof NoRoom)) return KubeError.from(cause, "STORE_FAILED", store);
    const shown = this.#state.shownVersion === "" ? "nothing" : `resourceVersion ${this.#state.shownVersion}`;
    return new KubeError(
      "STORE_FULL",
      `${store}: no room for ${cause.sizeBytes} more bytes within maxBytes (${this.#maxBytes}); readers stay at ` +
        `${shown} until there is; raise \`maxBytes\`, or share fewer objects`,
      { cause },
    );
  }
}

function isSource(store: unknown): boolean {
  return typeof store === "object" && store !== null && "observe" in store && "indexNames" in store;
}

function reserved(maxBytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(leastBytes, { maxByteLength: maxBytes });
  } catch (cause) {
    const message = `Share a store: no addresses for maxBytes (${maxBytes}); allow the process more, or lower it`;
    throw new KubeError("STORE_FAILED", message, { cause });
  }
}

/** The indices to share; the one by namespace is always among them. */
function indicesOf<T>(source: SharedSource<T>, asked: readonly string[] | undefined): readonly string[] {
  const known = source.indexNames();
  for (const name of asked ?? []) {
    if (known.includes(name)) continue;
    throw new KubeError(
      "INDEX_UNKNOWN",
      `Share the index \`${name}\`: the store has none of that name; there are: ${known.join(", ")}`,
    );
  }
  return [...new Set([namespaceIndex, ...(asked ?? known)])];
}
