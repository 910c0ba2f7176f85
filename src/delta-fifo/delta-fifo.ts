import { onAbort } from "../base/abort.ts";
import { expectFunction, expectInteger, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Merge } from "./coalesce.ts";
import { PendingKeys } from "./pending-keys.ts";
import { Ring } from "./ring.ts";

/** What a {@link DeltaFIFO} needs to know of an entry; one without a key stands alone and is never merged. */
export interface QueueEntry {
  readonly type: string;
  readonly key?: string | undefined;
}

/** How a {@link DeltaFIFO} behaves; without options it keeps every entry, without a limit. */
export interface DeltaFIFOOptions<D extends QueueEntry> {
  /**
   * When entries of one key are merged. `"never"` loses no intermediate state;
   * `"always"` holds no more than the newest state of each object;
   * `"above-high-water"` merges from the mark on until the queue has run empty.
   * @default "never"
   */
  readonly coalesce?: "never" | "always" | "above-high-water";
  /** The rule of merging; needed wherever `coalesce` is not `"never"`. */
  readonly merge?: Merge<D>;
  /** How many entries may wait before the queue counts as behind. @default Infinity */
  readonly highWaterMark?: number;
  /**
   * What becomes of an entry above the mark where nothing coalesces: `"accept"`
   * it and leave it to the producer to wait, or throw `OVERFLOW`.
   * @default "accept"
   */
  readonly overflow?: "accept" | "fail";
  /** The type whose first processed entry makes `hasSynced` true. @default "REPLACED" */
  readonly syncedBy?: D["type"];
}

/**
 * A queue of changes in one global order of arrival, for one consumer.
 *
 * Nothing is merged, dropped or reordered unless `coalesce` says so (D14); where
 * it does, an object's newest state waits at the place of its oldest one, and
 * the queue is bounded by the high-water mark and the number of objects. The
 * mark is a threshold, not a limit: a producer that honours it waits for
 * `whenBelowHighWater()`.
 */
export class DeltaFIFO<D extends QueueEntry> implements AsyncIterable<D> {
  readonly highWaterMark: number;
  readonly #coalesce: "never" | "always" | "above-high-water";
  readonly #merge: Merge<D> | undefined;
  readonly #overflow: "accept" | "fail";
  readonly #syncedBy: string;
  readonly #ring = new Ring<D>();
  #length = 0;
  #barrier = 0;
  /** Which keys wait where; there only while it is needed, so that the usual push pays nothing for it. */
  #pending: PendingKeys<D> | undefined;
  readonly #notEmpty = new Set<() => void>();
  #belowHighWater: PromiseWithResolvers<void> | undefined;
  #isClosed = false;
  #hasSynced = false;

  constructor(options: DeltaFIFOOptions<D> = {}) {
    const {
      coalesce = "never",
      merge,
      highWaterMark = Number.POSITIVE_INFINITY,
      overflow = "accept",
    } = options;
    if (highWaterMark !== Number.POSITIVE_INFINITY) expectInteger("highWaterMark", highWaterMark, 1);
    expectFunction("merge", merge);
    if (coalesce !== "never" && merge === undefined) {
      throw invalidArgument("merge", `a function where coalesce is "${coalesce}"`, merge);
    }
    if (coalesce !== "never" && overflow === "fail") {
      throw invalidArgument("overflow", `"accept" where coalesce is "${coalesce}"`, overflow);
    }
    this.highWaterMark = highWaterMark;
    this.#coalesce = coalesce;
    this.#merge = merge;
    this.#overflow = overflow;
    this.#syncedBy = options.syncedBy ?? "REPLACED";
    if (coalesce === "always") this.#pending = new PendingKeys(this.#ring);
  }

  /** How many entries wait. */
  get length(): number {
    return this.#length;
  }

  /** More entries wait than the high-water mark allows. */
  get isAboveHighWater(): boolean {
    return this.#length > this.highWaterMark;
  }

  /**
   * Let nothing that is pushed from now on merge into what waits already.
   *
   * For a consumer to whom the entries behind this point mean something else,
   * such as a listener that another handler joins.
   */
  barrier(): void {
    this.#barrier = this.#ring.tail;
    this.#pending?.clear();
  }

