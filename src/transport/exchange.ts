import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { abortError, onAbort } from "../base/abort.ts";
import { ByteStream } from "../base/byte-stream.ts";
import { KubeError } from "../base/errors.ts";
import { connectionError } from "./connection-error.ts";
import { decodedBody } from "./decompress.ts";
import type { TransportRequest, TransportResponse } from "./port.ts";

type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

function flatHeaders(headers: WireHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}

function emptyBody(): ByteStream {
  const body = new ByteStream({ pause: () => {}, resume: () => {}, cancel: () => {} });
  body.end();
  return body;
}

/**
 * One request and its answer, as undici's dispatch callbacks tell it.
 *
 * Chunks go straight into a {@link ByteStream}: undici's own Readable costs a
 * third of a watch's throughput. Reading slower than the server writes pauses
 * the socket. A granted upgrade is over when its socket is closed.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly response: Promise<TransportResponse>;
  readonly #server: string;
  readonly #asksUpgrade: boolean;
  readonly #resolve: (response: TransportResponse) => void;
  readonly #reject: (error: KubeError) => void;
  readonly #onOver: (exchange: Exchange) => void;
  #stopListening: () => void = () => {};
  #controller: Dispatcher.DispatchController | undefined;
  #body: ByteStream | undefined;
  #socket: Duplex | undefined;
  #ended: KubeError | "whole" | undefined;

  constructor(request: TransportRequest, server: string, onOver: (exchange: Exchange) => void) {
    const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#server = server;
    this.#asksUpgrade = request.upgrade !== undefined;
    this.#onOver = onOver;
    const { signal, method, path } = request;
    this.#stopListening = onAbort(signal, () => {
      if (signal !== undefined) this.abort(abortError(signal, `${method} ${path.split("?", 1)[0]}`));
    });
    if (this.#ended !== undefined) this.#stopListening();
  }

  /** Tell whether nothing more will come of it. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The connection, where it was upgraded. */
  get socket(): Duplex | undefined {
    return this.#socket;
  }

  /** End it now, whether it waits for a connection, for the answer, or is being read; what is not read is dropped. */
  abort(error: KubeError): void {
    if (this.#ended !== undefined) return;
    this.#end(error);
    this.#body?.abort(error);
    this.#disconnect(error);
  }

  /** End it now as if its connection had broken: what arrived can still be read. */
  fail(error: KubeError): void {
    if (this.#ended !== undefined) return;
    this.#end(error);
    this.#body?.fail(error);
    this.#disconnect(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for a connection.
    if (this.#ended !== undefined && this.#ended !== "whole") controller.abort(this.#ended);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    wire: WireHeaders,
    socket: Duplex,
  ): void {
    // Whatever happens before its reader listens must not end the process; behind a SOCKS proxy nobody else listens.
    socket.on("error", () => {});
    this.#socket = socket;
    if (this.#ended !== undefined) {
      socket.destroy();
      return;
    }
    socket.once("close", () => {
      if (this.#ended === undefined) this.#end("whole");
    });
    this.#resolve({ status, headers: flatHeaders(wire), body: emptyBody(), socket });
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, wire: WireHeaders): void {
    if (status === 101 && this.#asksUpgrade) {
      this.abort(new KubeError("BAD_RESPONSE", `${this.#server}: answered 101 without upgrading`));
      return;
    }
    // 1xx: the answer is still to come.
    if (status < 200 || this.#ended !== undefined) return;
    const body = new ByteStream({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      cancel: () => {
        const left = new KubeError("ABORTED", `${this.#server}: the reader left before the end`);
        this.#end(left);
        controller.abort(left);
      },
    });
    this.#body = body;
    const headers = flatHeaders(wire);
    try {
      const decoded = decodedBody(body, headers["content-encoding"], this.#server);
      if (decoded !== body) {
        delete headers["content-encoding"];
        delete headers["content-length"];
      }
      this.#resolve({ status, headers, body: decoded });
    } catch (error) {
      this.abort(connectionError(error, this.#server));
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#ended !== undefined) return;
    this.#end("whole");
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#ended !== undefined) return;
    const error = connectionError(cause, this.#server);
    this.#end(error);
    this.#body?.fail(error);
    this.#reject(error);
  }

  #disconnect(error: KubeError): void {
    this.#reject(error);
    if (this.#socket === undefined) this.#controller?.abort(error);
    else this.#socket.destroy(error);
  }

  #end(how: KubeError | "whole"): void {
    this.#ended = how;
    this.#stopListening();
    this.#onOver(this);
  }
}
