import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { connectionError } from "../../src/transport/connection-error.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, failure, get, serve, serveTls, textOf } from "./local-server.ts";

// A developer's proxy must not answer for hosts that do not exist.
beforeEach(() => {
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const requests = [
  { name: "a request", isStream: false },
  { name: "a stream", isStream: true },
];

describe.each(requests)("what goes wrong with $name", ({ isStream }) => {
  it("is CONNECTION_FAILED with its cause where nobody listens (P31)", async () => {
    const free = await serve(() => {});
    await free[Symbol.asyncDispose]();
    await using transport = createUndiciTransport(configFor(free.url));
    const error = await failure(transport(get("/", { isStream })));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", cause: { code: "ECONNREFUSED" } });
    expect(String(error)).toContain(free.url);
  });

  it("is CONNECTION_FAILED where the host has no address (P31)", async () => {
    await using transport = createUndiciTransport(configFor("http://no-such-host.invalid"));
    expect(await failure(transport(get("/", { isStream })))).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("is CONNECTION_FAILED after the bytes that came, where the socket is reset in mid-body (P31)", async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200).write("half", () => response.socket?.resetAndDestroy());
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const response = await transport(get("/", { isStream }));
    let read = "";
    const error = await failure(
      (async () => {
        for await (const chunk of response.body) read += Buffer.from(chunk).toString();
      })(),
    );
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(read).toBe("half");
  });

  it("is CONNECTION_FAILED where the body is shorter than announced (P31)", async () => {
    const server = createServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"));
    });
    server.listen(0, "127.0.0.1");
    await new Promise<void>((resolve) => server.once("listening", () => resolve()));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using transport = createUndiciTransport(configFor(`http://127.0.0.1:${port}`));
    const response = await transport(get("/", { isStream }));
    expect(await failure(textOf(response))).toMatchObject({ code: "CONNECTION_FAILED" });
    server.close();
  });

  it("is TLS_FAILED for a certificate of another authority, and for another name (P31, P26)", async () => {
    const { cert, key } = await certificate();
    const other = await certificate("other");
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    for (const tls of [{ ca: other.cert, serverName: "localhost" }, { ca: cert, serverName: "wrong" }, {}]) {
      await using transport = createUndiciTransport(configFor(server.url, { tls }));
      const error = await failure(transport(get("/", { isStream })));
      expect(error).toMatchObject({ code: "TLS_FAILED", cause: expect.any(Error) });
    }
  });

  it("is TLS_FAILED where a plain HTTP server is spoken to in TLS (P31)", async () => {
    await using server = await serve((_request, response) => response.end("ok"));
    await using transport = createUndiciTransport(configFor(server.url.replace("http:", "https:")));
    expect(await failure(transport(get("/", { isStream })))).toMatchObject({ code: "TLS_FAILED" });
  });

  it("is ABORTED with the reason, before the answer, in the queue and in mid-body (P31)", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/body") response.writeHead(200).write("x");
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const early = new AbortController();
    early.abort(new Error("early"));
    const first = await failure(transport(get("/", { isStream, signal: early.signal })));
    expect(first).toMatchObject({ code: "ABORTED", cause: { message: "early" } });

    const controller = new AbortController();
    // More than the pool has connections: the rest wait in its queue.
    const waiting = Array.from({ length: 20 }, () =>
      failure(transport(get("/", { isStream, signal: controller.signal }))),
    );
    const body = await (isStream
      ? transport(get("/body", { isStream, signal: controller.signal }))
      : undefined);
    controller.abort();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: "ABORTED" });
    if (body !== undefined) expect(await failure(textOf(body))).toMatchObject({ code: "ABORTED" });
    await transport(get("/body", { isStream: true }));
  });
});

describe("connectionError", () => {
  it("tells a silent connection (TIMEOUT) from one that cannot be made (P31)", () => {
    const withCode = (code: string) => Object.assign(new Error("text"), { code });
    expect(connectionError(withCode("UND_ERR_HEADERS_TIMEOUT"), "s").code).toBe("TIMEOUT");
    expect(connectionError(withCode("UND_ERR_BODY_TIMEOUT"), "s").code).toBe("TIMEOUT");
    expect(connectionError(withCode("UND_ERR_CONNECT_TIMEOUT"), "s").code).toBe("CONNECTION_FAILED");
    expect(connectionError(withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "s").code).toBe("TLS_FAILED");
  });

  it("names every address that was tried", () => {
    const refused = (address: string) =>
      Object.assign(new Error(`refused ${address}`), { code: "ECONNREFUSED" });
    const error = connectionError(new AggregateError([refused("::1"), refused("127.0.0.1")]), "http://h");
    expect(error.message).toBe("http://h: refused ::1; refused 127.0.0.1");
  });

  it("keeps an error of ours as it is", () => {
    const own = new KubeError("STOPPED", "closed");
    expect(connectionError(own, "s")).toBe(own);
  });
});
