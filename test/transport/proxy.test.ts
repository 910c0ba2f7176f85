import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { connectProxy } from "./connect-proxy.ts";
import { serveHttp2 } from "./http2-server.ts";
import { certificate, configFor, failure, get, serve, serveTls, textOf } from "./local-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a proxy", () => {
  it("tunnels requests and streams to the server, whose certificate is still checked (P32)", async () => {
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    await using proxy = await connectProxy();
    const tls = { ca: cert, serverName: "localhost" };
    await using transport = createUndiciTransport(configFor(server.url, { tls, proxyUrl: proxy.url }));
    expect(await textOf(await transport(get()))).toBe("ok");
    expect(await textOf(await transport(get("/", { isStream: true })))).toBe("ok");
    expect(proxy.tunnels).toEqual([server.url.slice(8), server.url.slice(8)]);

    await using distrustful = createUndiciTransport(configFor(server.url, { proxyUrl: proxy.url }));
    expect(await failure(distrustful(get()))).toMatchObject({ code: "TLS_FAILED" });
  });

  it("is gone through over HTTP/1.1, also where HTTP/2 is asked for and could be had (P32)", async () => {
    const { cert, key } = await certificate();
    await using server = await serveHttp2({ cert, key }, (request, response) =>
      response.end(request.httpVersion),
    );
    await using proxy = await connectProxy();
    const config = configFor(server.url, { tls: { ca: cert, serverName: "localhost" }, proxyUrl: proxy.url });
    await using transport = createUndiciTransport(config, { http2: true });
    expect(await textOf(await transport(get()))).toBe("1.1");
    expect(proxy.tunnels).toHaveLength(1);
  });

  it("that is being loaded when the transport is closed opens no connection", async () => {
    await using proxy = await connectProxy();
    const transport = createUndiciTransport(configFor("https://cluster.invalid", { proxyUrl: proxy.url }));
    const pending = failure(transport(get()));
    await transport.close();
    expect(await pending).toMatchObject({ code: "STOPPED" });
    expect(proxy.connections).toBe(0);
  });

  it("that refuses or is away is CONNECTION_FAILED, without the proxy's password (P31)", async () => {
    await using proxy = await serve(() => {});
    proxy.server.on("connect", (_request, client: Socket) => client.end("HTTP/1.1 407 No\r\n\r\n"));
    const withPassword = proxy.url.replace("//", "//user:hunter2@");
    await using transport = createUndiciTransport(
      configFor("https://cluster.invalid", { proxyUrl: withPassword }),
    );
    const error = await failure(transport(get()));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(String(error)).not.toContain("hunter2");
  });

  it("of the environment is used where the configuration names none, not for what NO_PROXY exempts (P32)", async () => {
    const tunnels: string[] = [];
    await using proxy = await serve(() => {});
    proxy.server.on("connect", (request, client: Socket) => {
      tunnels.push(String(request.url));
      client.end("HTTP/1.1 502 No\r\n\r\n");
    });
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "exempt.invalid");
    for (const host of ["cluster.invalid", "exempt.invalid"]) {
      await using transport = createUndiciTransport(configFor(`https://${host}:6443`));
      await failure(transport(get()));
    }
    expect(tunnels).toEqual(["cluster.invalid:6443"]);
  });

  it("that speaks SOCKS5 is used too, by at most the pool's size of connections (P27, P32)", async () => {
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    const targets: string[] = [];
    const proxy = createServer((client) => {
      client.on("error", () => {});
      client.once("data", () => {
        client.write(Buffer.from([5, 0]));
        client.once("data", (asked) => {
          // VER CMD RSV ATYP=IPv4 ADDRESS PORT
          const port = asked.readUInt16BE(8);
          targets.push(`${[...asked.subarray(4, 8)].join(".")}:${port}`);
          const upstream = connect(port, "127.0.0.1", () => {
            client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            upstream.pipe(client).pipe(upstream);
          });
          upstream.on("error", () => client.destroy());
          client.on("close", () => upstream.destroy());
        });
      });
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = proxy.address();
    const proxyUrl = `socks5://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const tls = { ca: cert, serverName: "localhost" };
    await using transport = createUndiciTransport(configFor(server.url, { tls, proxyUrl }));
    expect(await textOf(await transport(get("/", { isStream: true })))).toBe("ok");
    const parallel = Array.from({ length: 60 }, async () => textOf(await transport(get())));
    expect(new Set(await Promise.all(parallel))).toEqual(new Set(["ok"]));
    expect(new Set(targets)).toEqual(new Set([server.url.slice(8)]));
    expect(targets.length).toBeLessThanOrEqual(17);
    proxy.close();
  });
});
