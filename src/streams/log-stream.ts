import { onAbort } from "../base/abort.ts";
import { expectDuration, expectSignal } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall } from "../client/api-call.ts";
import { buildRequest, describeCall } from "../client/call.ts";
import type { Client } from "../client/client.ts";
import { Deadline } from "../client/deadline.ts";
import { leavable } from "./leavable.ts";
import { LineSplitter } from "./line-splitter.ts";
import { type LogOptions, logQuery } from "./log-options.ts";
import type { PodAddress } from "./pod-address.ts";

/**
 * The log of a container, line by line, or whole as a text.
 *
 * Each iteration, and each `text()`, is a request of its own; none is sent
 * before. Leaving the loop closes the connection. A log that breaks off throws
 * `CONNECTION_FAILED`: only the server ends one in silence.
 */
export class LogStream implements AsyncIterable<string> {
  readonly #client: Pick<Client, "stream">;
  readonly #call: ApiCall;
  readonly #options: LogOptions;

  /** @internal made by {@link logs} */
  constructor(client: Pick<Client, "stream">, call: ApiCall, options: LogOptions) {
    this.#client = client;
    this.#call = call;
    this.#options = options;
  }

  /** The lines as they come, without their line feed; the last one may have had none. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string, void, void> {
    const left = new AbortController();
    return leavable(this.#lines(left), () => left.abort());
  }

  /** The bytes as they come: to store a log as it is, or to pipe it somewhere by `Readable.from`. */
  bytes(): AsyncIterableIterator<Uint8Array, void, void> {
    const left = new AbortController();
    return leavable(this.#bytes(left), () => left.abort());
  }

  /** The whole log as one text; with `follow`, once the container has ended. */
  async text(): Promise<string> {
    const { maxTextBytes = 256 * 1024 * 1024 } = this.#options;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.bytes()) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > maxTextBytes) {
        const step = describeCall(this.#call);
        throw new KubeError(
          "OVERFLOW",
          `${step}: the log is longer than ${maxTextBytes} bytes; raise \`maxTextBytes\`, ask for less by \`tailLines\`, or read it line by line`,
        );
      }
    }
    return Buffer.concat(chunks, length).toString("utf8");
  }

  async *#lines(left: AbortController): AsyncGenerator<string, void, void> {
    const { maxLineBytes = 16 * 1024 * 1024 } = this.#options;
    const splitter = new LineSplitter(maxLineBytes, describeCall(this.#call));
    for await (const chunk of this.#bytes(left)) yield* splitter.push(chunk);
    const last = splitter.finish();
    if (last !== undefined) yield last;
  }

  async *#bytes(left: AbortController): AsyncGenerator<Uint8Array, void, void> {
    const step = describeCall(this.#call);
    if (left.signal.aborted) return;
    const deadline = new Deadline(step, this.#options);
    let isLeft = true;
    const stop = onAbort(deadline.signal, () => {
      isLeft = false;
      left.abort(deadline.signal?.reason);
    });
    try {
      const response = await this.#client.stream(this.#call, { signal: left.signal });
      if (this.#options.follow === true) deadline.disarm();
      yield* response.body;
    } catch (error) {
      // The reader went away while it waited: that it was ended is what it wanted.
      if (left.signal.aborted && isLeft) return;
      throw deadline.explain(error, step);
    } finally {
      stop();
      deadline.release();
    }
  }
}

/**
 * Read the log of a pod's container; no request is sent before it is iterated.
 *
 * Options and address are checked at once: `INVALID_ARGUMENT`.
 */
export function logs(client: Pick<Client, "stream">, pod: PodAddress, options: LogOptions = {}): LogStream {
  const query = logQuery(options);
  expectSignal("signal", options.signal);
  expectDuration("timeoutMs", options.timeoutMs);
  const { kind, namespace, name } = pod;
  const call: ApiCall = {
    verb: "get",
    kind,
    namespace,
    name,
    subresource: "log",
    query,
    // Failures are JSON whatever is asked for.
    accept: "text/plain, */*",
    isStream: true,
  };
  buildRequest(call);
  return new LogStream(client, call, options);
}
