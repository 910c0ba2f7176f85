import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { KubeError } from "../../base/errors.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../transport/port.ts";
import { failureAnswer } from "./answer.ts";
import type { Certificate } from "./certificate.ts";
import { parseTarget, requestInfo } from "./request-info.ts";
import { methodNotAllowed, tooLarge } from "./status-error.ts";
import { WatchBody } from "./watch-body.ts";

/** How a {@link NodeServer} listens. */
export interface NodeServerOptions {
  /** @default 0, a free one */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** Serve HTTPS with this. */
  readonly tls?: Certificate | undefined;
  /** The largest request body that is read. */
  readonly maxBodyBytes: number;
}

const gzipFromBytes = 128 * 1024;
const methods: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

function isMethod(method: string): method is TransportRequest["method"] {
  return methods.has(method);
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !isRepeated(name))
      headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

/** Headers that may come several times, each with a value of its own: those of impersonation. */
function repeatedHeadersOf({ headersDistinct }: IncomingMessage): Record<string, readonly string[]> {
  const repeated: Record<string, readonly string[]> = {};
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (values !== undefined && isRepeated(name)) repeated[name] = values;
  }
  return repeated;
}

function isRepeated(name: string): boolean {
  return name === "impersonate-group" || name.startsWith("impersonate-extra-");
}

/** Read a body; undefined as soon as it is above the limit. */
async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.byteLength;
    if (length > limitBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function acceptsGzip(header: string | undefined): boolean {
  return (header ?? "").split(",").some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}

/** Make one connection of two; how either ends is how the other does. */
function join(socket: Duplex, other: Duplex): void {
  other.on("error", () => socket.destroy());
  other.once("close", () => (other.readableEnded ? socket.end() : socket.destroy()));
  socket.once("close", () => other.destroy());
  socket.pipe(other).pipe(socket);
}

/** Resolves when the socket takes more, or is gone. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(response, "drain", { signal }).catch(() => {});
}

/**
 * HTTP or HTTPS on loopback in front of a transport.
 *
 * Bodies are sent as they come, and not read further while the client does not
 * take them: a watch that falls behind is ended by its own bounded queue. A
 * client that goes frees its watch at once.
 */
export class NodeServer {
  readonly #handle: Transport;
  readonly #options: NodeServerOptions;
  readonly #server: Server;
  /** Connections that were upgraded: no longer the HTTP server's to close. */
  readonly #upgraded = new Set<Duplex>();

  private constructor(handle: Transport, options: NodeServerOptions) {
    this.#handle = handle;
    this.#options = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ key: tls.key, cert: tls.cert }, listener);
    this.#server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head).catch(() => socket.destroy());
    });
    // Broken handshakes and requests concern their connection only.
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** Listen; rejects with `CONNECTION_FAILED` when the port is taken. */
  static async listen(handle: Transport, options: NodeServerOptions): Promise<NodeServer> {
    const server = new NodeServer(handle, options);
    server.#server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
    try {
      await once(server.#server, "listening");
    } catch (error) {
      throw KubeError.from(error, "CONNECTION_FAILED", "Listen for requests");
    }
    return server;
  }

  /** Where it listens: `http://127.0.0.1:PORT`. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const host = this.#options.host ?? "127.0.0.1";
    return `${this.#options.tls === undefined ? "http" : "https"}://${host}:${port}`;
  }

  /** Stop listening and close every connection; resolves when all are gone. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new AbortController();
    response.once("close", () =>
      closed.abort(new KubeError("ABORTED", "Answer a request: the client closed the connection")),
    );
    // A client that goes while it is written to is told by "close".
    response.on("error", () => {});
    const answer = await this.#answer(request, closed.signal);
    if (closed.signal.aborted) return;
    await this.#send(request, response, answer, closed.signal);
  }

  /** Hand a connection over, or answer as to any request and close it. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#upgraded.add(socket);
    const closed = new AbortController();
    socket.once("close", () => {
      this.#upgraded.delete(socket);
      closed.abort(new KubeError("ABORTED", "Answer a request: the client closed the connection"));
    });
    socket.on("error", () => {});
    const answer = await this.#answer(request, closed.signal);
    if (closed.signal.aborted) {
      answer.socket?.destroy();
      return;
    }
    if (answer.socket !== undefined) {
      if (head.byteLength > 0) socket.unshift(head);
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
      join(socket, answer.socket);
      return;
    }
    if (!(socket instanceof Socket)) throw new KubeError("UNSUPPORTED", "Answer a request: not a socket");
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => socket.end());
    await this.#send(request, response, answer, closed.signal);
  }

  async #answer(request: IncomingMessage, signal: AbortSignal): Promise<TransportResponse> {
    const method = request.method ?? "";
    if (!isMethod(method)) return failureAnswer(methodNotAllowed());
    const isUpgrade = request.headers.upgrade?.toLowerCase() === "websocket";
    const body = await readBody(request, this.#options.maxBodyBytes);
    if (body === undefined) {
      const refusal = failureAnswer(tooLarge(this.#options.maxBodyBytes));
      // What is left of the body is not read: nothing may follow on this connection.
      return { ...refusal, headers: { ...refusal.headers, connection: "close" } };
    }
    const path = request.url ?? "/";
    const target = parseTarget(path);
    const isStream = target !== undefined && requestInfo(method, target)?.verb === "watch";
    return this.#handle({
      method,
      path,
      headers: headersOf(request),
      repeatedHeaders: repeatedHeadersOf(request),
      body,
      isStream,
      ...(isUpgrade ? { upgrade: "websocket" as const } : {}),
      signal,
    });
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    { status, headers, body }: TransportResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const length = headers["content-length"];
    const isWatch = body instanceof WatchBody;
    const hasBody = status !== 204 && status !== 304;
    const isLarge = hasBody && !isWatch && (length === undefined || Number(length) >= gzipFromBytes);
    if (isLarge && acceptsGzip(request.headers["accept-encoding"]?.toString())) {
      await sendCompressed(response, status, headers, body);
      return;
    }
    response.writeHead(status, headers);
    // The client of a watch waits for the headers, not for the first event.
    if (isWatch) response.flushHeaders();
    if (isWatch) {
      body.onCut((error) => {
        if (error === undefined) response.end();
        else response.destroy();
      });
    }
    for await (const chunk of body) {
      if (signal.aborted) return;
      if (!response.write(chunk)) await drained(response, signal);
    }
    response.end();
  }
}

async function sendCompressed(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { "content-length": _, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-encoding": "gzip", vary: "Accept-Encoding" });
  await pipeline(body, createGzip({ level: 1 }), response);
}
