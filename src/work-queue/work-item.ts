import type { RateLimiter } from "./rate-limiter.ts";

/** A key that was handed out; say `done(key)` once the work on it has ended, also where it failed. */
export interface WorkItem {
  readonly key: string;
  /** The highest it was added with. */
  readonly priority: number;
  /** A time given by `addAfter` or `setDue` has passed; this run is the one it stood for. */
  readonly isDue: boolean;
  /** The delay of an `addRateLimited` has passed. */
  readonly isRetry: boolean;
  /** How often `addRateLimited` was said of it since the last `forget`, as of now. */
  readonly retries: number;
}

/** A {@link WorkItem} that asks the rate limiter when it is asked: most workers never do. */
export class TakenItem implements WorkItem {
  readonly key: string;
  readonly priority: number;
  readonly isDue: boolean;
  readonly isRetry: boolean;
  readonly #limiter: RateLimiter;

  constructor(key: string, priority: number, isDue: boolean, isRetry: boolean, limiter: RateLimiter) {
    this.key = key;
    this.priority = priority;
    this.isDue = isDue;
    this.isRetry = isRetry;
    this.#limiter = limiter;
  }

  get retries(): number {
    return this.#limiter.retries(this.key);
  }
}
