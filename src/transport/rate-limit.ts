import { abortError, onAbort } from "../base/abort.ts";
import { expectInteger, invalidArgument } from "../base/arguments.ts";
import type { Interceptor } from "./port.ts";

/** How many requests a client lets itself send. */
export interface RateLimitOptions {
  /** On average, over any longer time. */
  readonly requestsPerSecond: number;
  /** At once, after a pause. @default twice `requestsPerSecond` */
  readonly burst?: number | undefined;
}

/**
 * A bucket that fills at a rate, and from which each request takes one token; the first to wait is the first served.
 *
 * Whoever stops waiting leaves its turn to the next.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #waiting: (() => void)[] = [];
  #tokens: number;
  #filledAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RateLimitOptions) {
    const { requestsPerSecond } = options;
    if (!Number.isFinite(requestsPerSecond) || requestsPerSecond <= 0) {
      throw invalidArgument("requestsPerSecond", "a positive number", requestsPerSecond);
    }
    const { burst = Math.max(1, Math.ceil(2 * requestsPerSecond)) } = options;
    expectInteger("burst", burst, 1);
    this.#perSecond = requestsPerSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = Date.now();
  }

  /** Take a token, waiting for one; resolves with the signal that ended the wait, where one did. */
  async take(...signals: readonly (AbortSignal | undefined)[]): Promise<AbortSignal | undefined> {
    const aborted = signals.find((signal) => signal?.aborted);
    if (aborted !== undefined) return aborted;
    this.#fill();
    if (this.#waiting.length === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<AbortSignal | undefined>();
    const turn = (): void => resolve(undefined);
    this.#waiting.push(turn);
    this.#arm();
    const leave = (signal: AbortSignal | undefined): void => {
      const place = this.#waiting.indexOf(turn);
      if (place >= 0) this.#waiting.splice(place, 1);
      if (this.#waiting.length === 0) this.#stopTimer();
      resolve(signal);
    };
    const stops = signals.map((signal) => onAbort(signal, () => leave(signal)));
    const ended = await promise;
    for (const stop of stops) stop();
    return ended;
  }

  #fill(): void {
    const now = Date.now();
    // A clock that was set back fills nothing, and takes nothing away.
    const gained = (Math.max(0, now - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return;
    // At least 1 ms: what rounding leaves missing must not become a busy loop.
    const ms = Math.max(1, Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000));
    this.#timer = setTimeout(() => this.#serve(), Math.min(ms, 60_000));
  }

  #serve(): void {
    this.#timer = undefined;
    this.#fill();
    while (this.#tokens >= 1) {
      const served = this.#waiting.shift();
      if (served === undefined) return;
      this.#tokens -= 1;
      served();
    }
    this.#arm();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * Let requests wait for their turn, all through one bucket; nobody needs it unless a server asks for it (H1).
 *
 * Watches, other streams and upgrades pass; the others' time limits stand still
 * while they wait (H2). Within retries each attempt waits anew (H7). The wait ends
 * with the request's signal, and with `closing`.
 */
export function rateLimit(options: RateLimitOptions, closing?: AbortSignal): Interceptor {
  const bucket = new TokenBucket(options);
  return (next) => async (request) => {
    if (request.isStream || request.upgrade !== undefined) return next(request);
    const { signal, trace, clock, method, path } = request;
    const began = performance.now();
    clock?.pause();
    const ended = await bucket.take(signal, closing);
    clock?.resume();
    if (trace !== undefined) trace.rateLimiterMs += performance.now() - began;
    if (ended !== undefined) {
      throw abortError(ended, `${method} ${path.split("?", 1)[0]}: waiting for the client's own rate limit`);
    }
    return next(request);
  };
}
