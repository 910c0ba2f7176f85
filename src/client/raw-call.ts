import { expectBoolean, expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { statusError } from "../resource/status.ts";
import type { TransportRequest, TransportResponse } from "../transport/port.ts";
import { type AnswerHead, isFailure, notJson } from "./answer.ts";
import type { Query } from "./api-call.ts";
import { encodeQuery } from "./call-query.ts";
import type { CallOptions } from "./deadline.ts";

/** What {@link Client.raw} takes besides the path. */
export interface RawOptions extends CallOptions {
  /** @default "GET" */
  readonly method?: TransportRequest["method"] | undefined;
  /** Added to the path's own query. */
  readonly query?: Query | undefined;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string | undefined;
  /** @default JSON, or else whatever the server has */
  readonly accept?: string | undefined;
  /** Other headers; they never show in errors. One for authorization replaces the cluster's own (H28). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Statuses that are handed over as 2xx are, instead of being thrown. @default [] */
  readonly okStatuses?: readonly number[] | undefined;
  /** `false`: sent once, whatever comes back. @default true */
  readonly retry?: boolean | undefined;
}

const methods: readonly unknown[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** Headers that belong to the connection or to the body's framing. */
const reserved: readonly string[] = ["connection", "content-length", "host", "transfer-encoding", "upgrade"];

/** Every form a text takes as it is decoded again and again: a server and its proxies may do so more than once. */
function decodings(text: string): string[] | undefined {
  const forms = [text];
  for (let last = text; last.includes("%"); ) {
    try {
      last = decodeURIComponent(last);
    } catch {
      // Only the first form must decode: `%25` alone stands for a percent sign.
      return forms.length > 1 ? forms : undefined;
    }
    forms.push(last);
  }
  return forms;
}

/**
 * Check a path that the caller wrote, with or without a query.
 *
 * Throws `INVALID_ARGUMENT` for what could reach another host or another path
 * than it says: no leading `/`, a leading `//`, segments `.` and `..` also where
 * they are escaped (twice, too), backslashes, a fragment, whitespace, control characters.
 */
export function checkPath(path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw invalidArgument("path", "text that begins with /", path);
  }
  const shown = path.split("?", 1)[0] ?? "";
  if (path.startsWith("//"))
    throw invalidArgument("path", "a path of this server, with one leading /", shown);
  if (!/^[\x21-\x7e]+$/.test(path) || /[\\#]/.test(path)) {
    throw invalidArgument("path", "escaped, without whitespace, `\\` or `#`", shown);
  }
  const forms = decodings(shown);
  if (forms === undefined) throw invalidArgument("path", "escaped as %XX", shown);
  if (forms.some((form) => form.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))) {
    throw invalidArgument("path", "without the segments `.` and `..`", shown);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (forms.some((form) => /[\u0000-\u001f\u007f]/.test(form))) {
    throw invalidArgument("path", "without control characters", shown);
  }
  return path;
}

/** A value that a header can have; it is not shown where it cannot, it may be a credential. */
function headerValue(name: string, value: unknown): string {
  if (typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new KubeError(
    "INVALID_ARGUMENT",
    `Expected the header \`${name}\` to be text without control characters`,
  );
}

function headersOf(options: RawOptions, hasBody: boolean, isStream: boolean): Record<string, string> {
  const { accept, contentType, headers = {} } = options;
  expectText("accept", accept);
  expectText("contentType", contentType);
  expectOptions("headers", headers);
  const all: Record<string, string> = {
    accept: headerValue("accept", accept ?? "application/json, */*"),
    "accept-encoding": isStream ? "identity" : "gzip",
    ...(hasBody ? { "content-type": headerValue("content-type", contentType ?? "application/json") } : {}),
  };
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(key) || reserved.includes(key)) {
      throw invalidArgument("headers", `headers without \`${name}\``, "it");
    }
    all[key] = headerValue(key, value);
  }
  return all;
}

function bodyOf(step: string, body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return body;
  try {
    const text: unknown = JSON.stringify(body);
    if (typeof text === "string") return text;
  } catch {
    // Said below: the engine's words for a cycle quote the object's fields.
  }
  throw new KubeError("INVALID_ARGUMENT", `${step}: the body cannot be written as JSON`);
}

/** A raw call as it is sent. */
export interface RawRequest {
  readonly request: TransportRequest;
  readonly step: string;
  readonly okStatuses: readonly number[] | undefined;
}

/** Check a raw call and write it as a request; `step` is method and path, without the query. */
export function rawRequest(path: string, options: RawOptions, isStream: boolean): RawRequest {
  expectOptions("options", options);
  const { method = "GET", query = {}, okStatuses, retry } = options;
  expectBoolean("retry", retry);
  if (!methods.includes(method)) throw invalidArgument("method", methods.join(", "), method);
  const checked = checkPath(path);
  const step = `${method} ${checked.split("?", 1)[0]}`;
  const body = bodyOf(step, options.body);
  if (body !== undefined && method === "GET") throw invalidArgument("body", "absent in a GET", "one");
  const added = encodeQuery(query);
  const full = checked.includes("?") ? checked + added.replace("?", "&") : checked + added;
  const headers = headersOf(options, body !== undefined, isStream);
  return { step, okStatuses, request: { method, path: full, headers, body, isStream, retry } };
}

/**
 * A whole answer to a raw call, of whatever type.
 *
 * Headers and content are behind accessors, so that a logged answer shows neither.
 */
export class RawAnswer {
  /** The HTTP status: 2xx, or one of `okStatuses`. */
  readonly status: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bytes: Buffer;
  readonly #step: string;

  constructor(head: AnswerHead, bytes: Buffer, step: string) {
    this.status = head.status;
    this.#headers = head.headers;
    this.#bytes = bytes;
    this.#step = step;
  }

  /** Names in lower case; repeated headers joined by ", ". */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** The content, decompressed. */
  bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The content as UTF-8. */
  text(): string {
    return this.#bytes.toString("utf8");
  }

  /** The JSON that was answered; throws `BAD_RESPONSE` for what is none, `ApiError` for a Status that failed (H19). */
  json(): unknown {
    const head = { status: this.status, headers: this.#headers };
    let value: unknown;
    try {
      value = JSON.parse(this.text());
    } catch {
      throw new KubeError("BAD_RESPONSE", `${this.#step}: ${notJson(head, this.#bytes)}`);
    }
    if (isFailure(value)) throw statusError(value, { step: this.#step, httpStatus: this.status });
    return value;
  }
}

/** An answer to a raw call, its bytes still to be read; leaving the loop closes the connection. */
export type RawStream = Pick<TransportResponse, "status" | "headers" | "body">;
