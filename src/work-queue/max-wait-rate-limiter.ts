import { expectDuration, invalidArgument } from "../base/arguments.ts";
import { expectRateLimiter } from "./expect-rate-limiter.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** Shortens the delays of another rate limiter to a limit (Q11). */
export class MaxWaitRateLimiter implements RateLimiter {
  readonly #limiter: RateLimiter;
  readonly #maxMs: number;

  constructor(limiter: RateLimiter, maxMs: number) {
    expectRateLimiter("limiter", limiter);
    if (maxMs === undefined) throw invalidArgument("maxMs", "a duration in milliseconds", maxMs);
    expectDuration("maxMs", maxMs);
    this.#limiter = limiter;
    this.#maxMs = maxMs;
  }

  delayMs(key: string): number {
    return Math.min(this.#limiter.delayMs(key), this.#maxMs);
  }

  forget(key: string): void {
    this.#limiter.forget(key);
  }

  retries(key: string): number {
    return this.#limiter.retries(key);
  }
}
