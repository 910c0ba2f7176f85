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

/**
 * Repeat single requests that are safe to repeat, with p-retry: bounded, jittered, ended by the request's signal.
 *
 * GETs whose connection broke before an answer (H5); any verb on 429 and from
 * 500 on with Retry-After, in seconds or as a date (H4); GETs on 429 and 503
 * without one too. Streams and requests with `retry: false` pass through, so that retries never multiply.
 * The last answer is handed over as it came.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const { maxRetries = 10, minDelayMs = 100, maxRetryAfterMs = 60_000 } = options;
  expectInteger("maxRetries", maxRetries, 0);
  expectDuration("minDelayMs", minDelayMs);
  expectDuration("maxRetryAfterMs", maxRetryAfterMs);

  const withRetries = async (next: Transport, request: TransportRequest): Promise<TransportResponse> => {
    const { signal } = request;
    const attempt = async (number: number): Promise<TransportResponse> => {
      const response = await next(request);
      const waitMs = waitAfter(request, response, number);
      if (waitMs === undefined || waitMs > maxRetryAfterMs || number > maxRetries) return response;
      await drain(response);
      throw new Unusable(response.status, waitMs);
    };
    return pRetry(attempt, {
      retries: maxRetries,
      minTimeout: minDelayMs,
      maxTimeout: 5000,
      randomize: true,
      signal,
      onFailedAttempt: async ({ error, retryDelay }) => {
        // p-retry waits its own delay after this: together at least what the server asked for.
        if (error instanceof Unusable && error.waitMs > retryDelay) {
          await delay(error.waitMs - retryDelay, signal);
        }
      },
      shouldRetry: ({ error, attemptNumber }) =>
        error instanceof Unusable ||
        (request.method === "GET" && attemptNumber <= maxUnasked && isBrokenConnection(error)),
    });
  };

  return (next) => async (request) => {
    if (request.isStream || request.retry === false || maxRetries === 0) return next(request);
    try {
      return await withRetries(next, request);
    } catch (error) {
      const { signal, method, path } = request;
      const step = `${method} ${path.split("?", 1)[0]}`;
      if (signal?.aborted) throw abortError(signal, step);
      throw KubeError.from(error, "CONNECTION_FAILED", step);
    }
  };
}
