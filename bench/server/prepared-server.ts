/**
 * An API server of prepared bytes in a process of its own, so that its work is nobody's: over plain HTTP, TLS and HTTP/2.
 *
 * Prints one line of JSON once it listens: see `ServerAddress`. The control address
 * is plain HTTP: `/go?events=N` sends events on every open watch, `/sockets` says
 * how many connections there have been.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { createAuthority } from "../../test/cluster/certificates.ts";
import { kinds } from "./objects.ts";
import { PreparedEvents } from "./prepared-events.ts";
import { PreparedList } from "./prepared-list.ts";
import type { ServerAddress, ServerSpec } from "./server-process.ts";

const spec: ServerSpec = JSON.parse(process.argv[2] ?? "{}");
const kind = kinds[spec.kind];
if (kind === undefined) throw new Error(`there are no prepared ${spec.kind}`);
const prepared = spec.prepare ?? ["list", "stream", "events"];
const list = new PreparedList(kind, spec.objects);
const events = new PreparedEvents(list);
/** Each with events of its own, because they are written over while they are sent. */
const watches = new Map<ServerResponse, PreparedEvents>();
const sockets = { total: 0, open: 0, most: 0 };

async function send(to: ServerResponse, parts: Iterable<Buffer>): Promise<void> {
  for (const part of parts) if (!to.write(part)) await once(to, "drain");
}

async function watch(url: URL, response: ServerResponse, isEmpty: boolean): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  if (url.searchParams.get("sendInitialEvents") === "true") await send(response, list.stream(isEmpty));
  const own = watches.size === 0 ? events : new PreparedEvents(list);
  if (prepared.includes("events")) own.prepare();
  watches.set(response, own);
  response.once("close", () => watches.delete(response));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Collections of one namespace are empty: they are there to be many. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://server");
  const [, , , first, namespace, plural = first, name] = url.pathname.split("/");
  const query = url.searchParams;
  if (url.pathname === "/version")
    return json(response, 200, { major: "1", minor: "36", gitVersion: "v1.36.3" });
  if (name !== undefined) {
    const body = Buffer.from(`{"kind":"${kind?.kind}","apiVersion":"v1",${kind?.body(0, list.version)}`);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    return void response.end(body);
  }
  if (plural !== kind?.plural) {
    const message = "the server could not find the requested resource";
    return json(response, 404, { kind: "Status", apiVersion: "v1", status: "Failure", message, code: 404 });
  }
  const isEmpty = namespace !== undefined;
  if (["1", "true"].includes(query.get("watch") ?? "")) return watch(url, response, isEmpty);
  response.writeHead(200, { "content-type": "application/json" });
  await send(response, list.list(Number(query.get("limit")), Number(query.get("continue")), isEmpty));
  response.end();
}

const listener: RequestListener = (request, response) => {
  answer(request, response).catch(() => response.destroy());
};

/** Whoever asks for events has a watch open, or will have in a moment. */
async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://control");
  const of = (name: string): number => Number(url.searchParams.get(name));
  if (url.pathname === "/sockets") {
    if (url.searchParams.has("reset")) Object.assign(sockets, { total: 0, most: sockets.open });
    return json(response, 200, { ...sockets, watches: watches.size });
  }
  if (url.pathname !== "/go") return json(response, 404, {});
  while (watches.size < Math.max(1, of("watches"))) await new Promise((resolve) => setTimeout(resolve, 1));
  json(response, 200, {});
  for (const [each, source] of watches) {
    const perSecond = of("perSecond");
    const sent =
      perSecond > 0 ? source.sendPaced(each, of("events"), perSecond) : source.sendAll(each, of("events"));
    sent.catch(() => {});
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function counted<S extends Server>(server: S): S {
  server.on("connection", (socket) => {
    sockets.total++;
    sockets.most = Math.max(sockets.most, ++sockets.open);
    socket.once("close", () => sockets.open--);
  });
  return server;
}

const authority = await createAuthority();
const { cert, key } = await authority.serving();
const plain = await listening(counted(createServer(listener)));
const tls = await listening(counted(createTlsServer({ cert, key }, listener)));
const both = createSecureServer({ cert, key, allowHTTP1: true }, listener as never);
const http2 = await listening(counted(both));
const controlPort = await listening(
  createServer((request, response) => void control(request, response).catch(() => response.destroy())),
);
if (prepared.includes("list")) for (const _ of list.list(0, 0));
if (prepared.includes("stream")) for (const _ of list.stream());
const address: ServerAddress = {
  plain: `http://127.0.0.1:${plain}`,
  tls: `https://127.0.0.1:${tls}`,
  http2: `https://127.0.0.1:${http2}`,
  control: `http://127.0.0.1:${controlPort}`,
  ca: authority.cert,
  eventBytes: prepared.includes("events") ? events.eventBytes : 0,
};
process.stdin.once("end", () => process.exit()).resume();
console.log(JSON.stringify(address));
