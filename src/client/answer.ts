import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isStatus, type Status, statusError } from "../resource/status.ts";
import type { TransportResponse } from "../transport/port.ts";
import { retryAfterMs } from "../transport/retry-after.ts";
import type { ApiCall } from "./api-call.ts";

/** The answer's status and headers, without its body. */
export type AnswerHead = Pick<TransportResponse, "status" | "headers">;

/** Characters of a text body that an error may carry (H20). */
const maxErrorText = 2048;
/** Bytes of a failure's body that are read; no Status is larger. */
const maxErrorBytes = 1024 * 1024;

/** Tell whether an answer's status says that the call succeeded. */
export function isSuccess(head: AnswerHead): boolean {
  return head.status >= 200 && head.status < 300;
}

/** A Status that reports a failure, whatever the HTTP status says (H19). */
export function isFailure(value: unknown): value is Status {
  if (!isStatus(value) || value.status === "Success") return false;
  const version = value.apiVersion ?? "v1";
  return version === "v1" || version.startsWith("meta.k8s.io/");
}

/** Read a body to its end, or to `maxBytes`, which frees the connection. */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks, length);
}

function tryJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** What may be told of a body that is no Status: a text's beginning, a page's title, nothing of other JSON. */
function bodyText(head: AnswerHead, bytes: Buffer): string {
  const type = head.headers["content-type"] ?? "";
  if (bytes.length === 0) return "an empty answer";
  const text = bytes.toString("utf8").trim();
  if (/html/i.test(type) || /^<(!doctype|html)/i.test(text)) {
    const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]?.trim();
    return title === undefined || title === ""
      ? "an HTML page, so a proxy answered"
      : `an HTML page titled \`${title.slice(0, 200)}\`, so a proxy answered`;
  }
  if (type === "" || /^text\//i.test(type)) return text.slice(0, maxErrorText);
  return `an answer of type ${type.slice(0, 100)}`;
}

/** The error that an unsuccessful answer stands for (H10, H20); reads its body. */
export async function answerError(response: TransportResponse, step: string): Promise<ApiError> {
  // The status alone is worth reporting: a body that breaks off must not hide a 403.
  const bytes = await readBytes(response.body, maxErrorBytes).catch((error: unknown) => {
    if (KubeError.is(error) && (error.code === "ABORTED" || error.code === "TIMEOUT")) throw error;
    return Buffer.alloc(0);
  });
  const waitMs = retryAfterMs(response.headers);
  const value = tryJson(bytes);
  if (isStatus(value)) {
    return statusError(value, { step, httpStatus: response.status, retryAfterMs: waitMs });
  }
  return new ApiError(`${step}: ${response.status} Unknown: ${bodyText(response, bytes)}`, {
    status: response.status,
    reason: "Unknown",
    retryAfterMs: waitMs,
  });
}

/** Decode a successful answer's whole body; throws `BAD_RESPONSE` for what is no object, the failure for a Status. */
export function decodeAnswer(head: AnswerHead, bytes: Buffer, step: string): Record<string, unknown> {
  if (bytes.length === 0) {
    throw new KubeError("BAD_RESPONSE", `${step}: ${head.status} with an empty body, expected an object`);
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    // Not the parser's error as the cause: its message quotes the body, which may be a Secret.
    throw new KubeError("BAD_RESPONSE", `${step}: ${notJson(head, bytes)}`);
  }
  if (!isJsonObject(value)) {
    throw new KubeError("BAD_RESPONSE", `${step}: ${head.status} with JSON that is no object`);
  }
  if (isFailure(value)) {
    throw statusError(value, { step, httpStatus: head.status, retryAfterMs: retryAfterMs(head.headers) });
  }
  return value;
}

/** Say what a body is that should have been JSON. */
export function notJson(head: AnswerHead, bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4096)).toString("utf8");
  if (/^\s*[{[]/.test(text)) return `${head.status} with a body that is cut short or not JSON`;
  if (/^\s*</.test(text)) {
    return `${head.status} with a page instead of JSON; a proxy or a login page answered, check the server's URL`;
  }
  const type = head.headers["content-type"] ?? "none";
  return `${head.status} with a body that is not JSON (content type ${type.slice(0, 100)})`;
}

/**
 * Check that an answer, where it says its kind, is of the one asked for.
 *
 * A Table, or whatever a server in between answers, must not pass for an object.
 * A Status of success may stand for one, and subresources but `status` have
 * kinds of their own. Throws `BAD_RESPONSE`.
 */
export function expectAnswerOf(call: ApiCall, answer: Record<string, unknown>, step: string): void {
  const { verb, subresource } = call;
  const isCollection = verb === "deletecollection";
  if (isCollection || (subresource !== undefined && subresource !== "status")) return;
  const { kind, apiVersion } = answer;
  if (typeof kind !== "string" || kind === call.kind.kind || kind === "Status") return;
  const shown = typeof apiVersion === "string" ? `${kind} of ${apiVersion}` : kind;
  throw new KubeError("BAD_RESPONSE", `${step}: expected a ${call.kind.kind}, got a ${shown}`);
}
