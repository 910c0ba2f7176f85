import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { generate } from "selfsigned";
import type { ClusterConfig } from "../../src/config/cluster-config.ts";
import type { TransportRequest, TransportResponse } from "../../src/transport/port.ts";

/** A server on loopback that counts its connections and leaves nothing behind. */
export interface LocalServer<S extends NetServer = Server> extends AsyncDisposable {
  readonly url: string;
  readonly server: S;
  readonly sockets: ReadonlySet<Socket>;
  connections: number;
}

export async function listening<S extends NetServer>(server: S, scheme: string): Promise<LocalServer<S>> {
  const sockets = new Set<Socket>();
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const local: LocalServer<S> = {
    url: `${scheme}://127.0.0.1:${port}`,
    server,
    sockets,
    connections: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  server.on(scheme === "https" ? "secureConnection" : "connection", (socket: Socket) => {
    local.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return local;
}

export function serve(handler: RequestListener): Promise<LocalServer> {
  return listening(createServer(handler), "http");
}

/** A certificate authority's certificate and key, for `name`. */
export async function certificate(
  name = "localhost",
  validity: { notBeforeDate?: Date; notAfterDate?: Date } = {},
): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    ...validity,
    keySize: 2048,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
  });
  return { cert, key };
}

export function serveTls(
  tls: {
    cert: string;
    key: string;
    ca?: string | string[];
    requestCert?: boolean;
    rejectUnauthorized?: boolean;
  },
  handler: RequestListener,
): Promise<LocalServer> {
  return listening(createTlsServer({ rejectUnauthorized: false, ...tls }, handler), "https");
}

export function configFor(server: string, extra: Partial<ClusterConfig> = {}): ClusterConfig {
  return { server, tls: {}, credentials: { type: "none" }, namespace: "default", origin: "test", ...extra };
}

export function get(path = "/", extra: Partial<TransportRequest> = {}): TransportRequest {
  return { method: "GET", path, headers: {}, isStream: false, ...extra };
}

export async function textOf(response: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** What a promise rejects with; fails where it does not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}
