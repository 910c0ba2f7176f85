import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request over a real socket, and its answer, given by the test. */
export interface LoopbackExchange {
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
  readonly response: ServerResponse;
  /** Resolves when the connection is gone, by whomever. */
  readonly closed: Promise<void>;
}

/** A scripted HTTP server on loopback: real sockets, no behaviour of its own. */
export class Loopback implements AsyncDisposable {
  readonly exchanges: LoopbackExchange[] = [];
  /** The most watches that were ever open at one time. */
  mostWatches = 0;
  readonly #server: Server = createServer((request, response) => this.#arrive(request, response));
  readonly #untaken: LoopbackExchange[] = [];
  readonly #takers: ((exchange: LoopbackExchange) => void)[] = [];
  #openWatches = 0;

  static async start(): Promise<Loopback> {
    const loopback = new Loopback();
    await new Promise<void>((resolve) => loopback.#server.listen(0, "127.0.0.1", resolve));
    return loopback;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get openWatches(): number {
    return this.#openWatches;
  }

  /** The next request, in the order of arrival. */
  next(): Promise<LoopbackExchange> {
    const exchange = this.#untaken.shift();
    if (exchange !== undefined) return Promise.resolve(exchange);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #arrive(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? "", "http://loopback").searchParams;
    const isWatch = query.get("watch") === "true" || query.get("watch") === "1";
    const closed = new Promise<void>((resolve) => response.on("close", resolve));
    const exchange = { query, isWatch, response, closed };
    this.exchanges.push(exchange);
    if (isWatch) {
      this.#openWatches += 1;
      this.mostWatches = Math.max(this.mostWatches, this.#openWatches);
      response.on("close", () => {
        this.#openWatches -= 1;
      });
    }
    response.setHeader("content-type", "application/json");
    const take = this.#takers.shift();
    if (take === undefined) this.#untaken.push(exchange);
    else take(exchange);
  }
}
