import { abortError, onAbort } from "../base/abort.ts";
import { ByteStream } from "../base/byte-stream.ts";
import { KubeError } from "../base/errors.ts";
import type { CallClock, Transport, TransportRequest, TransportResponse } from "../transport/port.ts";
import { type CrossingError, packError, unpackError } from "../workers/crossing-error.ts";
import type { FromThread, ToThread } from "../workers/messages.ts";

/** Above this the other side is not told to go on. */
const highWaterBytes = 128 * 1024;

/** Which reconcile sends, and what its client says of the request that it is about to send. */
export interface Sender {
  readonly reconcile: number;
  /** The call in words, where `beforeSend` asks whether it may be sent. */
  asked: string | undefined;
}

/** One request whose answer is not read to its end. */
interface OpenRequest {
  readonly head: PromiseWithResolvers<TransportResponse>;
  readonly body: ByteStream;
  readonly clock: CallClock | undefined;
  readonly stopListening: () => void;
  /** Bytes that were taken in, and that the other side does not know of yet. */
  owedBytes: number;
}

/** Requests of this thread, sent by the main thread's cluster: a transport over a message port. */
export class PortTransport {
  readonly #post: (message: FromThread) => void;
  readonly #open = new Map<number, OpenRequest>();
  #requests = 0;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /** The transport of one reconcile. */
  of(sender: Sender): Transport {
    return async (request) => this.#send(sender, request);
  }

  /** Take what the main thread says of a request. */
  on(message: Extract<ToThread, { readonly request: number }>): void {
    const { request } = message;
    const open = this.#open.get(request);
    if (open === undefined) return;
    switch (message.type) {
      case "head":
        open.head.resolve({ status: message.status, headers: message.headers, body: open.body });
        break;
      case "chunk":
        open.owedBytes += message.bytes.byteLength;
        if (open.body.push(message.bytes)) this.#credit(request, open);
        break;
      case "end":
        this.#ended(request, open, message.error);
        break;
      case "clock":
        if (message.isPaused) open.clock?.pause();
        else open.clock?.resume();
        break;
    }
  }

  #send(sender: Sender, sent: TransportRequest): Promise<TransportResponse> {
    const { method, path, headers, repeatedHeaders, body, isStream, retry, signal, clock } = sent;
    const step = `${method} ${path.split("?", 1)[0]}`;
    if (sent.upgrade !== undefined) {
      const why = "a connection of its own cannot be had in a worker thread; reconcile without workers()";
      throw new KubeError("UNSUPPORTED", `${step}: ${why}`);
    }
    if (signal?.aborted === true) throw abortError(signal, step);
    sender.asked = undefined;
    sent.beforeSend?.();
    const request = this.#requests++;
    const head = Promise.withResolvers<TransportResponse>();
    const stream = new ByteStream(
      {
        // The other side sends no more than it was told it may.
        pause: () => {},
        resume: () => this.#credit(request, open),
        cancel: () => this.#leave(request, undefined),
      },
      highWaterBytes,
    );
    const stopListening = onAbort(signal, () => {
      if (signal === undefined) return;
      const error = abortError(signal, step);
      this.#leave(request, error);
      head.reject(error);
      stream.abort(error);
    });
    const open: OpenRequest = { head, body: stream, clock, stopListening, owedBytes: 0 };
    this.#open.set(request, open);
    this.#post({
      type: "request",
      request,
      reconcile: sender.reconcile,
      method,
      path,
      headers,
      repeatedHeaders,
      body,
      isStream,
      retry,
      writes: sender.asked,
      hasClock: clock !== undefined,
    });
    return head.promise;
  }

  #credit(request: number, open: OpenRequest): void {
    if (open.owedBytes === 0) return;
    this.#post({ type: "credit", request, bytes: open.owedBytes });
    open.owedBytes = 0;
  }

  #ended(request: number, open: OpenRequest, packed: CrossingError | undefined): void {
    this.#forget(request);
    if (packed === undefined) {
      open.body.end();
      return;
    }
    const error = KubeError.from(unpackError(packed), "CONNECTION_FAILED", "Send a request");
    open.head.reject(error);
    open.body.fail(error);
  }

  #leave(request: number, error: KubeError | undefined): void {
    if (!this.#open.has(request)) return;
    this.#forget(request);
    this.#post({ type: "leave", request, ...(error === undefined ? {} : { error: packError(error) }) });
  }

  #forget(request: number): void {
    this.#open.get(request)?.stopListening();
    this.#open.delete(request);
  }
}
