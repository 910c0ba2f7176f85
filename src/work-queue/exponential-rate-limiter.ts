import { expectDuration, expectOptions } from "../base/arguments.ts";
import { Failures } from "./failures.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** How the delays of a key grow. */
export interface ExponentialRateLimiterOptions {
  /** After the first failure; twice that after the second, and so on. @default 5 */
  readonly initialMs?: number | undefined;
  /** What they grow to. @default 1_000_000 */
  readonly maxMs?: number | undefined;
}

/** Delays each key by itself, twice as long after each failure, up to a limit (Q9). */
export class ExponentialRateLimiter implements RateLimiter {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #failures = new Failures();

  constructor(options: ExponentialRateLimiterOptions = {}) {
    expectOptions("options", options);
    expectDuration("initialMs", options.initialMs);
    expectDuration("maxMs", options.maxMs);
    this.#initialMs = options.initialMs ?? 5;
    this.#maxMs = options.maxMs ?? 1_000_000;
  }

  delayMs(key: string): number {
    // The growth is capped before it is used: 0 ms times infinity would be no number.
    const growth = Math.min(2 ** this.#failures.add(key), Number.MAX_VALUE);
    return Math.min(this.#initialMs * growth, this.#maxMs);
  }

  forget(key: string): void {
    this.#failures.forget(key);
  }

  retries(key: string): number {
    return this.#failures.of(key);
  }
}
