import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { KubeErrorCode } from "../../src/base/errors.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { PodAddress } from "../../src/streams/pod-address.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { Pod } from "../client/in-memory.ts";
import { certificate, configFor, serve, serveTls } from "../transport/local-server.ts";

export const web0: PodAddress = { kind: Pod, namespace: "shop", name: "web-0" };
export const success: string = JSON.stringify({ metadata: {}, status: "Success" });

export function exitedWith(code: number): string {
  return JSON.stringify({
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  });
}

/** The server's end of a conversation in channels, by `ws`. */
export class Peer {
  readonly socket: WebSocket;
  readonly connection: Duplex;
  readonly url: URL;
  readonly #received: Buffer[] = [];
  #waiting: (() => void) | undefined;

  constructor(socket: WebSocket, connection: Duplex, url: URL) {
    this.socket = socket;
    this.connection = connection;
    this.url = url;
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      this.#received.push(data);
      this.#waiting?.();
    });
  }

  /** Send on a channel; resolves once it has left. */
  send(channel: number, payload: string | Uint8Array = ""): Promise<void> {
    const message = Buffer.concat([Buffer.of(channel), Buffer.from(payload)]);
    return new Promise((resolve, reject) => {
      this.socket.send(message, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next message: channel and payload. */
  async next(): Promise<{ channel: number; payload: Buffer }> {
    while (this.#received.length === 0) await new Promise<void>((resolve) => (this.#waiting = resolve));
    const message = this.#received.shift() ?? Buffer.alloc(0);
    return { channel: message[0] ?? -1, payload: message.subarray(1) };
  }

  /** Everything on stdin, to its end by v5. */
  async stdin(): Promise<string> {
    const chunks: Buffer[] = [];
    for (;;) {
      const { channel, payload } = await this.next();
      if (channel === 255) return Buffer.concat(chunks).toString();
      if (channel === 0) chunks.push(payload);
    }
  }

  /** Resolves to the close code that the client ended with. */
  async closed(): Promise<number> {
    if (this.socket.readyState === this.socket.CLOSED) return this.#code;
    const [code] = await once(this.socket, "close");
    return Number(code);
  }

  #code = 0;
  watchClose(): void {
    this.socket.on("close", (code) => (this.#code = code));
  }
}

export type Script = (peer: Peer) => unknown;

export interface PodOptions {
  /** What the server speaks. @default both */
  readonly speaks?: readonly string[];
  /** Lines sent in place of the upgrade. */
  readonly refuse?: { readonly status: number; readonly body?: string; readonly type?: string };
}

export interface ScriptedPod extends AsyncDisposable {
  readonly transport: Transport;
  readonly requests: TransportRequest[];
  readonly peers: Peer[];
}

function socketServer(options: PodOptions): WebSocketServer {
  const { speaks = ["v5.channel.k8s.io", "v4.channel.k8s.io"] } = options;
  return new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered].find((protocol) => speaks.includes(protocol)) ?? false,
  });
}

export const ways = ["in memory", "http", "https"] as const;
export type Way = (typeof ways)[number];

/** A pod that plays a script for each conversation, reached in memory or over the undici transport. */
export async function scriptedPod(way: Way, script: Script, options: PodOptions = {}): Promise<ScriptedPod> {
  const requests: TransportRequest[] = [];
  const peers: Peer[] = [];
  const sockets = socketServer(options);
  const accept = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    sockets.handleUpgrade(request, connection, head, (socket) => {
      const peer = new Peer(socket, connection, new URL(request.url ?? "/", "http://pod"));
      peer.watchClose();
      peers.push(peer);
      Promise.resolve(script(peer)).catch((error: unknown) => {
        // What it says to a client that has left is lost; anything else is the test's own mistake.
        if (socket.readyState === socket.OPEN) throw error;
      });
    });
  };
  const recorded =
    (next: Transport): Transport =>
    (request) => {
      requests.push(request);
      return next(request);
    };
  if (way === "in memory") {
    return {
      transport: recorded(inMemory(accept, options)),
      requests,
      peers,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const tls = way === "https" ? await certificate() : undefined;
  const server = await (tls === undefined ? serve(() => {}) : serveTls(tls, () => {}));
  server.server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on("error", () => {});
    if (options.refuse === undefined) accept(request, connection, head);
    else connection.end(refusalText(options.refuse));
  });
  const transport = createUndiciTransport(
    configFor(server.url, tls === undefined ? {} : { tls: { ca: tls.cert, serverName: "localhost" } }),
  );
  return {
    transport: recorded(transport),
    requests,
    peers,
    async [Symbol.asyncDispose]() {
      await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function refusalText({ status, body = "", type }: NonNullable<PodOptions["refuse"]>): string {
  const typeLine = type === undefined ? "" : `content-type: ${type}\r\n`;
  return `HTTP/1.1 ${status} No\r\n${typeLine}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  if (text !== "") yield Buffer.from(text);
}

/** A transport without sockets: the client gets one end of a pair, the script the other. */
function inMemory(
  accept: (request: IncomingMessage, connection: Duplex, head: Buffer) => void,
  options: PodOptions,
): Transport {
  return async (request): Promise<TransportResponse> => {
    if (request.signal?.aborted) throw new KubeError("ABORTED", "in memory: aborted");
    const { refuse } = options;
    if (refuse !== undefined) {
      const headers = refuse.type === undefined ? {} : { "content-type": refuse.type };
      return { status: refuse.status, headers, body: bytesOf(refuse.body ?? "") };
    }
    const [client, server] = duplexPair();
    // ws ends its side in steps that a pair of streams follows, and uses no more of a socket than these.
    Object.assign(server, { setTimeout: () => {}, setNoDelay: () => {} });
    const incoming = new IncomingMessage(new Socket());
    incoming.method = "GET";
    incoming.url = request.path;
    incoming.headers = { ...request.headers, connection: "upgrade", upgrade: "websocket" };
    accept(incoming, server, Buffer.alloc(0));
    let head = Buffer.alloc(0);
    while (!head.includes("\r\n\r\n")) {
      const chunk: unknown = client.read();
      if (Buffer.isBuffer(chunk)) head = Buffer.concat([head, chunk]);
      else await once(client, "readable");
    }
    const end = head.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = head.toString("latin1", 0, end).split("\r\n");
    if (head.length > end + 4) client.unshift(head.subarray(end + 4));
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    return { status: Number(statusLine.split(" ")[1]), headers, body: bytesOf(""), socket: client };
  };
}

/** What a promise rejects with; fails where it does not. */
export async function failure(promise: Promise<unknown>): Promise<KubeError> {
  try {
    await promise;
  } catch (error) {
    if (KubeError.is(error)) return error;
    throw error;
  }
  throw new Error("expected a rejection");
}

export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export type { KubeErrorCode };
