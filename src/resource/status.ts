import { ApiError, type StatusCause, type StatusDetails } from "../base/api-error.ts";
import { isJsonObject } from "../base/json-object.ts";
import { maskCredentials, maskForeignText } from "../base/mask-credentials.ts";
import { deniedAccess } from "./access-review.ts";
import { type FailedCall, statusRemedy } from "./status-remedy.ts";
import { failureMessage, reasonWords } from "./status-words.ts";

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
  /** The step and the object, such as `list pods in namespace "shop"`. */
  readonly step: string;
  /** The HTTP status, where the Status has no code. */
  readonly httpStatus?: number;
  /** From a Retry-After header; the Status' own `retryAfterSeconds` is the fallback. */
  readonly retryAfterMs?: number | undefined;
  /** What was asked for, so that the error can say what would help. */
  readonly call?: FailedCall | undefined;
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

/** Validation and decoding quote what they refuse: that of a Secret must reach no log. */
function withoutValues(message: string): string {
  return (
    message
      // Server-side apply prints Go's values, of a number that lacks its quotes too.
      .replace(/\b(expected \w+, got) .*/gs, "$1 something else")
      .replace(/,? error found in #\d+ byte of \.\.\.\|.*/gs, "")
      .replace(
        /\b(Invalid|Unsupported|Duplicate|Forbidden|Too long|Too many)( value)?: (?:"(?:[^"\\]|\\.)*"|`[^`]*`)/g,
        "$1$2",
      )
      .replace(/\b(Invalid|Unsupported|Duplicate) value: .*/gs, "$1 value")
      .replace(/\bsupported values: .*/gs, "supported values")
      .replace(/\([0-9a-f]{8,}\b[^)]*\)/gi, "")
  );
}

function isOfSecret(
  status: Status,
  details: StatusDetails | undefined,
  call: FailedCall | undefined,
): boolean {
  if (call !== undefined && call.kind.kind === "Secret" && call.kind.group === "") return true;
  const kind = details?.kind;
  if ((kind === "Secret" || kind === "secrets") && (details?.group ?? "") === "") return true;
  return /\bSecret\b/.test(text(status.message) ?? "");
}

/** The details with what their causes must not tell taken out. */
function cleanDetails(
  details: StatusDetails | undefined,
  clean: (message: string) => string,
): StatusDetails | undefined {
  if (details?.causes === undefined) return details;
  const causes = details.causes.map((cause): StatusCause => {
    const message = text(cause.message);
    return message === undefined ? cause : { ...cause, message: clean(message) };
  });
  return { ...details, causes };
}

/**
 * Make the error that a Status stands for, with its code, reason, details and Retry-After (H20, R30).
 *
 * Its message reads `STEP: WHAT: TEXT (CODE). REMEDY`; no credentials, and no
 * values of a Secret that the server quotes. Never throws, whatever the members
 * are: it is made where errors are repaired.
 */
export function statusError(status: Status, context: StatusErrorContext): ApiError {
  const { step, call } = context;
  const code = typeof status.code === "number" ? status.code : (context.httpStatus ?? 500);
  const checked = checkedDetails(status.details);
  const seconds = checked?.retryAfterSeconds;
  const retryAfterMs =
    context.retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined);
  const reason = text(status.reason) ?? "Unknown";
  const isSecret = isOfSecret(status, checked, call);
  const clean = (message: string): string => {
    const masked = code === 401 ? maskForeignText(message) : maskCredentials(message);
    return isSecret ? withoutValues(masked) : masked;
  };
  const details = cleanDetails(checked, clean);
  // Longer ones are cut in the end: what is never shown need not be searched for credentials.
  const said = text(status.message)?.slice(0, 8192);
  const denied = code === 403 && said !== undefined ? deniedAccess(said) : undefined;
  // "pods "a" is forbidden: exceeded quota" says twice what the message says before it.
  const plain = code === 403 ? said?.replace(/^\S+(?: "[^"]*")? is forbidden: /, "") : said;
  const known: Status = { kind: "Status", ...(said && { message: said }), ...(details && { details }) };
  const message = failureMessage({
    step,
    what: reasonWords(reason, code),
    text: clean(denied?.text ?? plain ?? ""),
    status: code,
    remedy: denied?.remedy ?? statusRemedy(known, reason, call, retryAfterMs),
  });
  return new ApiError(message, { status: code, reason, details, retryAfterMs });
}
