import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { base64, kubeconfig, TestFolder } from "../config/files.ts";
import { ClusterServer, getPod, type Seen, TunnelProxy } from "./cluster-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const named = { metadata: { name: "web" } };

describe("a kubeconfig's server", () => {
  it("is trusted by its authority's data (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    const cluster = { server: server.url, "certificate-authority-data": base64(authority.cert) };
    const file = folder.write("config", kubeconfig(cluster, {}));
    expect(await getPod({ kubeconfig: file })).toMatchObject(named);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it("is trusted by its authority's file, relative to the kubeconfig (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    folder.write("pki/ca.crt", authority.cert);
    const cluster = { server: server.url, "certificate-authority": "pki/ca.crt" };
    expect(await getPod({ kubeconfig: folder.write("config", kubeconfig(cluster, {})) })).toMatchObject(
      named,
    );
  });

  it("is not checked with insecure-skip-tls-verify (P32)", async () => {
    const { server } = await ClusterServer.trusted(["other.example"]);
    await using _ = server;
    using folder = new TestFolder();
    const cluster = { server: server.url, "insecure-skip-tls-verify": true };
    expect(await getPod({ kubeconfig: folder.write("config", kubeconfig(cluster, {})) })).toMatchObject(
      named,
    );
  });

  it("is asked for, and checked, by tls-server-name (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted(["kube.example"]);
    await using _ = server;
    using folder = new TestFolder();
    const cluster = {
      server: server.url,
      "certificate-authority-data": base64(authority.cert),
      "tls-server-name": "kube.example",
    };
    expect(await getPod({ kubeconfig: folder.write("config", kubeconfig(cluster, {})) })).toMatchObject(
      named,
    );
    expect(server.seen[0]?.serverName).toBe("kube.example");
  });

  it("that is far is asked for answers as they are with disable-compression, else for compressed ones (P32)", async () => {
    await using server = await ClusterServer.start();
    await using proxy = await TunnelProxy.start(server);
    using folder = new TestFolder();
    for (const [flag, encoding] of [
      [true, "identity"],
      [false, "gzip"],
    ]) {
      const cluster = {
        server: "http://cluster.example",
        "proxy-url": proxy.url(),
        "disable-compression": flag,
      };
      await getPod({ kubeconfig: folder.write("config", kubeconfig(cluster, {})) });
      expect(server.seen.at(-1)?.headers["accept-encoding"]).toBe(encoding);
    }
  });

  it("may be a plain http: one, and have a path (P32)", async () => {
    await using server = await ClusterServer.start();
    using folder = new TestFolder();
    const file = folder.write(
      "config",
      kubeconfig({ server: `${server.url}/k8s/clusters/c1/` }, { token: "t" }),
    );
    expect(await getPod({ kubeconfig: file })).toMatchObject(named);
    expect(server.seen[0]?.path).toBe("/k8s/clusters/c1/api/v1/namespaces/shop/pods/web");
  });
});

