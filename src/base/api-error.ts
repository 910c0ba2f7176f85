import { KubeError, type KubeErrorOptions } from "./errors.ts";

/** One cause in a Status' details: a machine-readable reason for a field or the whole. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** The `details` of a Kubernetes Status, as on the wire. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** What an {@link ApiError} is made from. */
export interface ApiErrorInit extends KubeErrorOptions {
  readonly status: number;
  readonly reason: string;
  readonly details?: StatusDetails | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * A failure the API server reported, as an HTTP status or in a stream.
 *
 * `status` is the HTTP status (or the Status' `code`), `reason` its
 * machine-readable reason ("NotFound", "Conflict", "Expired" …, "Unknown" where
 * a proxy answered), `retryAfterMs` the server's wish in milliseconds.
 */
export class ApiError extends KubeError {
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, init: ApiErrorInit) {
    super("API", message, init);
    this.status = init.status;
    this.reason = init.reason;
    this.details = init.details;
    this.retryAfterMs = init.retryAfterMs;
  }

  override get name(): string {
    return "ApiError";
  }

  /** Tell whether a value is an `ApiError`, also one made by another copy of this package. */
  static override is(value: unknown): value is ApiError {
    return KubeError.is(value) && value.code === "API";
  }
}

/** The history before this resourceVersion is gone: 410, reason `Expired` or `Gone`. */
export function isExpired(error: unknown): boolean {
  return (
    ApiError.is(error) && (error.status === 410 || error.reason === "Expired" || error.reason === "Gone")
  );
}

/**
 * The server has not reached this resourceVersion yet, in the three forms that
 * servers have used (R7): a typed cause, a cause's message, the message.
 */
export function isTooLargeResourceVersion(error: unknown): boolean {
  if (!ApiError.is(error)) return false;
  const causes = error.details?.causes ?? [];
  if (causes.some((cause) => cause.reason === "ResourceVersionTooLarge")) return true;
  if (error.reason !== "Timeout") return false;
  return (
    causes.some((cause) => cause.message === "Too large resource version") ||
    error.message.includes("Too large resource version")
  );
}
