import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { Client } from "../../src/client/client.ts";
import type { LogOptions } from "../../src/streams/log-options.ts";
import { logs } from "../../src/streams/log-stream.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { collect, inMemory } from "../client/in-memory.ts";
import { certificate, configFor, serve, serveTls } from "../transport/local-server.ts";
import { failure, web0 } from "./scripted-pod.ts";

afterEach(() => {
  vi.useRealTimers();
});

function of(body: unknown, options: LogOptions = {}) {
  const transport = inMemory({ body }, { body });
  return { transport, log: logs(new Client(transport), web0, options) };
}

describe("logs", () => {
  it("asks for what its options say, and for nothing before it is read", async () => {
    const { transport, log } = of("", {
      container: "app",
      previous: true,
      tailLines: 0,
      sinceTime: new Date(Date.UTC(2026, 0, 31, 12)),
      timestamps: true,
      limitBytes: 10,
    });
    expect(transport.sent).toEqual([]);
    expect(await collect(log)).toEqual([]);
    const url = new URL(transport.sent[0]?.path ?? "", "http://pod");
    expect(url.pathname).toBe("/api/v1/namespaces/shop/pods/web-0/log");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      container: "app",
      previous: "true",
      tailLines: "0",
      sinceTime: "2026-01-31T12:00:00.000Z",
      timestamps: "true",
      limitBytes: "10",
    });
    expect(transport.sent[0]).toMatchObject({ isStream: true, headers: { "accept-encoding": "identity" } });
  });

  it("reads the same lines however their bytes are cut", async () => {
    const text = fc.array(fc.constantFrom("a", "ü", "🌍", "\n", "\r\n", "日本"), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (parts, size) => {
        const whole = parts.join("");
        const bytes = Buffer.from(whole);
        const chunks = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const lines = whole.split("\n");
        if (lines.at(-1) === "") lines.pop();
        expect(await collect(of(chunks).log)).toEqual(lines);
        expect(await of(chunks).log.text()).toBe(whole);
        expect(Buffer.concat(await collect(of(chunks).log.bytes()))).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps carriage returns and empty lines, and gives a last line without a line feed", async () => {
    expect(await collect(of("one\r\n\n\ntwo").log)).toEqual(["one\r", "", "", "two"]);
    expect(await collect(of("one\n").log)).toEqual(["one"]);
    expect(await collect(of("\n").log)).toEqual([""]);
  });

  it("sends a request for each reading", async () => {
    const { transport, log } = of("line\n");
    expect(await collect(log)).toEqual(["line"]);
    expect(await log.text()).toBe("line\n");
    expect(transport.sent).toHaveLength(2);
  });

  it("holds no more of an endless line than its limit: OVERFLOW", async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      for (;;) {
        sent += 1;
        yield Buffer.alloc(1000, "x");
      }
    }
    const transport = async () => ({ status: 200, headers: {}, body: endless() });
    const log = logs(new Client(transport), web0, { maxLineBytes: 5000, maxTextBytes: 8000 });
    expect(await failure(collect(log))).toMatchObject({
      code: "OVERFLOW",
      message: expect.stringContaining("5000"),
    });
    expect(sent).toBe(6);
    expect(await failure(log.text())).toMatchObject({
      code: "OVERFLOW",
      message: expect.stringContaining("8000"),
    });
    expect(sent).toBe(6 + 9);
  });

  it("is an error where a followed log breaks, after the lines that had arrived", async () => {
    const { promise: read, resolve } = Promise.withResolvers<void>();
    await using server = await serve(async (_request, response) => {
      response.write("one\ntwo\nthr");
      await read;
      response.destroy();
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of logs(new Client(transport), web0, { follow: true })) {
        lines.push(line);
        if (lines.length === 2) resolve();
      }
    })();
    const error = await failure(reading);
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(error.message).toContain('"web-0" in namespace "shop"');
    expect(lines).toEqual(["one", "two"]);
  });

  it.each(["http", "https"])("closes the connection when the loop is left, over %s", async (scheme) => {
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    const tls = await certificate();
    const listener = (_request: unknown, response: ServerResponse): void => {
      response.write("one\ntwo\n");
      resolve(response);
    };
    await using server = await (scheme === "http" ? serve(listener) : serveTls(tls, listener));
    await using transport = createUndiciTransport(
      configFor(server.url, { tls: { ca: tls.cert, serverName: "localhost" } }),
    );
    for await (const line of logs(new Client(transport), web0, { follow: true })) {
      expect(line).toBe("one");
      break;
    }
    const response = await asked;
    if (!response.closed) await once(response, "close");
  });

  it("can be left while it waits for the next line", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    await using server = await serve((_request, response) => {
      response.write("one\n");
      resolve(response);
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const lines = logs(new Client(transport), web0, { follow: true })[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: "one" });
    const waiting = lines.next();
    const response = await asked;
    const closed = once(response, "close");
    await lines.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await closed;
  });

  it("can be piped, and lets go when the pipe is destroyed", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    await using server = await serve((_request, response) => {
      response.write("one\n");
      resolve(response);
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const pipe = Readable.from(logs(new Client(transport), web0, { follow: true }).bytes());
    const [chunk] = await once(pipe, "data");
    expect(String(chunk)).toBe("one\n");
    const closed = once(await asked, "close");
    pipe.destroy();
    await closed;
  });

  it("ends by its signal, before and while it is read", async () => {
    await using server = await serve((_request, response) => void response.write("one\n"));
    await using transport = createUndiciTransport(configFor(server.url));
    const client = new Client(transport);
    const aborted = logs(client, web0, { signal: AbortSignal.abort() });
    expect(await failure(aborted.text())).toMatchObject({ code: "ABORTED" });
    const controller = new AbortController();
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of logs(client, web0, { follow: true, signal: controller.signal })) {
        lines.push(line);
        controller.abort();
      }
    })();
    expect(await failure(reading)).toMatchObject({ code: "ABORTED" });
    expect(lines).toEqual(["one"]);
  });

  it("times out over the whole reading, and with follow until it is accepted", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { promise: more, resolve } = Promise.withResolvers<void>();
    async function* slow(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
      const aborted = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
      aborted.catch(() => {});
      yield Buffer.from("one\n");
      await Promise.race([more, aborted]);
    }
    const client = new Client(async ({ signal }) => ({ status: 200, headers: {}, body: slow(signal) }));
    const whole = logs(client, web0, { timeoutMs: 1000 })[Symbol.asyncIterator]();
    await whole.next();
    const rest = failure(Promise.resolve(whole.next()));
    vi.advanceTimersByTime(1000);
    expect(await rest).toMatchObject({ code: "TIMEOUT" });
    const followed = logs(client, web0, { follow: true, timeoutMs: 1000 })[Symbol.asyncIterator]();
    await followed.next();
    const end = followed.next();
    vi.advanceTimersByTime(5000);
    resolve();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the ApiError that the server gives", async () => {
    const message = "container app in pod web-0 is waiting to start: ContainerCreating";
    const body = { kind: "Status", status: "Failure", message, reason: "BadRequest", code: 400 };
    const error = await failure(logs(new Client(inMemory({ status: 400, body })), web0).text());
    expect(ApiError.is(error)).toBe(true);
    expect(error.message).toContain(message);
  });

  it.each<[string, LogOptions]>([
    ["tailLines", { tailLines: -1 }],
    ["sinceSeconds", { sinceSeconds: 0 }],
    ["sinceTime", { sinceTime: "yesterday" }],
    ["sinceTime", { sinceTime: new Date(Number.NaN) }],
    ["sinceTime", { sinceTime: "2026-13-31T12:00:00Z" }],
    ["sinceSeconds", { sinceTime: "2026-01-31T12:00:00Z", sinceSeconds: 5 }],
    ["limitBytes", { limitBytes: 0.5 }],
    ["maxLineBytes", { maxLineBytes: 0 }],
    ["maxTextBytes", { maxTextBytes: Number.NaN }],
    ["follow", { follow: JSON.parse('"yes"') }],
    ["container", { container: JSON.parse("7") }],
    ["signal", { signal: JSON.parse("{}") }],
    ["timeoutMs", { timeoutMs: -1 }],
    ["options", JSON.parse("[]")],
  ])("refuses a wrong %s at once", (argument, options) => {
    expect(() => of("", options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(argument) }),
    );
  });

  it("refuses an address without a name or a namespace at once (P30)", () => {
    const client = new Client(inMemory());
    const wrong = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => logs(client, { ...web0, name: undefined })).toThrow(wrong);
    expect(() => logs(client, { ...web0, namespace: undefined })).toThrow(wrong);
    expect(() => logs(client, { ...web0, name: "../x" })).toThrow(wrong);
  });
});
