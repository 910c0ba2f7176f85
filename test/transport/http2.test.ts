import { once } from "node:events";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ClusterConfig } from "../../src/config/cluster-config.ts";
import { isBrokenConnection } from "../../src/transport/connection-error.ts";
import { type ClosableTransport, createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { type Http2Server, serveHttp2, wireTo } from "./http2-server.ts";
import { certificate, configFor, failure, get, serve, serveTls, textOf } from "./local-server.ts";

let pair: { cert: string; key: string };

beforeAll(async () => {
  pair = await certificate();
});
afterEach(() => {
  vi.useRealTimers();
});

function overHttp2(server: { readonly url: string }, extra: Partial<ClusterConfig> = {}): ClosableTransport {
  const tls = { ca: pair.cert, serverName: "localhost" };
  return createUndiciTransport(configFor(server.url, { tls, ...extra }), { http2: true });
}

/** Begins a stream at `/watch` and says which protocol was spoken; answers anything else with it. */
function protocols(request: Http2ServerRequest, response: Http2ServerResponse): void {
  if (request.url === "/watch") response.writeHead(200).write(request.httpVersion);
  else response.end(request.httpVersion);
}

/** Begin a stream; its reader, after the first chunk. */
async function opened(
  transport: ClosableTransport,
  signal?: AbortSignal,
): Promise<AsyncIterator<Uint8Array>> {
  const response = await transport(get("/watch", { isStream: true, signal }));
  const reader = response.body[Symbol.asyncIterator]();
  await reader.next();
  return reader;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe("over HTTP/2", () => {
  it("1,000 requests at once and 20 streams take two connections (P27)", async () => {
    await using server = await serveHttp2({ ...pair, settings: { maxConcurrentStreams: 100 } }, protocols);
    await using transport = overHttp2(server);
    await Promise.all(times(20, () => opened(transport)));
    const answers = await Promise.all(times(1000, async () => textOf(await transport(get()))));
    expect(new Set(answers)).toEqual(new Set(["2.0"]));
    expect(server.connections).toBe(2);
  });

  it("is not used unless it is asked for: a stream has a connection of its own (P27)", async () => {
    await using server = await serveHttp2(pair, protocols);
    const config = configFor(server.url, { tls: { ca: pair.cert, serverName: "localhost" } });
    await using transport = createUndiciTransport(config);
    await Promise.all(times(3, () => opened(transport)));
    expect(await textOf(await transport(get()))).toBe("1.1");
    expect(server.connections).toBe(4);
  });

  it("more streams than the server allows on one connection begin a further one; requests wait for none of them (P27)", async () => {
    await using server = await serveHttp2({ ...pair, settings: { maxConcurrentStreams: 2 } }, protocols);
    await using transport = overHttp2(server);
    await Promise.all(times(5, () => opened(transport)));
    expect(server.connections).toBe(3);
    const answers = await Promise.all(times(20, async () => textOf(await transport(get()))));
    expect(answers).toHaveLength(20);
    expect(server.connections).toBe(4);
  });

  it("a stream that nobody reads holds up neither the others on its connection nor itself later", async () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    const chunks = 512;
    await using server = await serveHttp2(pair, (_request, response) => {
      let left = chunks;
      const write = (): void => {
        while (left > 0) {
          left -= 1;
          if (!response.write(chunk)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      response.writeHead(200);
      write();
    });
    await using transport = overHttp2(server);
    const open = async () => (await transport(get("/watch", { isStream: true }))).body;
    const unread = await open();
    const read = async (body: AsyncIterable<Uint8Array>): Promise<number> => {
      let bytes = 0;
      for await (const part of body) bytes += part.byteLength;
      return bytes;
    };
    expect(await read(await open())).toBe(chunks * chunk.length);
    expect(server.connections).toBe(1);
    expect(await read(unread)).toBe(chunks * chunk.length);
  });

  it("a stream that is left or aborted ends alone", async () => {
    const closed: string[] = [];
    const ended = Promise.withResolvers<void>();
    const streams: Http2ServerResponse[] = [];
    await using server = await serveHttp2(pair, (_request, response) => {
      const name = String(streams.length);
      streams.push(response);
      response.once("close", () => {
        closed.push(name);
        if (closed.length === 2) ended.resolve();
      });
      response.writeHead(200).write("first");
    });
    await using transport = overHttp2(server);
    const aborting = new AbortController();
    const left = await opened(transport);
    const aborted = await opened(transport, aborting.signal);
    const kept = await opened(transport);
    await left.return?.();
    const reading = failure(aborted.next());
    aborting.abort();
    expect(await reading).toMatchObject({ code: "ABORTED" });
    await ended.promise;
    expect(closed.toSorted()).toEqual(["0", "1"]);
    streams[2]?.write("more");
    expect(String((await kept.next()).value)).toBe("more");
    expect(server.connections).toBe(1);
  });

  it("a stream that the server resets ends with an error, after what arrived, never as if it were whole", async () => {
    await using server = await serveHttp2(pair, (_request, response) => {
      response.writeHead(200).write("part", () => response.stream.close(2));
    });
    await using transport = overHttp2(server);
    const response = await transport(get("/watch", { isStream: true }));
    const reader = response.body[Symbol.asyncIterator]();
    expect(String((await reader.next()).value)).toBe("part");
    expect(await failure(reader.next())).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("a lost connection ends its streams with an error, after what arrived, and the next begin on a new one", async () => {
    await using server = await serveHttp2(pair, protocols);
    await using transport = overHttp2(server);
    const readers = await Promise.all(times(3, () => opened(transport)));
    const endings = readers.map((reader) => failure(Promise.resolve(reader.next())));
    for (const socket of server.sockets) socket.destroy();
    for (const ending of endings) expect(await ending).toMatchObject({ code: "CONNECTION_FAILED" });
    await opened(transport);
    expect(server.connections).toBe(2);
  });

  it("a GET whose connection is lost before the answer counts as one that may be repeated (H5)", async () => {
    await using server = await serveHttp2(pair, (request) => request.stream.session?.destroy());
    await using transport = overHttp2(server);
    expect(isBrokenConnection(await failure(transport(get())))).toBe(true);
  });

  it("a server that goes away by GOAWAY finishes what it has; what comes next begins on a new connection", async () => {
    const streams: Http2ServerResponse[] = [];
    await using server = await serveHttp2(pair, (_request, response) => {
      streams.push(response);
      response.writeHead(200).write("first");
    });
    await using transport = overHttp2(server);
    const old = await opened(transport);
    const [session] = server.sessions;
    session?.goaway();
    // The answer to a PING that was sent after it: the client has seen the GOAWAY.
    await new Promise((resolve) => session?.ping(resolve));
    const next = await opened(transport);
    expect(server.connections).toBe(2);
    streams[0]?.end("last");
    expect(String((await old.next()).value)).toBe("last");
    expect(await old.next()).toMatchObject({ done: true });
    streams[1]?.write("more");
    expect(String((await next.next()).value)).toBe("more");
  });

  it("a GOAWAY with an error ends the streams above the last that it names with an error", async () => {
    await using server = await serveHttp2(pair, protocols);
    await using transport = overHttp2(server);
    const reader = await opened(transport);
    const ending = failure(Promise.resolve(reader.next()));
    for (const session of server.sessions) session.goaway(2, 0);
    expect(await ending).toMatchObject({ code: "CONNECTION_FAILED" });
    await opened(transport);
    expect(server.connections).toBe(2);
  });

  it("a connection over which not even the answer to a PING comes is dropped after 45 s (H24)", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await using server = await serveHttp2(pair, protocols);
    await using wire = await wireTo(Number(new URL(server.url).port));
    await using transport = overHttp2({ url: `https://127.0.0.1:${wire.port}` });
    const reader = await opened(transport);
    const ending = failure(Promise.resolve(reader.next()));
    const answered = once([...server.sessions][0] ?? server.server, "ping");
    vi.advanceTimersByTime(30_000);
    await answered;
    // Quiet, but there: the PING was answered.
    await opened(transport);
    vi.advanceTimersByTime(15_000);
    await opened(transport);
    expect(server.connections).toBe(1);
    vi.advanceTimersByTime(15_000);
    wire.freeze();
    vi.advanceTimersByTime(30_000);
    await new Promise(setImmediate);
    expect(wire.clients.size).toBe(1);
    vi.advanceTimersByTime(15_000);
    expect(await ending).toMatchObject({ code: "CONNECTION_FAILED" });
    await opened(transport);
  });

  it("upgrades, which it has not, go over HTTP/1.1", async () => {
    await using server = await serveHttp2(pair, protocols);
    server.server.on("upgrade", (_request, socket: Duplex) => {
      socket.end(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello",
      );
    });
    await using transport = overHttp2(server);
    const { status, socket } = await transport(get("/exec", { isStream: true, upgrade: "websocket" }));
    expect(status).toBe(101);
    let text = "";
    for await (const chunk of socket ?? []) text += String(chunk);
    expect(text).toBe("hello");
    expect(await textOf(await transport(get()))).toBe("2.0");
  });

  it("a server that does not speak it is used over HTTP/1.1, with the connections of that", async () => {
    await using server = await serveTls(pair, (request, response) => {
      if (request.url === "/watch") response.writeHead(200).write("x");
      else setImmediate(() => response.end(request.httpVersion));
    });
    await using transport = overHttp2(server);
    expect(await textOf(await transport(get()))).toBe("1.1");
    await Promise.all(times(3, () => opened(transport)));
    expect(server.connections).toBe(4);
    await Promise.all(times(100, async () => textOf(await transport(get()))));
    // One that asked, the pool's sixteen, and the streams'.
    expect(server.connections).toBe(20);
  });

  it("a server that cannot be reached, or is not trusted, is told of as over HTTP/1.1 (P31)", async () => {
    await using server = await serveHttp2(pair, protocols);
    const stranger = await certificate();
    await using untrusting = overHttp2(server, { tls: { ca: stranger.cert, serverName: "localhost" } });
    expect(await failure(untrusting(get()))).toMatchObject({ code: "TLS_FAILED" });
    await using nowhere = overHttp2({ url: "https://127.0.0.1:1" });
    for (const isStream of [false, true]) {
      expect(await failure(nowhere(get("/", { isStream })))).toMatchObject({
        code: "CONNECTION_FAILED",
        message: expect.stringContaining("ECONNREFUSED"),
      });
    }
  });

  it("plain http stays HTTP/1.1", async () => {
    await using server = await serve((request, response) => response.end(request.httpVersion));
    await using transport = createUndiciTransport(configFor(server.url), { http2: true });
    expect(await textOf(await transport(get()))).toBe("1.1");
  });

  it("closing the transport ends what is open with STOPPED, and leaves no connection", async () => {
    await using server: Http2Server = await serveHttp2(pair, protocols);
    const transport = overHttp2(server);
    const reader = await opened(transport);
    await textOf(await transport(get()));
    const ending = failure(Promise.resolve(reader.next()));
    const closed = Promise.all([...server.sockets].map((socket) => once(socket, "close")));
    expect(server.sockets.size).toBe(2);
    await transport.close();
    expect(await ending).toMatchObject({ code: "STOPPED" });
    await closed;
  });
});
