import type { Server, ServerResponse } from "node:http";
import { expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Answer } from "./check.ts";

/** Where to listen. */
export interface ListenOptions {
  /** 0: a free one, which `address` then tells. */
  readonly port: number;
  /**
   * Probes and scrapes come to the pod's address, so every interface is the default;
   * `127.0.0.1` keeps others out.
   * @default every interface, IPv6 and IPv4
   */
  readonly host?: string | undefined;
}

/** Where a server listens. */
export interface ListenAddress {
  /** As the socket has it: `::` means every interface. */
  readonly host: string;
  readonly port: number;
}

/** How long a client may take to send its request: a few lines. */
const requestLimitMs = 10_000;

/** Throw `INVALID_ARGUMENT` for where nothing can listen. */
export function expectListenOptions(name: string, { port, host }: Partial<ListenOptions>): void {
  const isPort = typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 0xffff;
  if (!isPort) throw invalidArgument(`${name}.port`, "a whole number from 0 to 65535", port);
  expectText(`${name}.host`, host);
}

function taken(step: string, { host, port }: ListenOptions, error: unknown): KubeError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const where = `${host ?? "every interface"}, port ${port}`;
  const remedy =
    code === "EADDRINUSE"
      ? "another process listens there; stop it or choose another port"
      : `it fails with ${code}`;
  return new KubeError("CONNECTION_FAILED", `${step}: listen on ${where}: ${remedy}`, { cause: error });
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(body);
}

/** A small HTTP server without request bodies: probes and metrics. */
export class HttpEndpoint {
  readonly address: ListenAddress;
  readonly #server: Server;

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server;
    this.address = address;
  }

  /** Listen; rejects with `CONNECTION_FAILED` where the address is taken or not this machine's. */
  static async listen(
    step: string,
    options: ListenOptions,
    answer: (method: string, target: string) => Promise<Answer>,
  ): Promise<HttpEndpoint> {
    // Loaded when it is needed: most programs of this library serve nothing.
    const { createServer } = await import("node:http");
    const limits = {
      headersTimeout: requestLimitMs,
      requestTimeout: requestLimitMs,
      connectionsCheckingInterval: 5000,
    };
    const server = createServer(limits, (request, response) => {
      // What a client sends beside its headers is never kept.
      request.resume();
      // Of a client that goes while it is answered there is nothing to tell.
      response.on("error", () => {});
      answer(request.method ?? "", request.url ?? "").then(
        (answered) => send(response, answered),
        () => response.destroy(),
      );
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("listening", resolve);
    server.once("error", reject);
    const { port, host } = options;
    server.listen(host === undefined ? { port } : { port, host });
    try {
      await promise;
    } catch (error) {
      throw taken(step, options, error);
    }
    server.removeListener("error", reject);
    // A connection that cannot be accepted, for want of file descriptors say, is its client's trouble.
    server.on("error", () => {});
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new KubeError("CONNECTION_FAILED", `${step}: the socket was closed again`);
    }
    return new HttpEndpoint(server, { host: address.address, port: address.port });
  }

  /** Stop listening and close every connection, idle ones too; resolves when none is left. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}
