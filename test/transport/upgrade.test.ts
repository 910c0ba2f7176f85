import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Agent } from "undici";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { TransportRequest, TransportResponse } from "../../src/transport/port.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { connectProxy } from "./connect-proxy.ts";
import {
  certificate,
  configFor,
  failure,
  get,
  type LocalServer,
  serve,
  serveTls,
  textOf,
} from "./local-server.ts";

const exec = (extra: Partial<TransportRequest> = {}): TransportRequest => ({
  ...get("/exec", { isStream: true, upgrade: "websocket", ...extra }),
  headers: { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-protocol": "v5.channel.k8s.io" },
});

/** Grants every upgrade, sends `greeting` in the packet of the 101 itself, then echoes. */
function granting(server: Server, greeting = ""): { headers: Record<string, unknown>; sockets: Duplex[] } {
  const seen = { headers: {} as Record<string, unknown>, sockets: [] as Duplex[] };
  server.on("upgrade", (request, socket: Duplex) => {
    seen.headers = request.headers;
    seen.sockets.push(socket);
    socket.on("error", () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n${greeting}`,
    );
    socket.pipe(socket);
  });
  return seen;
}

function socketOf(response: TransportResponse): Duplex {
  if (response.socket === undefined) throw new Error(`no socket, but ${response.status}`);
  return response.socket;
}

async function read(socket: Duplex, bytes: number): Promise<string> {
  let text = "";
  while (text.length < bytes) {
    const chunk: unknown = socket.read();
    if (chunk === null) await once(socket, "readable");
    else text += String(chunk);
  }
  return text;
}

const ok: RequestListener = (_request, response) => {
  response.end("ok");
};

const ways = ["http", "https", "https through a proxy"] as const;

async function reached(way: (typeof ways)[number]) {
  const stack = new AsyncDisposableStack();
  if (way === "http") {
    const server = stack.use(await serve(ok));
    return { stack, server, config: configFor(server.url), tunnels: [] };
  }
  const { cert, key } = await certificate();
  const server: LocalServer = stack.use(await serveTls({ cert, key }, ok));
  const tls = { ca: cert, serverName: "localhost" };
  if (way === "https") return { stack, server, config: configFor(server.url, { tls }), tunnels: [] };
  const proxy = stack.use(await connectProxy());
  const config = configFor(server.url, { tls, proxyUrl: proxy.url });
  return { stack, server, config, tunnels: proxy.tunnels };
}

describe("an upgrade", () => {
  it.each(ways)(
    "that is granted over %s gives the socket, with the bytes that came with the 101",
    async (way) => {
      const { stack, server, config, tunnels } = await reached(way);
      await using _ = stack;
      const seen = granting(server.server, "early");
      await using transport = createUndiciTransport(config);
      const response = await transport(exec());
      expect(response.status).toBe(101);
      expect(response.headers["sec-websocket-protocol"]).toBe("v5.channel.k8s.io");
      expect(await textOf(response)).toBe("");
      const socket = socketOf(response);
      // Only now: what came early must have waited.
      await new Promise((resolve) => setImmediate(resolve));
      expect(await read(socket, 5)).toBe("early");
      socket.write("echo");
      expect(await read(socket, 4)).toBe("echo");
      expect(seen.headers).toMatchObject({
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-protocol": "v5.channel.k8s.io",
      });
      expect(tunnels).toHaveLength(way === "https through a proxy" ? 1 : 0);
      socket.destroy();
      await once(socket, "close");
    },
  );

  it("that is refused is an answer like any other, its body to be read", async () => {
    await using server = await serve((_request, response) => response.writeHead(403).end("forbidden"));
    await using transport = createUndiciTransport(configFor(server.url));
    for (let round = 0; round < 3; round += 1) {
      const response = await transport(exec());
      expect(response.status).toBe(403);
      expect(response.socket).toBeUndefined();
      expect(await textOf(response)).toBe("forbidden");
    }
    expect(await textOf(await transport(get("/", { isStream: true })))).toBe("forbidden");
  });

  it("that is answered 101 without one is BAD_RESPONSE, and one cut off before CONNECTION_FAILED", async () => {
    await using server = await serve(() => {});
    await using transport = createUndiciTransport(configFor(server.url));
    server.server.once("upgrade", (_request, socket: Duplex) => socket.end("HTTP/1.1 101 Hm\r\n\r\n"));
    expect(await failure(transport(exec()))).toMatchObject({ code: "BAD_RESPONSE" });
    server.server.once("upgrade", (_request, socket: Duplex) => socket.destroy());
    expect(await failure(transport(exec()))).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("ends with ABORTED when its signal aborts before the answer, and the server sees it", async () => {
    await using server = await serve(() => {});
    const asked = once(server.server, "upgrade");
    await using transport = createUndiciTransport(configFor(server.url));
    const controller = new AbortController();
    const pending = failure(transport(exec({ signal: controller.signal })));
    const [, socket] = await asked;
    controller.abort();
    expect(await pending).toMatchObject({ code: "ABORTED" });
    await once(socket.resume(), "end");
  });

  it("has its socket destroyed when its signal aborts later, and at close() with STOPPED", async () => {
    await using server = await serve(() => {});
    const seen = granting(server.server);
    const transport = createUndiciTransport(configFor(server.url));
    const controller = new AbortController();
    const first = socketOf(await transport(exec({ signal: controller.signal })));
    const firstError = once(first, "error");
    controller.abort(new KubeError("TIMEOUT", "long enough"));
    expect(await firstError).toMatchObject([{ code: "TIMEOUT" }]);
    expect(first.destroyed).toBe(true);

    const second = socketOf(await transport(exec()));
    // Nobody listens to this one's error: it must not end the process.
    const third = socketOf(await transport(exec()));
    const secondError = once(second, "error");
    await transport.close();
    expect(await secondError).toMatchObject([{ code: "STOPPED" }]);
    expect(third.closed).toBe(true);
    for (const socket of seen.sockets) if (!socket.closed) await once(socket, "close");
  });

  it("is closed when close() resolves, also on a dispatcher of the caller's", async () => {
    await using server = await serve(() => {});
    granting(server.server);
    const dispatcher = new Agent();
    const transport = createUndiciTransport(configFor(server.url), { dispatcher });
    let isClosed = false;
    socketOf(await transport(exec())).once("close", () => {
      isClosed = true;
    });
    await transport.close();
    expect(isClosed).toBe(true);
    await dispatcher.close();
  });

  it("leaves no listener on its signal once the socket is closed", async () => {
    await using server = await serve(() => {});
    granting(server.server);
    await using transport = createUndiciTransport(configFor(server.url));
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners += 1;
      addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      removeEventListener.apply(signal, given);
    };
    const socket = socketOf(await transport(exec({ signal })));
    expect(listeners).toBe(1);
    socket.end();
    socket.resume();
    await once(socket, "close");
    expect(listeners).toBe(0);
  });
});
