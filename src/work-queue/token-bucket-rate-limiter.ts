import { expectInteger, expectOptions, invalidArgument } from "../base/arguments.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** How many retries all keys have together. */
export interface TokenBucketRateLimiterOptions {
  /** On average, over any longer time. @default 10 */
  readonly perSecond?: number | undefined;
  /** At once, after a pause. @default 100 */
  readonly burst?: number | undefined;
}

/**
 * Delays the retries of all keys by one rate: each reserves the next turn that is free (Q10).
 *
 * A reserved turn is not given back, also not where the key waits longer for
 * another reason. It knows no single key: `forget` does nothing.
 */
export class TokenBucketRateLimiter implements RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  /** Below 0, so many turns to come are reserved. */
  #tokens: number;
  #filledAt: number = performance.now();

  constructor(options: TokenBucketRateLimiterOptions = {}) {
    expectOptions("options", options);
    const { perSecond = 10, burst = 100 } = options;
    if (!Number.isFinite(perSecond) || perSecond <= 0) {
      throw invalidArgument("perSecond", "a positive number", perSecond);
    }
    expectInteger("burst", burst, 1);
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  delayMs(_key: string): number {
    const now = performance.now();
    const gained = ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained) - 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  forget(_key: string): void {}

  retries(_key: string): number {
    return 0;
  }
}
