import { QueueTelemetry } from "./queue-telemetry.ts";
import { QueuedKey } from "./queued-key.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { ReadyKeys } from "./ready-keys.ts";
import { Waiters } from "./waiters.ts";
import { TakenItem, type WorkItem } from "./work-item.ts";

/** Why a key is to be run. */
export interface Wake {
  readonly priority: number;
  readonly isDue: boolean;
  readonly isRetry: boolean;
}

/** What {@link Runs} needs of its queue. */
export interface RunsOptions {
  readonly name: string | undefined;
  readonly limiter: RateLimiter;
  readonly ageingMs: number;
}

/**
 * Every key that a queue knows: which wait for a run, and which are in one.
 *
 * A key that waits does so once (Q1); one that is woken while it runs is dirty,
 * and waits again as soon as that run has ended (Q2).
 */
export class Runs {
  readonly telemetry: QueueTelemetry | undefined;
  readonly #limiter: RateLimiter;
  readonly #keys = new Map<string, QueuedKey>();
  readonly #ready: ReadyKeys;
  readonly #takers: Waiters<WorkItem> = new Waiters();
  #running = 0;

  constructor({ name, limiter, ageingMs }: RunsOptions) {
    this.#limiter = limiter;
    this.#ready = new ReadyKeys(ageingMs);
    if (name !== undefined) this.telemetry = new QueueTelemetry(name, this.#ready);
    this.telemetry?.tell("created");
  }

  /** How many wait. */
  get ready(): number {
    return this.#ready.length;
  }

  get running(): number {
    return this.#running;
  }

  get isEmpty(): boolean {
    return this.#ready.length === 0 && this.#running === 0;
  }

  find(key: string): QueuedKey | undefined {
    return this.#keys.get(key);
  }

  /** What is known of a key, from now on where nothing was; say `forgetIdle` where nothing comes of it. */
  entry(key: string): QueuedKey {
    let entry = this.#keys.get(key);
    if (entry === undefined) {
      entry = new QueuedKey(key);
      this.#keys.set(key, entry);
    }
    return entry;
  }

  /** Let a key wait for a run, or where it does already, let that run stand for this too. */
  wake(entry: QueuedKey, { priority, isDue, isRetry }: Wake): void {
    if (isDue) entry.isDue = true;
    if (isRetry) entry.isRetry = true;
    if (entry.place !== undefined) {
      if (priority > entry.priority) this.#ready.raise(entry, priority, performance.now());
      return;
    }
    if (entry.isDirty) {
      if (priority > entry.priority) entry.priority = priority;
      return;
    }
    entry.priority = priority;
    if (entry.item === undefined) this.#ready.push(entry, performance.now());
    else entry.isDirty = true;
    if (this.telemetry?.isHeard === true) this.telemetry.tell("added", { item: entry.key, priority });
    this.#serve();
  }

  /** Begin the next run. */
  take(): WorkItem | undefined {
    const entry = this.#ready.shift();
    if (entry === undefined) return undefined;
    const item = new TakenItem(entry.key, entry.priority, entry.isDue, entry.isRetry, this.#limiter);
    entry.item = item;
    entry.isDue = false;
    entry.isRetry = false;
    this.#running++;
    if (this.telemetry?.isHeard === true) {
      const { key, priority } = item;
      entry.takenAt = performance.now();
      this.telemetry.tell("taken", { item: key, priority, waitedMs: entry.takenAt - entry.readySince });
    }
    return item;
  }

  /** Wait for the next run; `undefined` at `release` and where `signal` aborts. */
  whenTaken(signal: AbortSignal | undefined): Promise<WorkItem | undefined> {
    return this.#takers.wait(signal);
  }

  /** Let go of those who wait for a run. */
  release(): void {
    this.#takers.release();
  }

  /** End the run of a key that is in one. */
  finish(entry: QueuedKey): void {
    const { item, takenAt } = entry;
    entry.item = undefined;
    entry.takenAt = undefined;
    this.#running--;
    if (entry.isDirty) {
      entry.isDirty = false;
      this.#ready.push(entry, performance.now());
    } else {
      this.forgetIdle(entry);
    }
    if (this.telemetry?.isHeard === true) {
      const workedMs = takenAt === undefined ? undefined : performance.now() - takenAt;
      this.telemetry.tell("done", { item: entry.key, priority: item?.priority, workedMs });
    }
    this.#serve();
  }

  /** Forget a key of which nothing is left to be done. */
  forgetIdle(entry: QueuedKey): void {
    if (entry.isIdle) this.#keys.delete(entry.key);
  }

  /** Hand what waits to those who wait for it. */
  #serve(): void {
    while (!this.#takers.isEmpty) {
      const item = this.take();
      if (item === undefined) return;
      this.#takers.serve(item);
    }
  }
}