describe("a kubeconfig's user", () => {
  /** What the server sees of a user entry's GET. */
  async function seenOf(user: (folder: TestFolder) => object): Promise<ClusterServer["seen"]> {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    const { cert, key } = await authority.issue("jane");
    folder.write("jane.crt", cert);
    folder.write("jane.key", key);
    const cluster = { server: server.url, "certificate-authority-data": base64(authority.cert) };
    const entry = { ...user(folder) };
    if ("data" in entry) {
      Object.assign(entry, { "client-certificate-data": base64(cert), "client-key-data": base64(key) });
    }
    expect(await getPod({ kubeconfig: folder.write("config", kubeconfig(cluster, entry)) })).toMatchObject(
      named,
    );
    return server.seen;
  }

  it("shows a client certificate from files (P32)", async () => {
    const [seen] = await seenOf(() => ({ "client-certificate": "jane.crt", "client-key": "jane.key" }));
    expect(seen).toMatchObject({ certificate: "jane" });
  });

  it("shows a client certificate from data (P32)", async () => {
    const [seen] = await seenOf(() => ({ data: true }));
    expect(seen).toMatchObject({ certificate: "jane" });
  });

  it("sends a token (P32)", async () => {
    const [seen] = await seenOf(() => ({ token: "abc" }));
    expect(seen).toMatchObject({ headers: { authorization: "Bearer abc" }, certificate: undefined });
  });

  it("sends what is in a tokenFile, without its newline, rather than an old token (P32, P33)", async () => {
    const [seen] = await seenOf((folder) => {
      folder.write("token", "from-file\n");
      return { token: "old", tokenFile: "token" };
    });
    expect(seen).toMatchObject({ headers: { authorization: "Bearer from-file" } });
  });

  it("sends a name and a password (P32)", async () => {
    const [seen] = await seenOf(() => ({ username: "jane", password: "pässword" }));
    expect(seen).toMatchObject({ headers: { authorization: `Basic ${base64("jane:pässword")}` } });
  });

  it("sends a token and a client certificate side by side (P32)", async () => {
    const [seen] = await seenOf(() => ({ token: "abc", data: true }));
    expect(seen).toMatchObject({ headers: { authorization: "Bearer abc" }, certificate: "jane" });
  });

  it("acts for another user, with groups, uid and extra (H28, P32)", async () => {
    const [seen] = await seenOf(() => ({
      token: "abc",
      as: "jürgen",
      "as-uid": "42",
      "as-groups": ["devs", "ops, night"],
      "as-user-extra": { "example.com/Scopes": ["view", "edit"] },
    }));
    const headers: Seen["headers"] = seen?.headers ?? {};
    expect(Buffer.from(String(headers["impersonate-user"]), "latin1").toString("utf8")).toBe("jürgen");
    expect(headers).toMatchObject({
      authorization: "Bearer abc",
      "impersonate-uid": "42",
      "impersonate-group": "devs, ops, night",
      "impersonate-extra-example.com%2fscopes": "view, edit",
    });
  });
});

describe("impersonation asked for by the caller", () => {
  it("counts instead of the kubeconfig's own, as kubectl's --as does (P32)", async () => {
    await using server = await ClusterServer.start();
    using folder = new TestFolder();
    const user = { token: "abc", as: "joe", "as-groups": ["ops"] };
    const file = folder.write("config", kubeconfig({ server: server.url }, user));
    await getPod({ kubeconfig: file, impersonate: { user: "jane", groups: ["devs"] } });
    const { headers } = server.seen[0] ?? {};
    expect(headers).toMatchObject({ "impersonate-user": "jane", "impersonate-group": "devs" });
    await expect(getPod({ kubeconfig: file, impersonate: { user: "" } })).rejects.toMatchObject({
      code: "INVALID_CONFIG",
    });
  });
});

describe("kubeconfig files", () => {
  it("named by KUBECONFIG are merged, each with its own paths; the first to name something wins (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    folder.write("one/ca.crt", authority.cert);
    folder.write("two/token", "second\n");
    const cluster = { server: server.url, "certificate-authority": "ca.crt" };
    const one = folder.write("one/config", { clusters: [{ name: "cl", cluster }], "current-context": "c" });
    const two = folder.write(
      "two/config",
      kubeconfig({ server: "https://never.invalid" }, { tokenFile: "token" }),
    );
    vi.stubEnv("KUBECONFIG", [one, `${folder.path}/absent`, two].join(":"));
    expect(await getPod({})).toMatchObject(named);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer second");
  });

  it("have a current context, and another can be chosen (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    const ca = base64(authority.cert);
    const config = kubeconfig({ server: server.url, "certificate-authority-data": ca }, { token: "first" });
    const file = folder.write("config", {
      ...config,
      users: [
        { name: "u", user: { token: "first" } },
        { name: "v", user: { token: "second" } },
      ],
      contexts: [
        { name: "c", context: { cluster: "cl", user: "u" } },
        { name: "d", context: { cluster: "cl", user: "v" } },
      ],
    });
    await getPod({ kubeconfig: file });
    await getPod({ kubeconfig: file, context: "d" });
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer first",
      "Bearer second",
    ]);
  });

  it("that client-node has read are as good: { kubeConfig } (P32)", async () => {
    const { server, authority } = await ClusterServer.trusted();
    await using _ = server;
    using folder = new TestFolder();
    folder.write("ca.crt", authority.cert);
    const { cert, key } = await authority.issue("jane");
    const user = { "client-certificate-data": base64(cert), "client-key-data": base64(key), as: "joe" };
    const file = folder.write(
      "config",
      kubeconfig({ server: server.url, "certificate-authority": "ca.crt" }, user),
    );
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    expect(await getPod({ kubeConfig })).toMatchObject(named);
    expect(server.seen[0]).toMatchObject({ certificate: "jane", headers: { "impersonate-user": "joe" } });
  });
});
