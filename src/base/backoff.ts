import { expectDuration, invalidArgument } from "./arguments.ts";

/** How delays between attempts grow. */
export interface BackoffOptions {
  /** The first delay. @default 800 */
  readonly initialMs?: number;
  /** The largest delay before jitter. @default 30_000 */
  readonly maxMs?: number;
  /** What each delay is multiplied by for the next. @default 2 */
  readonly factor?: number;
  /** Up to this share of the delay is added at random. @default 1 */
  readonly jitter?: number;
  /** Start over when no delay was asked for during this time. @default 120_000 */
  readonly resetAfterMs?: number;
}

/** The delays of client-go's reflector: 0.8 s doubling to 30 s, jittered to twice that (R38, R39). */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #factor: number;
  readonly #jitter: number;
  readonly #resetAfterMs: number;
  #attempt = 0;
  #lastAskedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions = {}) {
    expectDuration("backoff.initialMs", options.initialMs);
    expectDuration("backoff.maxMs", options.maxMs);
    expectDuration("backoff.resetAfterMs", options.resetAfterMs);
    if (options.factor !== undefined && !(Number.isFinite(options.factor) && options.factor >= 1)) {
      throw invalidArgument("backoff.factor", "a number of at least 1", options.factor);
    }
    if (options.jitter !== undefined && !(Number.isFinite(options.jitter) && options.jitter >= 0)) {
      throw invalidArgument("backoff.jitter", "a number of at least 0", options.jitter);
    }
    this.#initialMs = options.initialMs ?? 800;
    this.#maxMs = options.maxMs ?? 30_000;
    this.#factor = options.factor ?? 2;
    this.#jitter = options.jitter ?? 1;
    this.#resetAfterMs = options.resetAfterMs ?? 120_000;
  }

  /** How many delays were given out since the last reset. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The next delay in milliseconds; each call makes the following one longer. */
  nextMs(): number {
    const now = Date.now();
    if (now - this.#lastAskedAt > this.#resetAfterMs) this.#attempt = 0;
    // The growth is capped before it is used: 0 ms times infinity would be no number.
    const growth = Math.min(this.#factor ** this.#attempt, Number.MAX_VALUE);
    const base = Math.min(this.#maxMs, this.#initialMs * growth);
    const delayMs = base * (1 + this.#jitter * Math.random());
    this.#attempt += 1;
    // Counted from the end of the delay: waiting is not a time without trouble.
    this.#lastAskedAt = now + delayMs;
    return delayMs;
  }

  /** Forget the attempts: the next delay is the first again. */
  reset(): void {
    this.#attempt = 0;
    this.#lastAskedAt = Number.NEGATIVE_INFINITY;
  }
}
