import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";

/** What `listen` takes. */
export interface LocalListenOptions {
  /** @default "127.0.0.1": other machines can reach any other one */
  readonly host?: string | undefined;
  /** @default 0, a free one; `port` of the listener tells which */
  readonly port?: number | undefined;
  /** Told why a connection could not be made or broke; it must not throw. @default nobody is told */
  readonly onError?: ((error: KubeError) => void) | undefined;
}

/** How long a local client may take to hang up after the pod has. */
const lingerMs = 10_000;

/** Opens the connection that a local one is joined with. */
export type OpenConnection = (signal: AbortSignal) => Promise<Duplex>;

/**
 * A local address whose connections lead somewhere else.
 *
 * The one place of this room that opens a socket.
 */
export class LocalListener implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Resolves once nothing listens and no connection is left; never rejects. */
  readonly closed: Promise<void>;
  readonly #server: Server;
  readonly #step: string;
  readonly #open: OpenConnection;
  readonly #onError: ((error: KubeError) => void) | undefined;
  readonly #locals = new Map<Socket, AbortController>();
  #isClosing = false;

  /** @internal made by `listen` of a PortForward */
  constructor(
    server: Server,
    address: AddressInfo,
    options: LocalListenOptions,
    step: string,
    open: OpenConnection,
  ) {
    this.#server = server;
    this.host = address.address;
    this.port = address.port;
    this.#step = step;
    this.#open = open;
    this.#onError = options.onError;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    server.on("close", () => resolve());
    server.on("error", (error) => this.#report(error));
    server.on("connection", (local: Socket) => void this.#join(local));
  }

  /** Stop listening and end every connection; resolves once none is left. */
  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#server.close();
      const reason = new KubeError("STOPPED", `${this.#step}: the listener was closed`);
      for (const [local, left] of this.#locals) {
        left.abort(reason);
        local.destroy();
      }
    }
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #join(local: Socket): Promise<void> {
    const left = new AbortController();
    this.#locals.set(local, left);
    // Its close follows, and says enough.
    local.on("error", () => {});
    local.once("close", () => {
      this.#locals.delete(local);
      left.abort(new KubeError("ABORTED", `${this.#step}: the local connection was closed`));
    });
    try {
      const remote = await this.#open(left.signal);
      if (local.destroyed) {
        remote.destroy();
        return;
      }
      this.#connect(local, remote);
    } catch (error) {
      this.#failed(local, error);
    }
  }

  #connect(local: Socket, remote: Duplex): void {
    remote.once("error", (error) => this.#failed(local, error));
    remote.once("close", () => {
      if (!remote.readableEnded) local.destroy();
    });
    remote.once("end", () => {
      // Closing with bytes unread would reset the connection and could take back what was just sent.
      local.unpipe(remote);
      local.resume();
      local.setTimeout(lingerMs, () => local.destroy());
    });
    local.once("close", () => remote.destroy());
    local.pipe(remote);
    remote.pipe(local);
  }

  #failed(local: Socket, error: unknown): void {
    // A reset tells a local client that what it has is not all; a plain end would not.
    if (!local.destroyed) local.resetAndDestroy();
    // That a local client goes away is no failure of the way.
    if (this.#isClosing || !KubeError.is(error) || error.code === "ABORTED") return;
    this.#onError?.(error);
  }

  #report(error: Error): void {
    this.#onError?.(KubeError.from(error, "CONNECTION_FAILED", this.#step));
  }
}

/** Listen on a local address; rejects with `CONNECTION_FAILED` where it is taken or not this machine's. */
export async function openLocalListener(
  options: LocalListenOptions,
  step: string,
  open: OpenConnection,
): Promise<LocalListener> {
  const { host = "127.0.0.1", port = 0 } = options;
  expectText("host", host);
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw invalidArgument("port", "a whole number from 0 to 65535", port);
  }
  const { createServer } = await import("node:net");
  // Half-open: a client that has sent all of its request still waits for the answer.
  const server = createServer({ allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve);
  server.once("error", reject);
  server.listen({ host, port });
  try {
    await promise;
  } catch (error) {
    throw KubeError.from(error, "CONNECTION_FAILED", `${step}: listen on ${host}:${port}`);
  }
  server.removeListener("error", reject);
  const address = server.address();
  if (address === null || typeof address === "string") {
    server.close();
    throw new KubeError("CONNECTION_FAILED", `${step}: listen on ${host}:${port}: it was closed again`);
  }
  return new LocalListener(server, address, options, step, open);
}
