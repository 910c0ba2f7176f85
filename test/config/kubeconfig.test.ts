import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ClusterConfig } from "../../src/config/cluster-config.ts";
import { configFromKubeconfig } from "../../src/config/kubeconfig.ts";
import { parseKubeconfig, readKubeconfigFiles } from "../../src/config/kubeconfig-document.ts";
import { base64, keyPair, kubeconfig, TestFolder, thrown } from "./files.ts";

let pair: { cert: string; key: string };
beforeAll(async () => {
  pair = await keyPair();
});

function read(cluster: object, user: object = {}, context: object = {}): ClusterConfig {
  return configFromKubeconfig(
    parseKubeconfig(JSON.stringify(kubeconfig(cluster, user, context)), "FILE", "/folder"),
  );
}

describe("configFromKubeconfig", () => {
  it("reads what kubectl writes", () => {
    const yaml = `
apiVersion: v1
kind: Config
current-context: staging
preferences: {}
clusters:
- name: kind
  cluster: { server: "https://127.0.0.1:6443/" }
contexts:
- context: { cluster: kind, user: admin, namespace: shop }
  name: staging
users:
- name: admin
  user:
    token: abc
`;
    expect(configFromKubeconfig(parseKubeconfig(yaml, "FILE", "/"))).toMatchObject({
      server: "https://127.0.0.1:6443",
      credentials: { type: "token", token: "abc" },
      namespace: "shop",
      origin: 'context "staging" in FILE',
    });
  });

  it("reads skip-verify, server name, proxy, and plain http servers (P32)", () => {
    const cluster = {
      "insecure-skip-tls-verify": true,
      "tls-server-name": "kube",
      "proxy-url": "socks5://p:1080",
    };
    expect(read(cluster)).toMatchObject({
      tls: { insecureSkipVerify: true, serverName: "kube" },
      proxyUrl: "socks5://p:1080",
    });
    expect(read({ server: "http://127.0.0.1:8001/k8s/" }).server).toBe("http://127.0.0.1:8001/k8s");
    expect(read({ server: "127.0.0.1:8001" }).server).toBe("http://127.0.0.1:8001");
  });

  it.each<[string, object, object]>([
    ["a token", { token: " abc\n" }, { type: "token", token: "abc" }],
    ["a token that YAML takes for a number", { token: 12345 }, { type: "token", token: "12345" }],
    ["a token file, preferred", { token: "old", tokenFile: "t" }, { type: "token-file", path: "/folder/t" }],
    ["name and password", { username: "u", password: "p" }, { type: "basic", username: "u", password: "p" }],
    ["nothing", {}, { type: "none" }],
  ])("reads %s (P32)", (_case, user, credentials) => {
    expect(read({}, user).credentials).toEqual(credentials);
  });

  it("reads impersonation with uid, groups and extra (P32)", () => {
    const user = {
      as: "jane",
      "as-uid": "1",
      "as-groups": ["devs", "ops"],
      "as-user-extra": { scopes: ["a", "b"] },
    };
    expect(read({}, user).impersonate).toEqual({
      user: "jane",
      uid: "1",
      groups: ["devs", "ops"],
      extra: { scopes: ["a", "b"] },
    });
    expect(thrown(() => read({}, { "as-groups": ["devs"] }))).toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("reads an exec plugin; a bare command is looked up in PATH, a path starts from the file's folder (P32)", () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "IfAvailable",
      command: "./bin/login",
      args: ["token"],
      env: [{ name: "A", value: "1" }],
      installHint: "install it",
      provideClusterInfo: true,
    };
    expect(read({}, { exec }).credentials).toMatchObject({
      type: "exec",
      exec: { command: "/folder/bin/login", args: ["token"], env: { A: "1" }, provideClusterInfo: true },
    });
    expect(read({}, { exec: { ...exec, command: "aws" } }).credentials).toMatchObject({
      exec: { command: "aws" },
    });
    for (const broken of [
      { ...exec, command: "" },
      { ...exec, apiVersion: "v1alpha1" },
      { ...exec, env: [{}] },
    ]) {
      const error = thrown(() => read({}, { exec: broken }));
      expect(error).toMatchObject({
        code: "INVALID_CONFIG",
        message: expect.stringContaining('user "u" in FILE'),
      });
    }
  });

  it("reads certificates from data, and from files relative to the kubeconfig, whose paths are kept (H26, P32)", () => {
    const { cert, key } = pair;
    const data = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    const expected = { ca: cert, cert, key, caFile: undefined, certFile: undefined, keyFile: undefined };
    expect(read({ "certificate-authority-data": base64(cert) }, data).tls).toMatchObject(expected);
    using folder = new TestFolder();
    folder.write("pki/ca.crt", cert);
    folder.write("pki/key", key);
    const files = { "client-certificate": "pki/ca.crt", "client-key": "pki/key" };
    const file = folder.write("config", kubeconfig({ "certificate-authority": "pki/ca.crt" }, files));
    expect(configFromKubeconfig(readKubeconfigFiles([file])).tls).toMatchObject({
      ...expected,
      caFile: join(folder.path, "pki/ca.crt"),
      certFile: join(folder.path, "pki/ca.crt"),
      keyFile: join(folder.path, "pki/key"),
    });
  });
});

