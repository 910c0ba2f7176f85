import { ApiError, type StatusCause } from "../../base/api-error.ts";

/** 400: the request makes no sense. */
export function badRequest(message: string): ApiError {
  return new ApiError(message, { status: 400, reason: "BadRequest" });
}

/** 500 without a reason, which is what kube-apiserver makes of an error that nobody has worded. */
export function unexplained(message: string): ApiError {
  return new ApiError(message, { status: 500, reason: "" });
}

/** 410: the history before this revision is gone; also what an ERROR event carries. */
export function expired(message: string): ApiError {
  return new ApiError(message, { status: 410, reason: "Expired" });
}

/** 410 for a watch's resourceVersion, naming the oldest that would do. */
export function tooOld(revision: number, floor: number): ApiError {
  return expired(`too old resource version: ${revision} (${floor})`);
}

/** 504: the server did not reach this revision in time; retry in a second (R7). */
export function tooLarge(revision: number, current: number): ApiError {
  return new ApiError(`Timeout: Too large resource version: ${revision}, current: ${current}`, {
    status: 504,
    reason: "Timeout",
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
    retryAfterMs: 1000,
  });
}

/** 422: options that exclude one another, one cause each. */
export function invalidListOptions(causes: readonly StatusCause[]): ApiError {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  return new ApiError(`ListOptions.meta.k8s.io "" is invalid: ${text}`, {
    status: 422,
    reason: "Invalid",
    details: { group: "meta.k8s.io", kind: "ListOptions", causes },
  });
}

/**
 * 410 for a continue token whose snapshot is gone.
 *
 * `continue` belongs into the Status' metadata: a token that goes on with the
 * rest as it is now, for whoever can live with an inconsistent list.
 */
export class ContinueExpiredError extends ApiError {
  readonly continue: string;

  constructor(token: string) {
    super(
      "The provided continue parameter is too old to display a consistent list result. You can start a new " +
        "list without the continue parameter, or use the continue token in this response to retrieve the " +
        "remainder of the results. Continuing with the provided token results in an inconsistent list - " +
        "objects that were created, modified, or deleted between the time the first chunk was returned and " +
        "now may show up in the list.",
      { status: 410, reason: "Expired" },
    );
    this.continue = token;
  }
}
