import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { maskForeignText } from "../base/mask-credentials.ts";
import { isStatus, type Status, statusError } from "../resource/status.ts";
import { type FailedCall, statusRemedy, unknownKindRemedy } from "../resource/status-remedy.ts";
import { failureMessage, reasonWords } from "../resource/status-words.ts";
import type { TransportResponse } from "../transport/port.ts";
import { retryAfterMs } from "../transport/retry-after.ts";
import type { ApiCall } from "./api-call.ts";
import { addressFrom } from "./call-body.ts";
import { answerKind, isMetadata } from "./representation.ts";

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

/** Read a whole answer; throws `BAD_RESPONSE` for one above the limit, before more of it is held. */
export async function readWhole(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  step: string,
): Promise<Buffer> {
  const bytes = await readBytes(body, maxBytes);
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new KubeError(
    "BAD_RESPONSE",
    `${step}: the answer is larger than ${maxBytes} bytes (\`maxAnswerBytes\`); read it as a stream or in pages`,
  );
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
  // Whoever refuses a credential may repeat it: nothing of a 401 is quoted.
  const isQuotable = head.status !== 401;
  if (/html/i.test(type) || /^<(!doctype|html)/i.test(text)) {
    const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]?.trim();
    return title === undefined || title === "" || !isQuotable
      ? "an HTML page, so a proxy answered"
      : `an HTML page titled \`${maskForeignText(title).slice(0, 200)}\`, so a proxy answered`;
  }
  if (type !== "" && !/^text\//i.test(type)) return `an answer of type ${type.slice(0, 100)}`;
  // Masked before it is cut: a credential cut in two would not be recognised.
  return isQuotable ? maskForeignText(text.slice(0, 4 * maxErrorText)).slice(0, maxErrorText) : "";
}

/** What an error needs to know of a call to say what would help. */
export function failedCall(call: ApiCall): FailedCall {
  return { ...call, namespace: addressFrom(call).namespace };
}

/** What a server says to paths outside of every group version it knows. */
const noSuchPath = /^404 page not found\s*$/;

/** The error that an unsuccessful answer stands for (H10, H20); reads its body. */
export async function answerError(
  response: TransportResponse,
  step: string,
  call?: ApiCall,
): Promise<ApiError> {
  // The status alone is worth reporting: a body that breaks off must not hide a 403.
  const bytes = await readBytes(response.body, maxErrorBytes).catch((error: unknown) => {
    if (KubeError.is(error) && (error.code === "ABORTED" || error.code === "TIMEOUT")) throw error;
    return Buffer.alloc(0);
  });
  const waitMs = retryAfterMs(response.headers);
  const value = tryJson(bytes);
  const failed = call && failedCall(call);
  if (isStatus(value)) {
    return statusError(value, {
      step,
      httpStatus: response.status,
      retryAfterMs: waitMs,
      call: failed,
    });
  }
  const { status } = response;
  const isNoSuchPath = status === 404 && noSuchPath.test(bytes.toString("utf8", 0, 64));
  const what = reasonWords(undefined, status);
  const text = isNoSuchPath ? "the server has no such path" : bodyText(response, bytes);
  const known: Status = { kind: "Status", message: text };
  const remedy = isNoSuchPath
    ? unknownKindRemedy(failed)
    : statusRemedy(known, status === 401 ? "Unauthorized" : "Unknown", failed, waitMs);
  return new ApiError(failureMessage({ step, what, text, status, remedy }), {
    status,
    reason: isNoSuchPath ? "NotFound" : "Unknown",
    retryAfterMs: waitMs,
  });
}

/** Decode a successful answer's whole body; throws `BAD_RESPONSE` for what is no object, the failure for a Status. */
export function decodeAnswer(
  head: AnswerHead,
  bytes: Buffer,
  step: string,
  call?: ApiCall,
): Record<string, unknown> {
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
    throw statusError(value, {
      step,
      httpStatus: head.status,
      retryAfterMs: retryAfterMs(head.headers),
      call: call && failedCall(call),
    });
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
  if (isMetadata(call) && kind === answerKind(call).kind) return;
  if (typeof kind !== "string" || kind === call.kind.kind || kind === "Status") return;
  const shown = typeof apiVersion === "string" ? `${kind} of ${apiVersion}` : kind;
  throw new KubeError("BAD_RESPONSE", `${step}: expected a ${call.kind.kind}, got a ${shown.slice(0, 200)}`);
}
