/**
 * What went wrong, as a stable string to branch on.
 *
 * `INVALID_ARGUMENT` is always thrown before any request is sent. `API` errors
 * are {@link ApiError}s and carry the server's own `status` and `reason`.
 */
export type KubeErrorCode =
  | "INVALID_ARGUMENT" // a value given by the caller
  | "INVALID_CONFIG" // kubeconfig, in-cluster environment, certificates
  | "CREDENTIAL_FAILED" // exec plugin, auth-provider, token file
  | "CONNECTION_FAILED" // refused, reset, name not found, half-closed
  | "TLS_FAILED" // certificate not trusted, wrong host name
  | "TIMEOUT" // a deadline given by the caller or an inactivity limit passed
  | "ABORTED" // the caller's signal
  | "API" // the server answered with a failure
  | "BAD_RESPONSE" // an answer that is not Kubernetes': HTML, a Table, a body cut short
  | "FRAME_CORRUPT" // a watch frame that is not whole JSON
  | "FRAME_TOO_LARGE" // a watch frame above the limit
  | "WATCH_EXPIRED" // 410: the resourceVersion is older than the server's history
  | "WATCH_NOT_RESUMABLE" // the stream broke before the first safe resourceVersion
  | "NOT_SYNCED" // read before the first list
  | "SYNC_TIMEOUT" // `synced()` reached its deadline
  | "STOPPED" // used after `stop()`
  | "ALREADY_STARTED" // started twice
  | "INDEX_CONFLICT" // an indexer of that name exists
  | "INDEX_UNKNOWN" // no indexer of that name
  | "INDEX_FAILED" // an index function threw
  | "TRANSFORM_FAILED" // a transform threw or returned something else
  | "HANDLER_FAILED" // a handler threw or rejected
  | "OVERFLOW" // a listener queue that may not coalesce is full; an output or a line above its limit
  | "STORE_FAILED" // a change could not be written to the store
  | "STORE_FULL" // shared memory has no room for what a store holds
  | "COMMAND_FAILED" // a command in a container ended with an unexpected exit code
  | "APPLY_FAILED" // objects of a manifest were refused; the error has a report of all
  | "RECONCILE_FAILED" // a reconciler threw, hung past its limit, or returned what it may not
  | "SOURCE_FAILED" // a predicate, a mapper or an iterable that wakes a controller threw
  | "LEADERSHIP_LOST" // no longer the leader, or not sure of it: nothing may be written
  | "OWNED_BY_ANOTHER" // another controller owns the object, or another use its lease
  | "UNKNOWN_KIND" // the server serves no such kind
  | "UNSUPPORTED"; // not offered: by this library, by the transport, or by the server

const brand = Symbol.for("kube-reflex.KubeError");

/** The options every {@link KubeError} takes. */
export interface KubeErrorOptions {
  readonly cause?: unknown;
}

/**
 * The one error class of this library: a message, a stable `code`, a `cause`.
 *
 * The message names the step, the object and the remedy; it never holds
 * credentials or object contents. Match on `code`, not on the text.
 */
export class KubeError extends Error {
  readonly code: KubeErrorCode;

  constructor(code: KubeErrorCode, message: string, options?: KubeErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  override get name(): string {
    return "KubeError";
  }

  /** Tell whether a value is a `KubeError`, also one made by another copy of this package. */
  static is(value: unknown): value is KubeError {
    return typeof value === "object" && value !== null && brand in value;
  }

  /** Wrap any thrown value, keeping a `KubeError` as it is. */
  static from(value: unknown, code: KubeErrorCode, message: string): KubeError {
    return toKubeError(value, code, message);
  }
}

// Outside of the class: where its body names itself, bundlers rename it, and uncaught errors print so.
function toKubeError(value: unknown, code: KubeErrorCode, message: string): KubeError {
  if (KubeError.is(value)) return value;
  // An object may have no text at all, and this must not throw: it is called where errors are repaired.
  const isObject = typeof value === "object" && value !== null;
  const detail = value instanceof Error ? value.message : isObject ? "an object was thrown" : String(value);
  return new KubeError(code, `${message}: ${detail}`, { cause: value });
}
