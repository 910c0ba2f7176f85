import tls, { type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, get, serveTls, textOf } from "./local-server.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("TLS", () => {
  it("parses the certificates once, at the first request, however many connections it has (P27)", async () => {
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) =>
      response.writeHead(200).write("x"),
    );
    const parse = vi.spyOn(tls, "createSecureContext");
    const trust = { ca: cert, serverName: "localhost" };
    await using transport = createUndiciTransport(configFor(server.url, { tls: trust }));
    expect(parse).not.toHaveBeenCalled();
    const open = async (isStream: boolean): Promise<void> => {
      const { body } = await transport(get("/", { isStream }));
      await body[Symbol.asyncIterator]().next();
    };
    await Promise.all([open(true), open(true), open(false), open(false)]);
    expect([server.connections, parse.mock.calls.length]).toEqual([4, 1]);
  });

  it("trusts the given authority, expects the given server name, and skips the check when told (P32)", async () => {
    const { cert, key } = await certificate("kube.example");
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    for (const tls of [{ ca: cert, serverName: "kube.example" }, { insecureSkipVerify: true }]) {
      await using transport = createUndiciTransport(configFor(server.url, { tls }));
      expect(await textOf(await transport(get()))).toBe("ok");
      expect(await textOf(await transport(get("/", { isStream: true })))).toBe("ok");
    }
  });

  it("shows the client certificate (P32)", async () => {
    const { cert, key } = await certificate();
    const client = await certificate("admin");
    await using server = await serveTls(
      { cert, key, ca: client.cert, requestCert: true },
      (request, response) => {
        const socket = request.socket as TLSSocket;
        response.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`);
      },
    );
    const tls = { ca: cert, serverName: "localhost", cert: client.cert, key: client.key };
    await using transport = createUndiciTransport(configFor(server.url, { tls }));
    expect(await textOf(await transport(get()))).toBe("true admin");
  });

  it("finds every certificate where files were put behind each other without a line break (P32)", async () => {
    const [own, other] = await Promise.all([certificate(), certificate("other")]);
    await using server = await serveTls(
      { cert: own.cert, key: own.key, ca: own.cert, requestCert: true },
      (request, response) => response.end(String((request.socket as TLSSocket).authorized)),
    );
    const glued = own.cert.trim() + other.cert.trim();
    for (const ca of [glued, other.cert.trim() + own.cert.trim()]) {
      const tls = { ca, serverName: "localhost", cert: glued, key: own.key };
      await using transport = createUndiciTransport(configFor(server.url, { tls }));
      expect(await textOf(await transport(get()))).toBe("true");
    }
  });
});
