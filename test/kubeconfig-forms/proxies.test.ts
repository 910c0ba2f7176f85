import { afterEach, describe, expect, it, vi } from "vitest";
import { base64, kubeconfig, TestFolder } from "../config/files.ts";
import { ClusterServer, getPod, TunnelProxy } from "./cluster-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const named = { metadata: { name: "web" } };

/** A server that answers as `cluster.example`, reached through a proxy only, and a way to write its kubeconfig. */
async function behindProxy() {
  const { server, authority } = await ClusterServer.trusted(["cluster.example"]);
  const proxy = await TunnelProxy.start(server);
  const folder = new TestFolder();
  const write = (cluster: object, host = "cluster.example"): string =>
    folder.write(
      "config",
      kubeconfig(
        {
          server: `https://${host}:6443`,
          "certificate-authority-data": base64(authority.cert),
          ...cluster,
        },
        { token: "abc" },
      ),
    );
  return {
    server,
    proxy,
    write,
    async [Symbol.asyncDispose](): Promise<void> {
      folder[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a proxy", () => {
  it("named by proxy-url is tunnelled through, and sees no credentials (P32)", async () => {
    await using site = await behindProxy();
    expect(await getPod({ kubeconfig: site.write({ "proxy-url": site.proxy.url() }) })).toMatchObject(named);
    expect(site.proxy.tunnels).toEqual([{ to: "cluster.example:6443", authorization: undefined }]);
    expect(site.server.seen[0]).toMatchObject({
      serverName: "cluster.example",
      headers: { authorization: "Bearer abc" },
    });
  });

  it("named by proxy-url gets the name and password in it (P32)", async () => {
    await using site = await behindProxy();
    const url = site.proxy.url("jane:p%40ss@");
    expect(await getPod({ kubeconfig: site.write({ "proxy-url": url }) })).toMatchObject(named);
    expect(site.proxy.tunnels[0]?.authorization).toBe(`Basic ${base64("jane:p@ss")}`);
    expect(site.server.seen[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  it("named by HTTPS_PROXY is used where the kubeconfig names none (P32)", async () => {
    await using site = await behindProxy();
    vi.stubEnv("HTTPS_PROXY", site.proxy.url());
    vi.stubEnv("NO_PROXY", "other.example");
    expect(await getPod({ kubeconfig: site.write({}) })).toMatchObject(named);
    expect(site.proxy.tunnels).toHaveLength(1);
  });

  it("named by HTTPS_PROXY is not used for what NO_PROXY names, nor beside a proxy-url (P32)", async () => {
    await using site = await behindProxy();
    vi.stubEnv("HTTPS_PROXY", site.proxy.url());
    vi.stubEnv("NO_PROXY", ".invalid");
    const exempt = getPod({ kubeconfig: site.write({}, "cluster.invalid") });
    await expect(exempt).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(site.proxy.tunnels).toHaveLength(0);
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    expect(await getPod({ kubeconfig: site.write({ "proxy-url": site.proxy.url() }) })).toMatchObject(named);
  });

  it("is used for a plain http: server too, and its password is not passed on (P32)", async () => {
    await using server = await ClusterServer.start();
    await using proxy = await TunnelProxy.start(server);
    using folder = new TestFolder();
    const cluster = { server: "http://cluster.example:8001", "proxy-url": proxy.url("jane:secret@") };
    const file = folder.write("config", kubeconfig(cluster, { token: "abc" }));
    expect(await getPod({ kubeconfig: file })).toMatchObject(named);
    expect(proxy.tunnels).toEqual([
      { to: "cluster.example:8001", authorization: `Basic ${base64("jane:secret")}` },
    ]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer abc");
    expect(server.seen[0]?.headers["proxy-authorization"]).toBeUndefined();
  });
});
