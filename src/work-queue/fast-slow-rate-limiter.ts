import { expectDuration, expectInteger, expectOptions, invalidArgument } from "../base/arguments.ts";
import { Failures } from "./failures.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** When a key is fast, and when slow. */
export interface FastSlowRateLimiterOptions {
  readonly fastMs: number;
  readonly slowMs: number;
  /** After so many failures it is slow. */
  readonly fastAttempts: number;
}

/** Delays each key by a short time for some attempts, then by a long one (Q11). */
export class FastSlowRateLimiter implements RateLimiter {
  readonly #options: FastSlowRateLimiterOptions;
  readonly #failures = new Failures();

  constructor(options: FastSlowRateLimiterOptions) {
    expectOptions("options", options);
    for (const name of ["fastMs", "slowMs", "fastAttempts"] as const) {
      if (options?.[name] === undefined) throw invalidArgument(name, "a number", undefined);
    }
    expectDuration("fastMs", options.fastMs);
    expectDuration("slowMs", options.slowMs);
    expectInteger("fastAttempts", options.fastAttempts, 0);
    this.#options = { ...options };
  }

  delayMs(key: string): number {
    const { fastMs, slowMs, fastAttempts } = this.#options;
    return this.#failures.add(key) < fastAttempts ? fastMs : slowMs;
  }

  forget(key: string): void {
    this.#failures.forget(key);
  }

  retries(key: string): number {
    return this.#failures.of(key);
  }
}
