import { once } from "node:events";
import { createServer, Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { connectProxy } from "./connect-proxy.ts";
import { certificate, configFor, get, serve, serveTls, textOf } from "./local-server.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("connections", () => {
  it("ask by TCP keep-alive after 30 s whether the server is there, directly and through a proxy (H25)", async () => {
    const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    await using proxy = await connectProxy();
    const tls = { ca: cert, serverName: "localhost" };
    for (const proxyUrl of [undefined, proxy.url]) {
      keepAlive.mockClear();
      await using transport = createUndiciTransport(configFor(server.url, { tls, proxyUrl }));
      await textOf(await transport(get()));
      expect(keepAlive.mock.calls.length).toBeGreaterThanOrEqual(1);
      for (const call of keepAlive.mock.calls) expect(call).toEqual([true, 30_000]);
    }
  });

  it("are closed after 88 s idle, before the API server does it at 90 s (H25)", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using server = await serve((_request, response) => {
      response.removeHeader("keep-alive");
      response.end("ok");
    });
    server.server.keepAliveTimeout = 0;
    await using transport = createUndiciTransport(configFor(server.url));
    await textOf(await transport(get()));
    await new Promise((resolve) => setImmediate(resolve));
    const [socket] = server.sockets;
    await vi.advanceTimersByTimeAsync(86_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket?.closed).toBe(false);
    const closed = once(socket ?? process, "close");
    await vi.advanceTimersByTimeAsync(3000);
    await closed;
  });

  it("that the server closed earlier are not used for the next request, a write included (H25)", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using transport = createUndiciTransport(configFor(`http://127.0.0.1:${port}`));
    for (let round = 1; round <= 10; round += 1) {
      const post = get("/", { method: "POST", body: "{}" });
      expect(await textOf(await transport(post))).toBe("ok");
      expect(connections).toBe(round);
    }
    server.close();
  });
});
