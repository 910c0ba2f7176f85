import { abortError, delay } from "../base/abort.ts";
import { ApiError } from "../base/api-error.ts";

/** How often a write is tried in all, while others write in between. */
export const writeAttempts = 5;

/** Between two attempts; as client-go's default, with as much again at random. */
const pauseMs = 10;

/** Whether a write failed only because the object is not as it was read: not where another manager holds a field. */
export function isConflict(error: unknown): error is ApiError {
  if (!ApiError.is(error) || error.status !== 409 || error.reason !== "Conflict") return false;
  return !(error.details?.causes ?? []).some(({ reason }) => reason === "FieldManagerConflict");
}

/** Whether an object is not there; a 404 that names no object says that its kind is not served. */
export function isGone(error: unknown): boolean {
  return ApiError.is(error) && error.status === 404 && error.details?.name !== undefined;
}

/** Whether the object to be created is there already. */
export function isAlreadyThere(error: unknown): error is ApiError {
  return ApiError.is(error) && error.status === 409 && error.reason === "AlreadyExists";
}

/** Wait a moment before the next attempt; rejects with `ABORTED` at the signal. */
export async function pauseBeforeRetry(step: string, signal: AbortSignal | undefined): Promise<void> {
  const hasPassed = await delay(pauseMs * (1 + Math.random()), signal);
  if (!hasPassed && signal !== undefined) throw abortError(signal, step);
}

/** The last refusal, to a caller that has tried again already: its code stays, and it says how often. */
export function triedInVain(error: ApiError, step: string): ApiError {
  const { status, reason, details, retryAfterMs } = error;
  const message = `${step}: somebody else wrote in between, in each of ${writeAttempts} attempts (${status}); see the cause`;
  return new ApiError(message, { status, reason, details, retryAfterMs, cause: error });
}
