import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createPlainServer, request } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Cluster, type ConnectOptions } from "../../src/index.ts";
import { Pod } from "../../src/kinds/index.ts";
import { Authority, type Pair } from "./authority.ts";

/** One request as the API server sees it. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** The name in the client certificate that was shown and verified. */
  readonly certificate: string | undefined;
  /** The name that TLS asked for. */
  readonly serverName: string | undefined;
}

function seen(request: IncomingMessage): Seen {
  const { socket, url = "", headers } = request;
  const tls = socket instanceof TLSSocket ? socket : undefined;
  const subject = tls?.authorized ? tls.getPeerCertificate().subject : undefined;
  const serverName = typeof tls?.servername === "string" ? tls.servername : undefined;
  return {
    path: url,
    headers,
    certificate: subject === undefined ? undefined : String(subject.CN),
    serverName,
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** An API server with one pod, over TLS or without, that remembers what it was sent. */
export class ClusterServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly port: number;
  /** What is answered; 200 is the pod. */
  answer: (request: Seen) => number = () => 200;
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, port: number, scheme: string) {
    this.#server = server;
    this.port = port;
    this.#scheme = scheme;
  }

  /** With a certificate and the authority whose client certificates count; without: plain http. */
  static async start(pair?: Pair, clientAuthority?: string): Promise<ClusterServer> {
    const tls = { ...pair, ca: clientAuthority, requestCert: true, rejectUnauthorized: false };
    const server = pair === undefined ? createPlainServer() : createServer(tls);
    const started = new ClusterServer(server, await listen(server), pair === undefined ? "http" : "https");
    server.on("request", (request, response) => {
      const one = seen(request);
      started.seen.push(one);
      const status = started.answer(one);
      const metadata = { name: "web", namespace: "shop" };
      const body =
        status === 200
          ? { apiVersion: "v1", kind: "Pod", metadata }
          : {
              kind: "Status",
              status: "Failure",
              code: status,
              message: `refused ${one.headers.authorization?.split(" ")[1]}`,
            };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    return started;
  }

  /** One for `names`, and the authority that signed it. */
  static async trusted(
    names: readonly string[] = ["127.0.0.1"],
  ): Promise<{ server: ClusterServer; authority: Authority }> {
    const authority = await Authority.make();
    const server = await ClusterServer.start(await authority.issue("server", { names }), authority.cert);
    return { server, authority };
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await close(this.#server);
  }
}

/** A proxy that tunnels whatever is asked for to one port, and remembers who asked. */
export class TunnelProxy implements AsyncDisposable {
  readonly tunnels: { readonly to: string; readonly authorization: string | undefined }[] = [];
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(target: ClusterServer): Promise<TunnelProxy> {
    const server = createPlainServer();
    const proxy = new TunnelProxy(server, await listen(server));
    // What is not tunnelled has the whole URL in its first line.
    server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
      const url = new URL(String(incoming.url));
      proxy.tunnels.push({ to: url.host, authorization: incoming.headers["proxy-authorization"] });
      const { "proxy-authorization": _own, ...headers } = incoming.headers;
      const onward = { host: "127.0.0.1", port: target.port, path: url.pathname + url.search, headers };
      request(onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).end();
    });
    const sockets = new Set<Socket>();
    server.on("connect", (request: IncomingMessage, client: Socket) => {
      const authorization = request.headers["proxy-authorization"];
      proxy.tunnels.push({ to: String(request.url), authorization });
      const upstream = connect(target.port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
      client.on("close", () => upstream.destroy());
    });
    server.on("close", () => {
      for (const socket of sockets) socket.destroy();
    });
    return proxy;
  }

  url(credentials = ""): string {
    return `http://${credentials}127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await close(this.#server);
  }
}

/** Connect, get the one pod, and leave. */
export async function getPod(options: ConnectOptions): Promise<Pod> {
  await using cluster = await Cluster.connect(options);
  return await cluster.resources(Pod).inNamespace("shop").withName("web").get();
}
