import { abortError, delay } from "../base/abort.ts";
import { ApiError } from "../base/api-error.ts";
import {
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
  expectSignal,
  invalidArgument,
} from "../base/arguments.ts";

/** How often and how soon {@link retryOnConflict} tries again; the defaults are client-go's. */
export interface RetryOnConflictOptions {
  /** Attempts in all, the first included. @default 5 */
  readonly attempts?: number | undefined;
  /** The first pause. @default 10 */
  readonly delayMs?: number | undefined;
  /** What each pause is multiplied by for the next one, at least 1. @default 1 */
  readonly factor?: number | undefined;
  /** How much is added at random, as a part of the pause. @default 0.1 */
  readonly jitter?: number | undefined;
  /** Ends the pause, and with it the retrying, with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether a write failed only because the object has changed since it was read.
 *
 * Not so where the object exists already, or where another manager holds the
 * fields that are applied: repeating changes neither.
 */
export function isConflict(error: unknown): boolean {
  if (!ApiError.is(error) || error.status !== 409 || error.reason !== "Conflict") return false;
  return !(error.details?.causes ?? []).some(({ reason }) => reason === "FieldManagerConflict");
}

interface Limits {
  readonly attempts: number;
  readonly delayMs: number;
  readonly factor: number;
  readonly jitter: number;
}

function limitsOf(options: RetryOnConflictOptions): Limits {
  expectOptions("options", options);
  const { attempts = 5, delayMs = 10, factor = 1, jitter = 0.1, signal } = options;
  expectInteger("attempts", attempts, 1);
  expectDuration("delayMs", delayMs);
  if (!(Number.isFinite(factor) && factor >= 1))
    throw invalidArgument("factor", "a number of at least 1", factor);
  if (!(jitter >= 0 && jitter <= 1)) throw invalidArgument("jitter", "a number from 0 to 1", jitter);
  expectSignal("signal", signal);
  return { attempts, delayMs, factor, jitter };
}

/**
 * Call a function until it does not conflict: it reads an object, changes it and replaces it.
 *
 * It must read anew in each attempt. Only 409 `Conflict` is tried again, and
 * the last one is thrown as it came; everything else at once.
 */
export async function retryOnConflict<T>(
  attempt: (number: number) => T | PromiseLike<T>,
  options: RetryOnConflictOptions = {},
): Promise<T> {
  expectFunction("attempt", attempt ?? null);
  const { attempts, delayMs, factor, jitter } = limitsOf(options);
  const { signal } = options;
  const step = "retry on conflict";
  for (let number = 1, pauseMs = delayMs; ; number += 1, pauseMs *= factor) {
    if (signal?.aborted) throw abortError(signal, step);
    try {
      return await attempt(number);
    } catch (error) {
      if (!isConflict(error) || number === attempts) throw error;
    }
    await delay(pauseMs * (1 + Math.random() * jitter), signal);
  }
}
