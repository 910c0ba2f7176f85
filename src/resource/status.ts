import { ApiError, type StatusDetails } from "../base/api-error.ts";
import { isJsonObject } from "../base/json-object.ts";

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

/** A server's details as far as they can be read: one that is no server of Kubernetes may send anything. */
function checkedDetails(details: unknown): StatusDetails | undefined {
  if (!isJsonObject(details)) return undefined;
  const { causes, ...others } = details;
  return Array.isArray(causes) ? { ...others, causes: causes.filter(isJsonObject) } : others;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * Make the error that a Status stands for, with its code, reason, details and Retry-After (H20, R30).
 *
 * Never throws, whatever the members are: it is made where errors are repaired.
 */
export function statusError(status: Status, context: StatusErrorContext): ApiError {
  const code = typeof status.code === "number" ? status.code : (context.httpStatus ?? 500);
  const details = checkedDetails(status.details);
  const seconds = details?.retryAfterSeconds;
  const retryAfterMs =
    context.retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined);
  const reason = text(status.reason) ?? "Unknown";
  return new ApiError(`${context.step}: ${code} ${reason}: ${text(status.message) ?? "no message"}`, {
    status: code,
    reason,
    details,
    retryAfterMs,
  });
}
