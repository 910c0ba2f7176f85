import {
  expectBoolean,
  expectDuration,
  expectOptions,
  expectSignal,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { defaultRateLimiter } from "./default-rate-limiter.ts";
import { Delays } from "./delays.ts";
import { expectRateLimiter } from "./expect-rate-limiter.ts";
import type { QueuedKey } from "./queued-key.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { Runs, type Wake } from "./runs.ts";
import { Waiters } from "./waiters.ts";
import type { WorkItem } from "./work-item.ts";
import { expectConcurrency, type Worker, Workers, type WorkOptions } from "./workers.ts";

/** How a {@link WorkQueue} behaves. */
export interface WorkQueueOptions {
  /** Under which name it publishes what happens to it, for metrics; without one it publishes nothing (Q12). */
  readonly name?: string | undefined;
  /** How long `addRateLimited` lets a key wait. @default defaultRateLimiter() */
  readonly rateLimiter?: RateLimiter | undefined;
  /**
   * After so long, a key that waits counts as one priority higher. Shorter: low
   * priorities are served sooner while others come in; `Infinity`: never, while
   * others do; 0: priorities mean nothing.
   * @default 100
   */
  readonly ageingMs?: number | undefined;
}

/** Which priority a key gets. */
export interface PriorityOptions {
  /** Higher ones first; any finite number, also below 0. @default 0 */
  readonly priority?: number | undefined;
}

/** How a key is added. */
export interface AddOptions extends PriorityOptions {
  /** Not now, but after this; see `addAfter`. */
  readonly afterMs?: number | undefined;
  /** After what the rate limiter says; see `addRateLimited`. With `afterMs`, after the shorter of both (Q16). @default false */
  readonly rateLimited?: boolean | undefined;
}

/**
 * A queue of keys on which there is work to do, for any number of workers.
 *
 * A key waits once, however often it is added (Q1), and is never in two hands
 * at once: added while it is worked on, it is handed out again after `done`,
 * once (Q2). Higher priorities come first, in each the first added (Q14).
 *
 * A key can also be due later. A run that comes earlier leaves a due time as it
 * is, and each due time is one run (Q6): only `setDue` replaces or clears it. A
 * run that begins after a due time has passed is the one it stood for.
 *
 * Everything that is handed out must be `done`, or its key never is again;
 * iteration and `work` see to that themselves.
 */
export class WorkQueue implements AsyncIterable<WorkItem> {
  readonly name: string | undefined;
  readonly #limiter: RateLimiter;
  readonly #runs: Runs;
  readonly #delays: Delays = new Delays((until) => this.#wakeDue(until));
  readonly #drains: Waiters<boolean> = new Waiters();
  #isShutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    expectOptions("options", options);
    const { name, rateLimiter = defaultRateLimiter(), ageingMs = 100 } = options;
    expectText("name", name);
    if (name === "") throw invalidArgument("name", "a string that is not empty", name);
    if (ageingMs !== Number.POSITIVE_INFINITY) expectDuration("ageingMs", ageingMs);
    expectRateLimiter("rateLimiter", rateLimiter);
    this.name = name;
    this.#limiter = rateLimiter;
    this.#runs = new Runs({ name, limiter: rateLimiter, ageingMs });
  }

  /** How many keys can be taken now; neither those that are due later, nor those worked on (Q20). */
  get length(): number {
    return this.#runs.ready;
  }

  /** How many keys are worked on. */
  get processing(): number {
    return this.#runs.running;
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /**
   * Add a key; never waits, and does nothing after `shutDown` (Q3).
   *
   * One that waits already keeps its place, and the higher of both priorities;
   * raised, it goes to the end of those of that priority, unless it stood
   * further ahead (Q15).
   */
  add(key: string, options?: AddOptions): void {
    expectKey(key);
    const priority = priorityOf(options);
    expectDuration("afterMs", options?.afterMs);
    expectBoolean("rateLimited", options?.rateLimited);
    if (this.#isShutDown) return;
    const afterMs = options?.afterMs;
    if (options?.rateLimited === true) this.#addRateLimited(key, priority, afterMs);
    else this.#delay(key, afterMs ?? 0, { priority, isDue: afterMs !== undefined, isRetry: false });
  }

  /**
   * Add a key after `delayMs`; 0 is now (Q5).
   *
   * Of several times that are pending for it, the earliest stays, with the
   * highest priority (Q15). They are dropped at `shutDown` (Q7).
   */
  addAfter(key: string, delayMs: number, options?: PriorityOptions): void {
    expectKey(key);
    const priority = priorityOf(options);
    expectDelay(delayMs);
    if (!this.#isShutDown) this.#delay(key, delayMs, { priority, isDue: true, isRetry: false });
  }

  /**
   * Add a key that failed, after the delay that the rate limiter says, which counts the failure (Q8).
   *
   * Of several such delays the earliest stays. They are apart from the due times
   * of `addAfter` and `setDue`: a retry that comes earlier leaves those as they are.
   */
  addRateLimited(key: string, options?: PriorityOptions): void {
    expectKey(key);
    const priority = priorityOf(options);
    if (!this.#isShutDown) this.#addRateLimited(key, priority, undefined);
  }

  /**
   * Set when a key is due, in place of the time that is pending; 0 is now, `undefined` never.
   *
   * For a worker that knows when it wants to see the key again. What was added
   * otherwise, retries included, is not touched.
   */
  setDue(key: string, delayMs: number | undefined, options?: PriorityOptions): void {
    expectKey(key);
    const priority = priorityOf(options);
    expectDuration("delayMs", delayMs);
    if (this.#isShutDown) return;
    const entry = this.#runs.find(key);
    if (entry?.due !== undefined) this.#delays.cancel(entry.due);
    if (delayMs !== undefined) this.#delay(key, delayMs, { priority, isDue: true, isRetry: false });
    else if (entry !== undefined) this.#runs.forgetIdle(entry);
  }

  /** Tell the rate limiter that a key succeeded, or is given up; what waits or is due stays (Q8). */
  forget(key: string): void {
    expectKey(key);
    this.#limiter.forget(key);
  }

  /** How often `addRateLimited` was said of a key since the last `forget` (Q8). */
  retries(key: string): number {
    expectKey(key);
    return this.#limiter.retries(key);
  }

  /** Take the next key, where one is ready; say `done(key)` after the work on it. */
  tryTake(): WorkItem | undefined {
    // Also before the timer fires: a loop that never lets it must not starve what is due.
    if (this.#delays.size > 0) this.#wakeDue(performance.now());
    return this.#runs.take();
  }

  /**
   * Take the next key, waiting for one; say `done(key)` after the work on it (Q3).
   *
   * Those who wait are served in their order. Resolves with `undefined` once the
   * queue is shut down and nothing is ready, and where `signal` aborts first;
   * never rejects. What it resolved with must be done, also after an abort.
   */
  take(signal?: AbortSignal): Promise<WorkItem | undefined> {
    expectSignal("signal", signal);
    if (signal?.aborted === true) return Promise.resolve(undefined);
    const item = this.tryTake();
    return item !== undefined || this.#isShutDown ? Promise.resolve(item) : this.#runs.whenTaken(signal);
  }

  /** Say that the work on a key has ended, in success or not; it can be handed out again. */
  done(key: string): void {
    expectKey(key);
    const entry = this.#runs.find(key);
    if (entry?.item === undefined) throw invalidArgument("key", "a key that is being worked on", key);
    this.#finish(entry);
  }

  /**
   * Take no more keys in; those that are ready, or were added while worked on, are still handed out (Q3).
   *
   * What is due later is dropped (Q7). A pending `drain` resolves at once, whatever
   * is left (Q4). Saying it again does no harm.
   */
  shutDown(): void {
    this.#refuse();
    this.#drains.release();
  }

  /**
   * Shut down, and wait until nothing waits and nothing is worked on (Q4).
   *
   * Somebody must go on taking keys, and every one must be done: it waits for as
   * long as that takes. Resolves to whether all was done; `false` where `signal`
   * aborted or `shutDown` was called meanwhile. Never rejects.
   */
  async drain(signal?: AbortSignal): Promise<boolean> {
    expectSignal("signal", signal);
    this.#refuse();
    return this.#runs.isEmpty || (await this.#drains.wait(signal)) === true;
  }

  /**
   * Take keys one after the other until shut down and empty, or `signal` aborts.
   *
   * A key is done when the next one is asked for, and when the loop is left,
   * also by an error. Several loops share the keys.
   */
  async *items(signal?: AbortSignal): AsyncGenerator<WorkItem, void, undefined> {
    for (let item = await this.take(signal); item !== undefined; item = await this.take(signal)) {
      // It aborted after the key was handed over, but before this line was reached.
      if (signal?.aborted === true) return this.#putBack(item);
      try {
        yield item;
      } finally {
        this.#finishItem(item);
      }
    }
  }

  /** See {@link items}. */
  [Symbol.asyncIterator](): AsyncGenerator<WorkItem, void, undefined> {
    return this.items();
  }

  /**
   * Let up to `concurrency` workers run at once, each on a key of its own, until shut down and empty or `signal` aborts.
   *
   * Resolves once none runs any more. What one throws goes to `onError`, and the
   * others and later keys go on. Without `onError` nothing further is taken, and it
   * rejects with what was thrown once the rest have ended.
   */
  async work(concurrency: number, worker: Worker, options: WorkOptions = {}): Promise<void> {
    expectConcurrency(concurrency);
    const source = {
      tryTake: () => this.tryTake(),
      take: (signal: AbortSignal) => this.take(signal),
      finish: (item: WorkItem) => this.#finishItem(item),
      putBack: (item: WorkItem) => this.#putBack(item),
    };
    await new Workers(source, worker, options).run(concurrency);
  }

  #addRateLimited(key: string, priority: number, atMostMs: number | undefined): void {
    const delayMs = this.#limiter.delayMs(key);
    if (delayMs === undefined) throw invalidArgument("rateLimiter.delayMs()", "a duration", delayMs);
    expectDuration("rateLimiter.delayMs()", delayMs);
    const shorter = Math.min(delayMs, atMostMs ?? delayMs);
    this.#delay(key, shorter, { priority, isDue: false, isRetry: true });
    const { telemetry } = this.#runs;
    if (telemetry?.isHeard === true) telemetry.tell("retried", { item: key, priority });
  }

  #delay(key: string, delayMs: number, wake: Wake): void {
    const entry = this.#runs.entry(key);
    if (delayMs > 0) this.#delays.add(entry, delayMs, wake);
    else this.#runs.wake(entry, joined(wake, this.#passed(entry)));
  }

  /** A due time of a key that has passed, though its timer is late, used up: the run that begins now stands for it. */
  #passed({ due }: QueuedKey): Wake | undefined {
    if (due === undefined || due.at > performance.now()) return undefined;
    this.#delays.cancel(due);
    return due;
  }

  #wakeDue(until: number): void {
    for (let due = this.#delays.shift(until); due !== undefined; due = this.#delays.shift(until)) {
      this.#runs.wake(due.entry, due);
    }
  }

  #finish(entry: QueuedKey): void {
    const due = entry.isDirty ? this.#passed(entry) : undefined;
    if (due !== undefined) this.#runs.wake(entry, due);
    this.#runs.finish(entry);
    if (this.#isShutDown && this.#runs.isEmpty) this.#drains.serveAll(true);
  }

  /** The same for whoever need not know whether it was said already; the key may be in other hands by now. */
  #finishItem(item: WorkItem): void {
    const entry = this.#runs.find(item.key);
    if (entry?.item === item) this.#finish(entry);
  }

  /** Also after shutting down: it was in the queue before. */
  #putBack(item: WorkItem): void {
    const entry = this.#runs.find(item.key);
    if (entry?.item !== item) return;
    this.#runs.wake(entry, item);
    this.#finish(entry);
  }

  #refuse(): void {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    for (const entry of this.#delays.clear()) this.#runs.forgetIdle(entry);
    this.#runs.release();
    this.#runs.telemetry?.tell("shut-down");
  }
}

/** One run stands for both. */
function joined(wake: Wake, due: Wake | undefined): Wake {
  if (due === undefined) return wake;
  return { ...wake, isDue: true, priority: Math.max(wake.priority, due.priority) };
}

function expectKey(key: string): void {
  if (typeof key !== "string" || key === "") throw invalidArgument("key", "a string that is not empty", key);
}

function expectDelay(delayMs: number): void {
  if (delayMs === undefined) throw invalidArgument("delayMs", "a duration in milliseconds", delayMs);
  expectDuration("delayMs", delayMs);
}

function priorityOf(options: PriorityOptions | undefined): number {
  expectOptions("options", options);
  const priority = options?.priority ?? 0;
  if (!Number.isFinite(priority)) throw invalidArgument("priority", "a finite number", priority);
  return priority;
}
