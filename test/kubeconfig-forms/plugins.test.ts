import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it, vi } from "vitest";
import { Cluster } from "../../src/index.ts";
import { Pod } from "../../src/kinds/index.ts";
import { base64, kubeconfig, rejected, TestFolder } from "../config/files.ts";
import type { Authority } from "./authority.ts";
import { ClusterServer, getPod } from "./cluster-server.ts";

const version = "client.authentication.k8s.io/v1";
const named = { metadata: { name: "web" } };

/** A server, and a kubeconfig of it whose user runs a script; `$N` in the script is its run's number. */
class Site implements AsyncDisposable {
  readonly server: ClusterServer;
  readonly authority: Authority;
  readonly folder = new TestFolder();

  private constructor(server: ClusterServer, authority: Authority) {
    this.server = server;
    this.authority = authority;
  }

  static async start(): Promise<Site> {
    const { server, authority } = await ClusterServer.trusted();
    return new Site(server, authority);
  }

  user(user: object, cluster: object = {}): string {
    const ca = base64(this.authority.cert);
    return this.folder.write(
      "config",
      kubeconfig({ server: this.server.url, "certificate-authority-data": ca, ...cluster }, user),
    );
  }

  plugin(body: string, exec: object = {}, cluster: object = {}): string {
    const runs = join(this.folder.path, "runs");
    const count = `echo run >> "${runs}"\nN=$(wc -l < "${runs}" | tr -d ' ')`;
    chmodSync(this.folder.write("login", `#!/bin/sh\n${count}\n${body}\n`), 0o755);
    const config = { apiVersion: version, command: "./login", interactiveMode: "Never", ...exec };
    return this.user({ exec: config }, cluster);
  }

  /** A plugin that answers with a status. */
  answer(status: object, exec: object = {}, cluster: object = {}): string {
    const text = JSON.stringify({ apiVersion: version, kind: "ExecCredential", status });
    return this.plugin(`cat <<END\n${text}\nEND`, exec, cluster);
  }

  get runs(): number {
    return readFileSync(join(this.folder.path, "runs"), "utf8").split("\n").length - 1;
  }

