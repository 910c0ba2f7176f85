import { invalidArgument } from "../base/arguments.ts";
import { expectRateLimiter } from "./expect-rate-limiter.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** Delays a key by the longest of several delays; all of them are asked, and count (Q10). */
export class MaxOfRateLimiter implements RateLimiter {
  readonly #limiters: readonly RateLimiter[];

  constructor(limiters: readonly RateLimiter[]) {
    if (!Array.isArray(limiters) || limiters.length === 0) {
      throw invalidArgument("limiters", "an array of rate limiters, one or more", limiters);
    }
    for (const limiter of limiters) expectRateLimiter("limiters", limiter);
    this.#limiters = [...limiters];
  }

  delayMs(key: string): number {
    return this.#most((limiter) => limiter.delayMs(key));
  }

  forget(key: string): void {
    for (const limiter of this.#limiters) limiter.forget(key);
  }

  retries(key: string): number {
    return this.#most((limiter) => limiter.retries(key));
  }

  #most(of: (limiter: RateLimiter) => number): number {
    return this.#limiters.reduce((most, limiter) => Math.max(most, of(limiter)), 0);
  }
}
