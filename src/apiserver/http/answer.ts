import { ApiError } from "../../base/api-error.ts";
import type { TransportResponse } from "../../transport/port.ts";
import { ContinueExpiredError } from "../watch-cache/refusals.ts";
import { internalError, StatusError } from "./status-error.ts";

const encoder = new TextEncoder();

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.byteLength > 0) yield bytes;
}

/** An answer whose whole body is known. */
export function textAnswer(
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): TransportResponse {
  const bytes = encoder.encode(text);
  return {
    status,
    headers: {
      "cache-control": "no-cache, private",
      "content-type": contentType,
      "content-length": String(bytes.byteLength),
      ...headers,
    },
    body: once(bytes),
  };
}

/** An answer that is one JSON value, and the value itself. */
export interface JsonAnswer extends TransportResponse {
  readonly value: unknown;
}

/** An answer that is one JSON value, on a line as kube-apiserver writes it. */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): JsonAnswer {
  return { ...textAnswer(status, "application/json", `${JSON.stringify(value)}\n`, headers), value };
}

/** What kube-apiserver answers where something was done and there is nothing to show. */
export function successAnswer(status: number): JsonAnswer {
  const value = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: status };
  return jsonAnswer(status, value);
}

/** A JSON answer that is made while it is read, for lists too long for one string. */
export function streamedAnswer(body: AsyncIterable<Uint8Array>): TransportResponse {
  const headers = { "cache-control": "no-cache, private", "content-type": "application/json" };
  return { status: 200, headers, body };
}

/** What kube-apiserver answers for a path it has never heard of. */
export function unknownPath(): TransportResponse {
  return textAnswer(404, "text/plain; charset=utf-8", "404 page not found\n", {
    "x-content-type-options": "nosniff",
  });
}

function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (ApiError.is(error)) {
    return new StatusError(error.status, error.reason, error.message, error.details);
  }
  return internalError(error instanceof Error ? error.message : String(error));
}

/** The answer for what a verb threw: its Status, with Retry-After where the Status names a wait. */
export function failureAnswer(error: unknown): TransportResponse {
  const { status } = statusOf(error);
  const seconds = status.details?.retryAfterSeconds;
  const metadata = error instanceof ContinueExpiredError ? { continue: error.continue } : {};
  const headers = seconds === undefined ? {} : { "retry-after": String(seconds) };
  return jsonAnswer(status.code, { ...status, metadata }, headers);
}