describe("a broken kubeconfig", () => {
  it("has an auth-provider that is refused by name: UNSUPPORTED (P32)", () => {
    expect(thrown(() => read({}, { "auth-provider": { name: "openstack" } }))).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/user "u" in FILE.*openstack/),
    });
  });

  it.each<[string, object, object, object, string]>([
    ["no server", { server: "" }, {}, {}, 'cluster "cl" in FILE'],
    ["a server that is no URL", { server: "ftp://x" }, {}, {}, 'cluster "cl" in FILE'],
    ["a proxy that is no URL", { "proxy-url": "nope" }, {}, {}, 'cluster "cl" in FILE'],
    [
      "an authority that is not base64",
      { "certificate-authority-data": "%%%" },
      {},
      {},
      "certificate-authority-data",
    ],
    [
      "an authority that is no certificate",
      { "certificate-authority-data": "aGVsbG8=" },
      {},
      {},
      "no PEM certificate",
    ],
    ["an authority that is not there", { "certificate-authority": "gone.crt" }, {}, {}, "/folder/gone.crt"],
    ["a flag that is no flag", { "insecure-skip-tls-verify": "yes" }, {}, {}, "neither true nor false"],
    ["a token that is no text", {}, { token: {} }, {}, 'user "u" in FILE'],
    ["groups that are no list", {}, { as: "a", "as-groups": "devs" }, {}, "as-groups"],
    ["a certificate without a key", {}, { "client-certificate-data": "aGVsbG8=" }, {}, "needed together"],
    ["an unknown user", {}, {}, { user: "ghost" }, 'no user "ghost"; there is "u"'],
    ["an unknown cluster", {}, {}, { cluster: "ghost" }, 'no cluster "ghost"; there is "cl"'],
    ["no cluster", {}, {}, { cluster: "" }, 'context "c" in FILE: it names no cluster'],
  ])("with %s is INVALID_CONFIG naming file and entry (P26)", (_case, cluster, user, context, where) => {
    const error = thrown(() => read(cluster, user, context));
    expect(error).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining(where) });
    expect(error).toMatchObject({ message: expect.stringContaining("FILE") });
  });

  it("with a broken certificate, a foreign key or an authority beside skip-verify is INVALID_CONFIG (P26)", async () => {
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const invalid = { code: "INVALID_CONFIG" };
    expect(thrown(() => read({ "certificate-authority-data": base64(broken) }))).toMatchObject(invalid);
    const foreign = await keyPair();
    const mixed = { "client-certificate-data": base64(pair.cert), "client-key-data": base64(foreign.key) };
    expect(thrown(() => read({}, mixed))).toMatchObject({
      message: expect.stringContaining("does not belong"),
    });
    const noKey = { "client-certificate-data": base64(pair.cert), "client-key-data": base64("s3cret") };
    expect(String(thrown(() => read({}, noKey)))).not.toContain("s3cret");
    const both = { "certificate-authority-data": base64(pair.cert), "insecure-skip-tls-verify": true };
    expect(thrown(() => read(both))).toMatchObject(invalid);
  });

  it("never shows a password of its URLs (P26)", () => {
    for (const server of ["https://u:s3cret@host", "ftp://u:s3cret@host"]) {
      const error = thrown(() => read({ server }));
      expect(error).toMatchObject({ code: "INVALID_CONFIG" });
      expect(String(error)).not.toContain("s3cret");
    }
  });

  it("that has no or an unknown current context says so (P26)", () => {
    const document = parseKubeconfig(
      JSON.stringify({ ...kubeconfig({}, {}), "current-context": "" }),
      "FILE",
      "/",
    );
    expect(String(thrown(() => configFromKubeconfig(document)))).toContain("no `current-context`");
    expect(String(thrown(() => configFromKubeconfig(document, "ghost")))).toContain(
      'no context "ghost"; there is "c"',
    );
    expect(configFromKubeconfig(document, "c").namespace).toBe("default");
    expect(String(thrown(() => configFromKubeconfig(document, "C")))).toContain('did you mean "c"?');
  });
});
