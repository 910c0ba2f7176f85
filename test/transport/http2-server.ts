import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type Settings,
} from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { type LocalServer, listening } from "./local-server.ts";

/** A server that speaks HTTP/2, and HTTP/1.1 to who does not; `sessions` are its open HTTP/2 connections. */
export interface Http2Server extends LocalServer<Http2SecureServer> {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

export async function serveHttp2(
  tls: { cert: string; key: string; settings?: Settings },
  handler: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<Http2Server> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    // A client that leaves in the middle is no error of the server's.
    response.stream?.on("error", () => {});
    handler(request, response);
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => {});
  return Object.assign(await listening(server, "https"), { sessions });
}

/** A TCP proxy whose connections can be made to carry nothing more, without being closed. */
export interface Wire extends AsyncDisposable {
  readonly port: number;
  readonly clients: ReadonlySet<Socket>;
  /** From now on nothing gets through, either way, on the connections that are open. */
  freeze(): void;
}

export async function wireTo(port: number): Promise<Wire> {
  const clients = new Set<Socket>();
  const ends: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const end of [client, upstream]) end.on("error", () => {});
    client.on("close", () => {
      clients.delete(client);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
    client.pipe(upstream).pipe(client);
    clients.add(client);
    ends.push(client, upstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    clients,
    freeze() {
      for (const end of ends) end.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
