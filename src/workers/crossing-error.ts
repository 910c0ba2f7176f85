import { ApiError, type StatusCause, type StatusDetails } from "../base/api-error.ts";
import { KubeError, type KubeErrorCode } from "../base/errors.ts";
import { readableError } from "../base/readable-error.ts";
import { TerminalError } from "../controller/reconcile.ts";

/** How long a chain of causes may be. */
const deepestCause = 16;

/** Of an `AggregateError` with more, the rest is left behind. */
const mostErrors = 20;

/**
 * An error on its way between two threads: what `structuredClone` would lose, and nothing that it would drag along.
 *
 * Own members beside these stay behind: one of them may be an object, which may
 * be a Secret.
 */
export interface CrossingError {
  readonly kind: "kube" | "api" | "terminal" | "error" | "value";
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** A `KubeError`'s, or Node's. */
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly details?: StatusDetails | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: CrossingError | undefined;
  readonly errors?: readonly CrossingError[] | undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A Status' details without what no server of Kubernetes puts there. */
function detailsOf(details: StatusDetails | undefined): StatusDetails | undefined {
  if (details === undefined) return undefined;
  const { name, group, kind, uid, causes, retryAfterSeconds } = details;
  const texts = Object.entries({ name, group, kind, uid }).filter(([, value]) => typeof value === "string");
  return {
    ...Object.fromEntries(texts),
    ...(Array.isArray(causes) ? { causes: causes.map(causeOf) } : {}),
    ...(typeof retryAfterSeconds === "number" ? { retryAfterSeconds } : {}),
  };
}

function causeOf({ reason, message, field }: StatusCause): StatusCause {
  const texts = Object.entries({ reason, message, field }).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts);
}

/** Take from whatever was thrown what may cross; never throws. */
export function packError(thrown: unknown): CrossingError {
  return pack(readableError(thrown), 0);
}

function pack(thrown: unknown, depth: number): CrossingError {
  if (!(thrown instanceof Error) && !KubeError.is(thrown)) {
    // An object may hold anything; a text is what the user meant to say.
    const message = typeof thrown === "object" && thrown !== null ? "an object was thrown" : String(thrown);
    return { kind: "value", name: typeof thrown, message };
  }
  const { name, message, stack, cause } = thrown;
  const common = {
    name: String(name),
    message: String(message),
    stack: textOf(stack),
    code: textOf(Reflect.get(thrown, "code")),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: pack(cause, depth + 1) }),
  };
  if (ApiError.is(thrown)) {
    const { status, reason, details, retryAfterMs } = thrown;
    return {
      kind: "api",
      ...common,
      status: numberOf(status),
      reason: textOf(reason),
      details: detailsOf(details),
      retryAfterMs: numberOf(retryAfterMs),
    };
  }
  if (KubeError.is(thrown)) return { kind: "kube", ...common };
  if (thrown instanceof TerminalError || name === "TerminalError") return { kind: "terminal", ...common };
  if (!(thrown instanceof AggregateError)) return { kind: "error", ...common };
  const errors = thrown.errors
    .slice(0, mostErrors)
    .map((one: unknown) => pack(readableError(one), depth + 1));
  return { kind: "error", ...common, errors };
}

function made(packed: CrossingError): unknown {
  const { kind, message, cause, code } = packed;
  const options = cause === undefined ? {} : { cause: unpackError(cause) };
  if (kind === "api") {
    const { status = 500, reason = "Unknown", details, retryAfterMs } = packed;
    return new ApiError(message, { status, reason, details, retryAfterMs, ...options });
  }
  // Its code is one of another copy of this library, at worst.
  if (kind === "kube") return new KubeError(code as KubeErrorCode, message, options);
  if (kind === "terminal") return new TerminalError(message, options);
  if (packed.errors !== undefined)
    return new AggregateError(packed.errors.map(unpackError), message, options);
  return new Error(message, options);
}

/** Make an error again that was thrown in another thread: of the same class where it is one of this library's. */
export function unpackError(packed: CrossingError): unknown {
  const { kind, name, message, stack, code } = packed;
  if (kind === "value") return message;
  const error = made(packed);
  if (!(error instanceof Error)) return error;
  const hidden = { configurable: true, writable: true };
  if (kind === "error") {
    if (error.name !== name) Object.defineProperty(error, "name", { value: name, ...hidden });
    if (code !== undefined)
      Object.defineProperty(error, "code", { value: code, ...hidden, enumerable: true });
  }
  // Where it was thrown, not where it was made again.
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, ...hidden });
  return error;
}
