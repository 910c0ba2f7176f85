import { KubeError } from "../base/errors.ts";
import type { TransportResponse } from "./port.ts";
import { Redaction, secretsOf } from "./redaction.ts";

/** What is read of a failing answer; error messages are far smaller. */
const maxBytes = 1024 * 1024;

/**
 * A failing answer's body without the secrets: read whole when it is first asked for, at most 1 MiB of it.
 *
 * Leaving it works at any time, as with what it wraps.
 */
class RedactedBody implements AsyncIterable<Uint8Array> {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #redaction: Redaction;

  constructor(body: AsyncIterable<Uint8Array>, redaction: Redaction) {
    this.#body = body;
    this.#redaction = redaction;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined, void> {
    const inner = this.#body[Symbol.asyncIterator]();
    let isRead = false;
    let error: unknown;
    const read = async (): Promise<Uint8Array> => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      try {
        while (length < maxBytes) {
          const { done, value } = await inner.next();
          if (done) return this.#redaction.bytes(chunks, true);
          chunks.push(value.subarray(0, maxBytes - length));
          length += value.byteLength;
        }
        await inner.return?.();
      } catch (broken) {
        error = broken;
      }
      return this.#redaction.bytes(chunks, false);
    };
    return {
      next: async () => {
        const chunk = isRead ? undefined : await read();
        if (!isRead && chunk !== undefined && chunk.byteLength > 0) {
          isRead = true;
          return { done: false, value: chunk };
        }
        isRead = true;
        const thrown = error;
        error = undefined;
        if (thrown !== undefined) throw thrown;
        return { done: true, value: undefined };
      },
      return: async () => {
        isRead = true;
        error = undefined;
        await inner.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}

function redactionFor(authorization: string | undefined): Redaction | undefined {
  const secrets = authorization === undefined ? [] : secretsOf(authorization);
  return secrets.length === 0 ? undefined : new Redaction(secrets);
}

/**
 * Take the credential that was sent out of a failing answer.
 *
 * Servers and proxies repeat it when they complain of it, as plain text, in a
 * Status or on a page; from there it would get into errors and logs.
 */
export function redactedAnswer(
  response: TransportResponse,
  authorization: string | undefined,
): TransportResponse {
  if (response.status < 300) return response;
  const redaction = redactionFor(authorization);
  if (redaction === undefined) return response;
  return {
    ...response,
    headers: redaction.headers(response.headers),
    body: new RedactedBody(response.body, redaction),
  };
}

function mentions(error: unknown, redaction: Redaction): boolean {
  if (!(error instanceof Error)) return false;
  return redaction.text(error.message) !== error.message || mentions(error.cause, redaction);
}

/** The same for an error: mocks quote the headers of a request that they did not expect. */
export function redactedError(error: unknown, authorization: string | undefined): unknown {
  const redaction = redactionFor(authorization);
  if (redaction === undefined || !KubeError.is(error) || !mentions(error, redaction)) return error;
  return new KubeError(error.code, redaction.text(error.message));
}
