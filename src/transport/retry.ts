import pRetry from "p-retry";
import { abortError, delay } from "../base/abort.ts";
import { expectDuration, expectInteger } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isBrokenConnection } from "./connection-error.ts";
import { drain } from "./drain.ts";
import type { Interceptor, Transport, TransportRequest, TransportResponse } from "./port.ts";
import { retryAfterMs } from "./retry-after.ts";

/** How far retries go. */
export interface RetryOptions {
  /** Repetitions after the first attempt; 0 turns retries off. @default 10 (H4) */
  readonly maxRetries?: number | undefined;
  /** The shortest delay; it doubles to 5 s, and up to as much is added at random. @default 100 */
  readonly minDelayMs?: number | undefined;
  /** A server that asks for a longer wait gets none: its answer is handed over as it is. @default 60_000 */
  readonly maxRetryAfterMs?: number | undefined;
}

/** Repetitions where nobody asked for one: broken connections, 429 and 503 without Retry-After. */
const maxUnasked = 4;

/** An answer that calls for another attempt. */
class Unusable extends Error {
  readonly waitMs: number;

  constructor(status: number, waitMs: number) {
    super(`HTTP ${status}`);
    this.waitMs = waitMs;
  }
}

/** How long to wait before an answer's request is repeated; `undefined`: it is not. */
function waitAfter(
  request: TransportRequest,
  response: TransportResponse,
  attempt: number,
): number | undefined {
  const { status } = response;
  if (status !== 429 && status < 500) return undefined;
  const asked = retryAfterMs(response.headers);
  // Any verb: the server says that it did not begin (H6).
  if (asked !== undefined) return asked;
  const isSafe = request.method === "GET" && (status === 429 || status === 503);
  return isSafe && attempt <= maxUnasked ? 0 : undefined;
}

/** Put what failed before behind an error that is something else (H8); one with data of its own stays as it is. */
function withPrevious(error: KubeError, previous: string | undefined): KubeError {
  if (previous === undefined || previous === error.message || error.name !== "KubeError") return error;
  const text = [error.message, previous].map((message) => message.replace(/\.$/, ""));
  return new KubeError(error.code, text.join("; error from a previous attempt: "), {
    cause: error.cause ?? error,
  });
}

/** The attempts of one request. */
class Attempts {
  readonly #next: Transport;
  readonly #request: TransportRequest;
  readonly #limits: Limits;
  /** What each one failed of. */
  readonly failures: string[] = [];

  constructor(next: Transport, request: TransportRequest, limits: Limits) {
    this.#next = next;
    this.#request = request;
    this.#limits = limits;
  }

  /** Rejects where it is to be repeated, and where it cannot. */
  async run(number: number): Promise<TransportResponse> {
    try {
      const response = await this.#next(this.#request);
      const waitMs = waitAfter(this.#request, response, number);
      const { maxRetries, maxRetryAfterMs } = this.#limits;
      if (waitMs === undefined || waitMs > maxRetryAfterMs || number > maxRetries) return response;
      await drain(response);
      throw new Unusable(response.status, waitMs);
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : "");
      throw error;
    }
  }

  mayRepeat(error: unknown, number: number): boolean {
    if (error instanceof Unusable) return true;
    return this.#request.method === "GET" && number <= maxUnasked && isBrokenConnection(error);
  }
}

interface Limits {
  readonly maxRetries: number;
  readonly minDelayMs: number;
  readonly maxRetryAfterMs: number;
}

async function repeat(
  attempts: Attempts,
  first: unknown,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<TransportResponse> {
  return pRetry((number) => (number === 1 ? Promise.reject(first) : attempts.run(number)), {
    retries: limits.maxRetries,
    minTimeout: limits.minDelayMs,
    maxTimeout: 5000,
    randomize: true,
    signal,
    onFailedAttempt: async ({ error, retryDelay }) => {
      // p-retry waits its own delay after this: together at least what the server asked for.
      if (error instanceof Unusable && error.waitMs > retryDelay) {
        await delay(error.waitMs - retryDelay, signal);
      }
    },
    shouldRetry: ({ error, attemptNumber }) => attempts.mayRepeat(error, attemptNumber),
  });
}

/**
 * Repeat single requests that are safe to repeat, with p-retry: bounded, jittered, ended by the request's signal.
 *
 * GETs whose connection broke before an answer (H5); any verb on 429 and from
 * 500 on with Retry-After, in seconds or as a date (H4); GETs on 429 and 503
 * without one too. Streams, upgrades and requests with `retry: false` pass
 * through, so that retries never multiply. The last answer is handed over as it
 * came; an error names another one that came before it (H8). `closing` ends the
 * waits of all requests.
 */
export function retry(options: RetryOptions = {}, closing?: AbortSignal): Interceptor {
  const { maxRetries = 10, minDelayMs = 100, maxRetryAfterMs = 60_000 } = options;
  expectInteger("maxRetries", maxRetries, 0);
  expectDuration("minDelayMs", minDelayMs);
  expectDuration("maxRetryAfterMs", maxRetryAfterMs);
  const limits: Limits = { maxRetries, minDelayMs, maxRetryAfterMs };

  return (next) => async (request) => {
    const { isStream, upgrade, signal, method, path } = request;
    if (isStream || upgrade !== undefined || request.retry === false || maxRetries === 0) {
      return next(request);
    }
    const attempts = new Attempts(next, request, limits);
    try {
      // Most need no second one: nothing is set up for it before.
      return await attempts.run(1);
    } catch (first) {
      const step = `${method} ${path.split("?", 1)[0]}`;
      const given = [signal, closing].filter((one) => one !== undefined);
      try {
        if (!attempts.mayRepeat(first, 1)) throw first;
        const either = given.length < 2 ? given[0] : AbortSignal.any(given);
        return await repeat(attempts, first, limits, either);
      } catch (error) {
        const ended = given.find((one) => one.aborted);
        if (ended !== undefined) throw withPrevious(abortError(ended, step), attempts.failures.at(-1));
        throw withPrevious(KubeError.from(error, "CONNECTION_FAILED", step), attempts.failures.at(-2));
      }
    }
  };
}