  get sent(): (string | undefined)[] {
    return this.server.seen.map(({ headers }) => headers.authorization);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.folder[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

describe("an exec plugin", () => {
  it("gives a token: 10 parallel calls, one process (P32, P33)", async () => {
    await using site = await Site.start();
    await using cluster = await Cluster.connect({ kubeconfig: site.answer({ token: "t$N" }) });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    const pods = await Promise.all(Array.from({ length: 10 }, () => pod.get()));
    expect(pods).toHaveLength(10);
    expect(new Set(site.sent)).toEqual(new Set(["Bearer t1"]));
    expect(site.runs).toBe(1);
  });

  it("is run again before its token expires (P32, P33)", async () => {
    await using site = await Site.start();
    const soon = new Date(Date.now() + 60_000).toISOString();
    const kubeconfig = site.answer({ token: "t$N", expirationTimestamp: soon });
    await using cluster = await Cluster.connect({ kubeconfig });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    await pod.get();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 51_000 });
    await pod.get().finally(() => vi.useRealTimers());
    expect(site.sent).toEqual(["Bearer t1", "Bearer t2"]);
  });

  it("is run again on 401, once for 10 parallel calls, and each is repeated once (P33)", async () => {
    await using site = await Site.start();
    site.server.answer = ({ headers }) => (headers.authorization === "Bearer t1" ? 401 : 200);
    await using cluster = await Cluster.connect({ kubeconfig: site.answer({ token: "t$N" }) });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    const pods = await Promise.all(Array.from({ length: 10 }, () => pod.get()));
    expect(pods).toHaveLength(10);
    expect(site.runs).toBe(2);
    expect(site.sent.filter((value) => value === "Bearer t2")).toHaveLength(10);
  });

  it("whose tokens stay refused ends with the 401, after one repeat, and shows none of them (P33)", async () => {
    await using site = await Site.start();
    site.server.answer = () => 401;
    const error = await rejected(getPod({ kubeconfig: site.answer({ token: "s3cret-$N" }) }));
    expect(error).toMatchObject({
      code: "API",
      status: 401,
      message: expect.stringContaining("refused [credential]"),
    });
    expect(inspect(error, { depth: 20 })).not.toContain("s3cret");
    expect(site.sent).toEqual(["Bearer s3cret-1", "Bearer s3cret-2"]);
  });

  it("gives a client certificate, shown in TLS, and another one on 401 (P32, P33)", async () => {
    await using site = await Site.start();
    for (const name of ["jane1", "jane2"]) {
      const { cert, key } = await site.authority.issue(name);
      const status = { clientCertificateData: cert, clientKeyData: key };
      site.folder.write(`${name}.json`, { apiVersion: version, kind: "ExecCredential", status });
    }
    site.server.answer = ({ certificate }) => (certificate === "jane2" ? 200 : 401);
    const kubeconfig = site.plugin(`cat "${site.folder.path}/jane$N.json"`);
    await using cluster = await Cluster.connect({ kubeconfig });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    expect(await pod.get()).toMatchObject(named);
    expect(await pod.get()).toMatchObject(named);
    expect(site.server.seen.map(({ certificate }) => certificate)).toEqual(["jane1", "jane2", "jane2"]);
    expect(site.sent).toEqual([undefined, undefined, undefined]);
    expect(site.runs).toBe(2);
  });

  it("is told of the cluster, and of its extension, when it asks (P32)", async () => {
    await using site = await Site.start();
    const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a" } }];
    const body = `echo "$KUBERNETES_EXEC_INFO" > "${site.folder.path}/info"\necho '${JSON.stringify({
      apiVersion: version,
      kind: "ExecCredential",
      status: { token: "t" },
    })}'`;
    await getPod({ kubeconfig: site.plugin(body, { provideClusterInfo: true }, { extensions }) });
    const info = JSON.parse(readFileSync(join(site.folder.path, "info"), "utf8"));
    expect(info).toEqual({
      apiVersion: version,
      kind: "ExecCredential",
      spec: {
        interactive: false,
        cluster: {
          server: site.server.url,
          "certificate-authority-data": base64(site.authority.cert),
          config: { audience: "a" },
        },
      },
    });
  });

  it.each([
    ["fails", "echo s3cret; exit 7", "it ended with 7"],
    ["prints nonsense", "echo s3cret", "its output is not JSON"],
  ])(
    "that %s is CREDENTIAL_FAILED before any request, naming call, command and user (P33)",
    async (_case, body, why) => {
      await using site = await Site.start();
      const kubeconfig = site.plugin(body);
      const error = await rejected(getPod({ kubeconfig }));
      expect(error).toMatchObject({ code: "CREDENTIAL_FAILED", message: expect.stringContaining(why) });
      expect(String(error)).toContain(`${join(site.folder.path, "login")}\` of user "u" in ${kubeconfig}`);
      expect(String(error)).toContain('get pods "web" in namespace "shop"');
      expect(String(error)).not.toContain("s3cret");
      expect(site.server.seen).toHaveLength(0);
    },
  );

  it("that hangs lets a call end by its deadline, and goes with the cluster (P33)", async () => {
    await using site = await Site.start();
    const cluster = await Cluster.connect({ kubeconfig: site.plugin("exec sleep 1000") });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    expect(await rejected(pod.get({ timeoutMs: 50 }))).toMatchObject({ code: "TIMEOUT" });
    const waiting = rejected(pod.get());
    await cluster.close();
    expect(await waiting).toMatchObject({ code: "STOPPED" });
  });
});

describe("a tokenFile", () => {
  it("is read again when it was rotated: a 401, one re-read, one repeat (H27, P33)", async () => {
    await using site = await Site.start();
    site.folder.write("token", "one\n");
    site.server.answer = ({ headers }) =>
      headers.authorization === "Bearer one" && site.sent.length > 1 ? 401 : 200;
    await using cluster = await Cluster.connect({ kubeconfig: site.user({ tokenFile: "token" }) });
    const pod = cluster.resources(Pod).inNamespace("shop").withName("web");
    await pod.get();
    site.folder.write("token", "two\n");
    expect(await pod.get()).toMatchObject(named);
    expect(site.sent).toEqual(["Bearer one", "Bearer one", "Bearer two"]);
  });

  it("that was not rotated leaves a 401 as it is, without a repeat (P33)", async () => {
    await using site = await Site.start();
    site.folder.write("token", "one\n");
    site.server.answer = () => 401;
    const error = await rejected(getPod({ kubeconfig: site.user({ tokenFile: "token" }) }));
    expect(error).toMatchObject({ code: "API", status: 401 });
    expect(site.sent).toEqual(["Bearer one"]);
  });
});

describe("an auth-provider", () => {
  it("gives its token, from a file and from a KubeConfig (P32)", async () => {
    await using site = await Site.start();
    const claims = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600 }));
    const token = `e30.${claims.toString("base64url")}.c2ln`;
    const file = site.user({ "auth-provider": { name: "oidc", config: { "id-token": token } } });
    expect(await getPod({ kubeconfig: file })).toMatchObject(named);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    expect(await getPod({ kubeConfig })).toMatchObject(named);
    expect(site.sent).toEqual([`Bearer ${token}`, `Bearer ${token}`]);
  });
});