  /** The next entry of a waiting object would be merged into it. */
  get isCoalescing(): boolean {
    return this.#coalesce !== "never" && this.#pending !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The first complete state was processed to its end; an empty one counts too (D22, D23). */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /**
   * Queue an entry; never waits.
   *
   * Throws `STOPPED` after `close()`, and `OVERFLOW` where the queue may neither
   * coalesce nor grow: above the mark, at the second entry of an object that
   * waits already. A first one always fits, so that a long list does not count
   * as being behind.
   */
  push(delta: D): void {
    if (this.#isClosed) {
      throw new KubeError("STOPPED", "Queue a change: the queue was closed; create another one");
    }
    if (this.#pending === undefined && this.#length >= this.highWaterMark) this.#rememberKeys();
    if (this.#pending !== undefined && this.#settle(this.#pending, delta)) return;
    const position = this.#ring.push(delta);
    this.#length++;
    this.#pending?.pushed(delta, position);
    if (this.#notEmpty.size > 0) this.#wake();
  }

  /** Take the oldest entry; `undefined` where none waits. Say `done(entry)` once it is processed. */
  pop(): D | undefined {
    if (this.#length === 0) return undefined;
    let position = this.#ring.head;
    let delta = this.#ring.shift();
    // Slots emptied by merging are passed over; each of them only once.
    while (delta === undefined) {
      position = this.#ring.head;
      delta = this.#ring.shift();
    }
    this.#length--;
    this.#pending?.popped(delta, position);
    if (this.#length === 0) this.#drained();
    if (this.#belowHighWater !== undefined && !this.isAboveHighWater) this.#release();
    return delta;
  }

  /**
   * Say that a popped entry was processed, with success.
   *
   * `hasSynced` turns true here and not at `pop()`, so whoever reads it can rely
   * on the store. An entry whose processing failed is not done: a later list is.
   */
  done(delta: D): void {
    if (delta.type === this.#syncedBy) this.#hasSynced = true;
  }

  /** `undefined` while the producer may go on, else a promise to wait for; resolves at `clear` and `close` too. */
  whenBelowHighWater(): Promise<void> | undefined {
    if (!this.isAboveHighWater || this.#isClosed) return undefined;
    this.#belowHighWater ??= Promise.withResolvers<void>();
    return this.#belowHighWater.promise;
  }

  /**
   * Wait for an entry; resolves to whether one waits, never rejects.
   *
   * `false` means that the queue is closed and drained, or that `signal` aborted.
   */
  whenNotEmpty(signal?: AbortSignal): Promise<boolean> {
    if (this.#length > 0 || this.#isClosed || signal?.aborted === true) {
      return Promise.resolve(this.#length > 0 && signal?.aborted !== true);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const settle = (): void => {
      this.#notEmpty.delete(settle);
      stopListening();
      resolve(this.#length > 0 && signal?.aborted !== true);
    };
    this.#notEmpty.add(settle);
    const stopListening = onAbort(signal, settle);
    return promise;
  }

  /** Drop everything that waits; the queue stays open. */
  clear(): void {
    this.#ring.clear();
    this.#length = 0;
    this.#drained();
    this.#release();
  }

  /** Refuse further entries; those that wait can still be popped, then iteration ends (D11). */
  close(): void {
    this.#isClosed = true;
    this.#wake();
    this.#release();
  }

  /** Pop until closed and drained; an entry is done when the next one is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<D, void, undefined> {
    while (await this.whenNotEmpty()) {
      for (let delta = this.pop(); delta !== undefined; delta = this.pop()) {
        yield delta;
        this.done(delta);
      }
    }
  }

  #rememberKeys(): void {
    if (this.#coalesce === "never" && this.#overflow === "accept") return;
    this.#pending = new PendingKeys(this.#ring);
    this.#pending.indexFrom(this.#barrier);
  }

  /** Tell whether a waiting entry now stands for `delta` too. */
  #settle(pending: PendingKeys<D>, delta: D): boolean {
    if (this.#coalesce !== "never" && this.#merge !== undefined) {
      const emptied = pending.merge(delta, this.#merge);
      if (emptied === undefined) return false;
      this.#length -= emptied;
      return true;
    }
    if (this.#length >= this.highWaterMark && pending.has(delta)) {
      throw new KubeError(
        "OVERFLOW",
        `Queue a change of ${delta.key}: ${this.#length} entries wait, the mark is ${this.highWaterMark}; ` +
          "make the handler faster, raise the mark, or let the queue coalesce or pause",
      );
    }
    return false;
  }

  #drained(): void {
    if (this.#coalesce !== "always") this.#pending = undefined;
    else this.#pending?.clear();
  }

  #wake(): void {
    for (const settle of [...this.#notEmpty]) settle();
  }

  #release(): void {
    this.#belowHighWater?.resolve();
    this.#belowHighWater = undefined;
  }
}
