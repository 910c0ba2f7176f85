import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, failure, get, serve, serveTls, textOf } from "./local-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a proxy", () => {
  it("tunnels requests and streams to the server, whose certificate is still checked (P32)", async () => {
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    await using proxy = await serve((_request, response) => response.writeHead(405).end());
    const tunnels: string[] = [];
    proxy.server.on("connect", (request, client: Socket) => {
      tunnels.push(String(request.url));
      const [host, port] = String(request.url).split(":");
      const upstream = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
      client.on("close", () => upstream.destroy());
    });
    const tls = { ca: cert, serverName: "localhost" };
    await using transport = createUndiciTransport(configFor(server.url, { tls, proxyUrl: proxy.url }));
    expect(await textOf(await transport(get()))).toBe("ok");
    expect(await textOf(await transport(get("/", { isStream: true })))).toBe("ok");
    expect(tunnels).toEqual([server.url.slice(8), server.url.slice(8)]);

    await using distrustful = createUndiciTransport(configFor(server.url, { proxyUrl: proxy.url }));
    expect(await failure(distrustful(get()))).toMatchObject({ code: "TLS_FAILED" });
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
});
