import { expectBoolean, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { isAtLeast } from "../resource/resource-version.ts";
import type { StoreObserver } from "../store/store.ts";
import { type WaitableStore, type WaitForOptions, waitForState } from "../store/wait-for-state.ts";
import { headerWord, pinCount } from "./layout.ts";
import { SharedMemory } from "./shared-memory.ts";
import { SharedReads } from "./shared-reads.ts";
import { SharedSnapshot } from "./shared-snapshot.ts";
import { SharedState } from "./shared-state.ts";

/** What another thread needs to read a shared store: give it as `workerData`, or post it. */
export interface SharedStoreHandle {
  readonly format: typeof handleFormat;
  readonly buffer: SharedArrayBuffer;
  /** What it holds, for errors; may be empty. */
  readonly name: string;
  readonly indices: readonly string[];
}

/** Goes up when the layout changes: threads of two versions of this library must not read each other's memory. */
export const handleFormat = "kube-reflex shared store 1";

/** How a thread reads a shared store. */
export interface SharedReaderOptions {
  /** Freeze objects deeply. @default in NODE_ENV test and development */
  readonly freeze?: boolean | undefined;
}

/** How often a read is begun again that took so long that its memory was used anew. */
const mostAttempts = 3;

/**
 * Reads a shared store, in any thread; get one from `SharedStore.attach`.
 *
 * Each read is of one whole state, the newest one at its beginning, and takes no
 * lock; two reads may be of two states, unless they are of one `snapshot()`.
 * What it waits for is told by the writer, nothing is asked again and again.
 * Once the writer has closed it, the last state stays readable.
 */
export class SharedReader<T extends KubeObject> extends SharedReads<T> implements WaitableStore, Disposable {
  readonly #memory: SharedMemory;
  readonly #name: string;
  readonly #indices: readonly string[];
  readonly #shouldFreeze: boolean;
  readonly #firstPin: number;
  readonly #state: SharedState;
  readonly #observers = new Set<StoreObserver>();
  readonly #stopped = new AbortController();
  #isWatching = false;
  #isDetached = false;

  /** @internal */
  constructor(handle: SharedStoreHandle, options: SharedReaderOptions = {}) {
    expectOptions("options", options);
    expectBoolean("freeze", options.freeze);
    if (handle?.format !== handleFormat || !(handle.buffer instanceof SharedArrayBuffer)) {
      throw invalidArgument("handle", "the `handle` of a SharedStore of this version of the library", handle);
    }
    const isDevelopment = process.env.NODE_ENV === "test" || process.env.NODE_ENV === "development";
    const freeze = options.freeze ?? isDevelopment;
    super(freeze);
    this.#shouldFreeze = freeze;
    this.#memory = new SharedMemory(handle.buffer);
    this.#name = handle.name;
    this.#indices = handle.indices;
    const { words } = this.#memory;
    this.#firstPin = (Atomics.add(words, headerWord.nextPin, 1) >>> 0) % pinCount;
    this.#state = this.#newState();
    Atomics.add(words, headerWord.readers, 1);
  }

  /** One state, for several reads; release it soon. */
  snapshot(): SharedSnapshot<T> {
    this.#expectAttached();
    return new SharedSnapshot<T>(this.#newState(), this.#shouldFreeze);
  }

  /**
   * Iterate over all objects of one state, each parsed as it is asked for.
   *
   * As long as it goes on, it is a `snapshot()`: do nothing long in between.
   */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    const snapshot = this.snapshot();
    try {
      yield* snapshot;
    } finally {
      snapshot.release();
    }
  }

  /**
   * Wait until reads include a state: the resourceVersion that a write was answered with, for example.
   *
   * As `waitFor` of a `Lister`, except that it knows of one state only: where a
   * resourceVersion is no decimal number, it waits until they are equal, and of
   * an informer of several namespaces the state that was written last counts.
   * Rejects with `TIMEOUT`, with `ABORTED`, and with `STOPPED` when the writer
   * closes or this reader detaches before.
   */
  async waitFor(resourceVersion: string, options: WaitForOptions = {}): Promise<void> {
    this.#expectAttached();
    return waitForState(this, resourceVersion, options, [this.#stopped.signal]);
  }

  /** Read no more; what waits rejects with `STOPPED`. May be called again. */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    Atomics.sub(this.#memory.words, headerWord.readers, 1);
    this.#stopped.abort();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** @internal */
  get listMark(): number {
    return 0;
  }

  /** @internal */
  hasReached(resourceVersion: string): boolean {
    return this.hasSynced && isAtLeast(this.resourceVersion, resourceVersion) === true;
  }

  /** @internal */
  stateBehind(resourceVersion: string): string | undefined {
    if (!this.hasSynced) return "";
    return this.hasReached(resourceVersion) ? undefined : this.resourceVersion;
  }

  /** @internal */
  observe(observer: StoreObserver): () => void {
    this.#observers.add(observer);
    if (!this.#isWatching) void this.#watch();
    return () => {
      this.#observers.delete(observer);
    };
  }

  protected read<R>(use: (state: SharedState) => R): R {
    this.#expectAttached();
    const state = this.#state;
    for (let attempt = 1; ; attempt++) {
      state.pin();
      let result: R | undefined;
      let thrown: { readonly error: unknown } | undefined;
      try {
        result = use(state);
      } catch (error) {
        thrown = { error };
      }
      if (state.unpin()) {
        if (thrown !== undefined) throw thrown.error;
        return result as R;
      }
      if (attempt >= mostAttempts) {
        throw new KubeError(
          "TIMEOUT",
          `Read the shared store${this.#name === "" ? "" : ` of ${this.#name}`}: the read took too long, ` +
            `${attempt} times, and the writer needed the memory; read less at a time, or raise \`longestReadMs\``,
        );
      }
    }
  }

  #newState(): SharedState {
    return new SharedState(this.#memory, this.#name, this.#indices, this.#firstPin);
  }

  #expectAttached(): void {
    if (!this.#isDetached) return;
    throw new KubeError(
      "STOPPED",
      `Read the shared store${this.#name === "" ? "" : ` of ${this.#name}`}: detached`,
    );
  }

  /** Tell the observers of each move for as long as there are any. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    const { words } = this.#memory;
    Atomics.add(words, headerWord.waiters, 1);
    try {
      while (this.#observers.size > 0 && !this.#isDetached) {
        // Before looking: what moves after it wakes the wait below at once.
        const version = Atomics.load(words, headerWord.version);
        for (const observer of this.#observers) observer.moved?.();
        if (Atomics.load(words, headerWord.isClosed) !== 0) this.#stopped.abort();
        // Those who wait leave a few turns after they were told.
        const { value } = Atomics.waitAsync(words, headerWord.version, version);
        await value;
      }
    } finally {
      Atomics.sub(words, headerWord.waiters, 1);
      this.#isWatching = false;
    }
  }
}
