import { once } from "node:events";
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

describe("a TLS error says what is wrong and what to do", () => {
  const day = 24 * 60 * 60_000;
  const ago = (days: number) => new Date(Date.now() - days * day);
  const cases = [
    {
      name: "an expired certificate",
      validity: { notBeforeDate: ago(9), notAfterDate: ago(2) },
      text: /server's certificate has expired: .*\(CERT_HAS_EXPIRED\)\. Renew it on the server, or set/,
    },
    {
      name: "a certificate that is not valid yet",
      validity: { notBeforeDate: ago(-2), notAfterDate: ago(-9) },
      text: /not valid yet: .*\(CERT_NOT_YET_VALID\)\. Set this machine's clock/,
    },
    {
      name: "a certificate of another authority",
      trustOther: true,
      text: /authority that is not trusted here: .*\(\w+\)\. Give the cluster's own as `ca`, .*`certificate-authority`/,
    },
    {
      name: "a certificate for another name",
      serverName: "other.example",
      text: /is for another name: .*other\.example.*localhost.*\(ERR_TLS_CERT_ALTNAME_INVALID\)\. .*`tls-server-name`/,
    },
  ];

  it.each(cases)("of $name (P31)", async ({ validity, trustOther, serverName = "localhost", text }) => {
    const { cert, key } = await certificate("localhost", validity);
    const ca = trustOther ? (await certificate()).cert : cert;
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    await using transport = createUndiciTransport(configFor(server.url, { tls: { ca, serverName } }));
    const error = await failure(transport(get()));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "TLS_FAILED", cause: expect.any(Error) });
    expect(String(error)).toMatch(text);
    expect(String(error)).toContain(server.url);
  });

  it("of no TLS at all (P31)", async () => {
    await using server = await serve((_request, response) => response.end("ok"));
    await using transport = createUndiciTransport(configFor(server.url.replace("http:", "https:")));
    expect(String(await failure(transport(get())))).toMatch(
      /no TLS is spoken there: .*\(\w+\)\. Check the URL's scheme and port\.$/,
    );
  });

  it.each([
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED",
  ])("of a client certificate that the server refuses: %s (P31)", (code) => {
    const error = connectionError(Object.assign(new Error("alert"), { code }), "https://h");
    expect(error.code).toBe("TLS_FAILED");
    expect(error.message).toMatch(/refused our client certificate, .*Check `cert` and `key`/);
  });

  it("of a server that takes the connection and never answers, after 10 s (H25)", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const transport = createUndiciTransport(configFor(url));
      const pending = failure(transport(get()));
      const [socket] = await once(server, "connection");
      await once(socket, "data");
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(10_000);
      const error = await pending;
      expect(error).toMatchObject({ code: "TLS_FAILED", cause: { code: "ERR_TLS_HANDSHAKE_TIMEOUT" } });
      expect(String(error)).toContain("Check the URL's port");
      await transport.close();
      socket.destroy();
    } finally {
      vi.useRealTimers();
      server.close();
    }
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
    expect(error.message).toMatch(/^http:\/\/h: refused ::1; refused 127\.0\.0\.1\. Nothing listens there/);
  });

  it("keeps an error of ours as it is", () => {
    const own = new KubeError("STOPPED", "closed");
    expect(connectionError(own, "s")).toBe(own);
  });
});
