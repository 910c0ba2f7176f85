import { onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { ReconcileScope } from "../controller/cluster-port.ts";
import type { CallClock, Transport, TransportRequest } from "../transport/port.ts";
import { packError, unpackError } from "./crossing-error.ts";
import type { RequestMessage, ToThread } from "./messages.ts";

/** How many bytes of an answer may be on their way to a thread that has not read them. */
export const windowBytes: number = 256 * 1024;

/** One request that a thread waits for. */
interface OpenRequest {
  readonly abort: AbortController;
  /** How many bytes may still be sent; negative where the last chunk was larger. */
  creditBytes: number;
  onCredit: (() => void) | undefined;
}

/**
 * Sends one thread's requests through this thread's cluster, and what is answered back to it.
 *
 * So connections, credentials, retries and the limit of requests are shared. A
 * body goes on only as fast as the thread reads it.
 */
export class RequestRelay {
  readonly #send: Transport;
  readonly #post: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void;
  readonly #open = new Map<number, OpenRequest>();

  constructor(send: Transport, post: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void) {
    this.#send = send;
    this.#post = post;
  }

  /** How many have not been answered to their end. */
  get open(): number {
    return this.#open.size;
  }

  /** Send a request of a reconcile, whose scope says when it ends and whether it may write; never rejects. */
  async begin(message: RequestMessage, scope: ReconcileScope | undefined): Promise<void> {
    const { request } = message;
    const open: OpenRequest = {
      abort: new AbortController(),
      creditBytes: windowBytes,
      onCredit: undefined,
    };
    this.#open.set(request, open);
    try {
      const response = await this.#sent(message, scope, open);
      this.#tell(open, { type: "head", request, status: response.status, headers: response.headers });
      for await (const chunk of response.body) {
        // Its own memory: that of a chunk may be shared with others.
        const bytes = new Uint8Array(chunk);
        if (!this.#tell(open, { type: "chunk", request, bytes }, [bytes.buffer])) break;
        open.creditBytes -= bytes.byteLength;
        if (open.creditBytes <= 0) await this.#untilCredit(open);
      }
      this.#tell(open, { type: "end", request });
    } catch (error) {
      this.#tell(open, { type: "end", request, error: packError(error) });
    } finally {
      this.#open.delete(request);
    }
  }

  /** The thread does not want the rest. */
  leave(request: number, reason: unknown): void {
    this.#open.get(request)?.abort.abort(reason);
  }

  credit(request: number, bytes: number): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    open.creditBytes += bytes;
    if (open.creditBytes > 0) open.onCredit?.();
  }

  /** End all of them: the thread is no more. */
  close(): void {
    const reason = new KubeError("ABORTED", "The thread that sent this request has ended");
    for (const { abort } of this.#open.values()) abort.abort(reason);
  }

  #sent(
    message: RequestMessage,
    scope: ReconcileScope | undefined,
    { abort }: OpenRequest,
  ): ReturnType<Transport> {
    const { type: _type, request: _request, reconcile: _reconcile, writes, hasClock, ...sent } = message;
    if (scope === undefined) {
      const step = `${sent.method} ${sent.path.split("?", 1)[0]}`;
      const why = "the reconcile that it is a part of has ended; a reconciler awaits what it begins";
      throw new KubeError("ABORTED", `${step}: ${why}`);
    }
    const beforeSend = writes === undefined ? undefined : () => scope.beforeWrite(writes);
    // A transport by itself asks nobody.
    beforeSend?.();
    const request: TransportRequest = {
      ...sent,
      signal: AbortSignal.any([scope.signal, abort.signal]),
      ...(beforeSend === undefined ? {} : { beforeSend }),
      ...(hasClock ? { clock: this.#clock(message.request) } : {}),
    };
    return this.#send(request);
  }

  #clock(request: number): CallClock {
    return {
      pause: () => this.#post({ type: "clock", request, isPaused: true }),
      resume: () => this.#post({ type: "clock", request, isPaused: false }),
    };
  }

  /** Tell the thread, unless it has left; returns whether it has not. */
  #tell({ abort }: OpenRequest, message: ToThread, transfer?: readonly ArrayBuffer[]): boolean {
    if (abort.signal.aborted) return false;
    this.#post(message, transfer);
    return true;
  }

  async #untilCredit(open: OpenRequest): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    open.onCredit = resolve;
    const stopListening = onAbort(open.abort.signal, resolve);
    await promise;
    stopListening();
    open.onCredit = undefined;
  }
}

/** Why a thread left a request, as it says. */
export function leaveReason(error: Parameters<typeof unpackError>[0] | undefined): unknown {
  return error === undefined ? new KubeError("ABORTED", "The reader left") : unpackError(error);
}
