import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, get, serveTls, textOf } from "./local-server.ts";

describe("TLS", () => {
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
});
