import { ApiError, type StatusDetails } from "../base/api-error.ts";
import { isJsonObject } from "./object.ts";

/** A Kubernetes Status: the body of every failure, and the object of an ERROR event (H18). */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** Tell whether a value read from the wire is a Status. */
export function isStatus(value: unknown): value is Status {
  return isJsonObject(value) && value.kind === "Status";
}

/** What a caller of {@link statusError} knows besides the Status. */
export interface StatusErrorContext {
  /** The step and the object, such as `list pods in shop`. */
  readonly step: string;
  /** The HTTP status, where the Status has no code. */
  readonly httpStatus?: number;
  /** From a Retry-After header; the Status' own `retryAfterSeconds` is the fallback. */
  readonly retryAfterMs?: number | undefined;
}

/** Make the error that a Status stands for, with its code, reason, details and Retry-After (H20, R30). */
export function statusError(status: Status, context: StatusErrorContext): ApiError {
  const code = status.code ?? context.httpStatus ?? 500;
  const seconds = status.details?.retryAfterSeconds;
  const retryAfterMs =
    context.retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined);
  const reason = status.reason === undefined || status.reason === "" ? "Unknown" : status.reason;
  const text = status.message === undefined || status.message === "" ? "no message" : status.message;
  return new ApiError(`${context.step}: ${code} ${reason}: ${text}`, {
    status: code,
    reason,
    details: status.details,
    retryAfterMs,
  });
}
