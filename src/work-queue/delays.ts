import { longestTimerMs } from "../base/abort.ts";
import { PrunedHeap } from "./pruned-heap.ts";
import type { QueuedKey } from "./queued-key.ts";
import type { Wake } from "./runs.ts";

/** A time at which a key is to be run, and why. */
export class Delay {
  readonly entry: QueuedKey;
  readonly at: number;
  priority: number;
  readonly isDue: boolean;
  readonly isRetry: boolean;
  /** Which of two at the same time comes first. */
  readonly number: number;
  isPending = true;

  constructor(entry: QueuedKey, at: number, { priority, isDue, isRetry }: Wake, number: number) {
    this.entry = entry;
    this.at = at;
    this.priority = priority;
    this.isDue = isDue;
    this.isRetry = isRetry;
    this.number = number;
  }
}

/**
 * What is to come later, by its time; one timer for all of it, and none while there is nothing.
 *
 * Counts by `performance.now()`: a clock that is set back or forth delays nothing
 * and hastens nothing. While the timer runs, the process stays alive.
 */
export class Delays {
  /** Called when the earliest time has come, with a moment up to which all is due. */
  readonly #onTime: (until: number) => void;
  readonly #heap: PrunedHeap<Delay> = new PrunedHeap({
    compare: (a, b) => a.at - b.at || a.number - b.number,
    isLive: ({ isPending }) => isPending,
  });
  #pending = 0;
  #number = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  constructor(onTime: (until: number) => void) {
    this.#onTime = onTime;
  }

  /** How many are pending. */
  get size(): number {
    return this.#pending;
  }

  /** Of several for one key, of which one kind is retries, the earliest stays with the highest priority (Q5, Q15). */
  add(entry: QueuedKey, delayMs: number, wake: Wake): void {
    const now = performance.now();
    const at = now + delayMs;
    const other = wake.isRetry ? entry.retry : entry.due;
    if (other !== undefined && other.at <= at) {
      other.priority = Math.max(other.priority, wake.priority);
      return;
    }
    const delay = new Delay(entry, at, wake, this.#number++);
    if (other !== undefined) {
      delay.priority = Math.max(other.priority, wake.priority);
      this.cancel(other);
    }
    if (wake.isRetry) entry.retry = delay;
    else entry.due = delay;
    this.#heap.push(delay);
    this.#pending++;
    if (at < this.#firesAt) this.#arm(at, now);
  }

  cancel(delay: Delay): void {
    this.#ended(delay);
    this.#heap.prune(this.#pending);
  }

  /** Take out the earliest, where it is due by `until`. */
  shift(until: number): Delay | undefined {
    const first = this.#first();
    if (first === undefined || first.at > until) return undefined;
    this.#heap.pop();
    this.#ended(first);
    return first;
  }

  /** Drop all of them; returns the keys they were for. */
  clear(): QueuedKey[] {
    const entries: QueuedKey[] = [];
    const never = Number.POSITIVE_INFINITY;
    for (let delay = this.shift(never); delay !== undefined; delay = this.shift(never))
      entries.push(delay.entry);
    return entries;
  }

  #first(): Delay | undefined {
    let first = this.#heap.peek();
    while (first?.isPending === false) {
      this.#heap.pop();
      first = this.#heap.peek();
    }
    return first;
  }

  #ended(delay: Delay): void {
    delay.isPending = false;
    if (delay.isRetry) delay.entry.retry = undefined;
    else delay.entry.due = undefined;
    this.#pending--;
    // While others are pending, a timer for one that was withdrawn is left to fire in vain: cheaper than a new one each time.
    if (this.#pending === 0) this.#disarm();
  }

  #arm(at: number, now: number): void {
    clearTimeout(this.#timer);
    const ms = Math.min(Math.max(0, Math.ceil(at - now)), longestTimerMs);
    this.#firesAt = now + ms;
    this.#timer = setTimeout(() => this.#fire(), ms);
  }

  #fire(): void {
    // A timer may be a fraction of a millisecond early, and then it would have to be set again.
    const until = Math.max(performance.now(), this.#firesAt);
    this.#disarm();
    this.#onTime(until);
    const first = this.#first();
    if (first !== undefined && first.at < this.#firesAt) this.#arm(first.at, until);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }
}
