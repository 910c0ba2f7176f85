/** The reasons of Kubernetes' own, which are read as words; whatever else a server says stays as it is. */
const reasons: ReadonlySet<string> = new Set([
  "AlreadyExists",
  "BadRequest",
  "Conflict",
  "Expired",
  "Forbidden",
  "Gone",
  "InternalError",
  "Invalid",
  "MethodNotAllowed",
  "NotAcceptable",
  "NotFound",
  "RequestEntityTooLarge",
  "ServerTimeout",
  "ServiceUnavailable",
  "StoreReadError",
  "Timeout",
  "TooManyRequests",
  "Unauthorized",
  "UnsupportedMediaType",
]);

/** What a status means where nobody gave a reason. */
const meanings: Readonly<Record<number, string>> = {
  400: "bad request",
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  405: "method not allowed",
  406: "not acceptable",
  407: "the proxy wants credentials",
  408: "timeout",
  409: "conflict",
  410: "gone",
  413: "request entity too large",
  415: "unsupported media type",
  422: "invalid",
  429: "too many requests",
  500: "internal error",
  501: "not implemented",
  502: "bad gateway",
  503: "service unavailable",
  504: "gateway timeout",
};

/** Say a failure's reason in words: "not found", "already exists"; where there is none, what its status means. */
export function reasonWords(reason: string | undefined, status: number): string {
  if (reason === undefined || reason === "Unknown") {
    return meanings[status] ?? (status >= 300 && status < 400 ? "redirected" : "failed");
  }
  if (!reasons.has(reason)) return reason;
  return reason.replace(/(?<=.)[A-Z]/g, " $&").toLowerCase();
}

/** What an error about a failed call says. */
export interface FailureWords {
  /** The call in words, such as `list pods in namespace "shop"`. */
  readonly step: string;
  /** The failure in a word or two, such as "not found". */
  readonly what: string;
  /** What the server says of it. */
  readonly text?: string | undefined;
  readonly status: number;
  /** What can be done about it, as a sentence. */
  readonly remedy?: string | undefined;
}

/** Characters of a server's text that an error carries (H20). */
const maxText = 2048;

/** Write an error's message: `STEP: WHAT: TEXT (CODE). REMEDY`. */
export function failureMessage({ step, what, text = "", status, remedy }: FailureWords): string {
  // Raw control characters would let a server write lines of its own into logs.
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ")
    .trim()
    .slice(0, maxText)
    .replace(/\.$/, "");
  const told = line === "" || line.toLowerCase() === what.toLowerCase() ? "" : `: ${line}`;
  return `${step}: ${what}${told} (${status})${remedy === undefined ? "" : `. ${remedy}`}`;
}
