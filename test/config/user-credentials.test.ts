import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { configFromClientNode } from "../../src/config/client-node.ts";
import type { Credentials } from "../../src/config/cluster-config.ts";
import { configFromKubeconfig } from "../../src/config/kubeconfig.ts";
import { parseKubeconfig } from "../../src/config/kubeconfig-document.ts";
import { base64, keyPair, kubeconfig, thrown } from "./files.ts";

function read(user: object, cluster: object = {}): Credentials {
  const text = JSON.stringify(kubeconfig(cluster, user));
  return configFromKubeconfig(parseKubeconfig(text, "FILE", "/folder")).credentials;
}

const exec = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: "login",
  interactiveMode: "IfAvailable",
};
const oidc = { name: "oidc", config: { "id-token": "a.b.c" } };

describe("an exec plugin", () => {
  it("gets the cluster's own extension, and what it asks for is kept (P32)", () => {
    const extensions = [
      { name: "other", extension: 1 },
      { name: "client.authentication.k8s.io/exec", extension: { audience: "a" } },
    ];
    const hint = "\u001b[1mget it\u001b[0m\nfrom the vendor";
    const given = read({ exec: { ...exec, args: ["--port", 8000], installHint: hint } }, { extensions });
    expect(given).toMatchObject({
      exec: {
        clusterConfig: { audience: "a" },
        args: ["--port", "8000"],
        installHint: "[1mget it[0m\nfrom the vendor",
      },
    });
  });

  it("may be silent on interactiveMode in v1beta1 only, as with client-go (P32)", () => {
    const older = { ...exec, apiVersion: "client.authentication.k8s.io/v1beta1", interactiveMode: undefined };
    expect(read({ exec: older })).toMatchObject({ type: "exec" });
    expect(read({ exec: { ...exec, interactiveMode: "Never" } })).toMatchObject({ type: "exec" });
    for (const interactiveMode of [undefined, "Sometimes"]) {
      expect(thrown(() => read({ exec: { ...exec, interactiveMode } }))).toMatchObject({
        code: "INVALID_CONFIG",
        message: expect.stringMatching(/user "u" in FILE: `exec.interactiveMode` .*IfAvailable/),
      });
    }
  });

  it("that must ask somebody is UNSUPPORTED, unless something else says who we are (P32)", () => {
    const asking = { ...exec, interactiveMode: "Always" };
    expect(thrown(() => read({ exec: asking }))).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/user "u" in FILE: .*Always.*IfAvailable/),
    });
    expect(read({ exec: asking, token: "t" })).toEqual({ type: "token", token: "t" });
  });

  it("is not run where a token, a password or a certificate stands beside it, as with client-go (P32)", async () => {
    expect(read({ exec, token: "t" })).toMatchObject({ type: "token" });
    expect(read({ exec, tokenFile: "t" })).toMatchObject({ type: "token-file" });
    expect(read({ exec, username: "u", password: "p" })).toMatchObject({ type: "basic" });
    const { cert, key } = await keyPair();
    const pair = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    expect(read({ exec, ...pair })).toEqual({ type: "none" });
  });

  it.each<[string, object]>([
    ["args that are no list", { args: "token" }],
    ["args that are no texts", { args: [{}] }],
    ["an environment that is no list", { env: { A: "1" } }],
    ["an environment without a value", { env: [{ name: "A" }] }],
    ["a flag that is none", { provideClusterInfo: "yes" }],
    ["no command", { command: undefined }],
    ["a version that nobody knows", { apiVersion: "client.authentication.k8s.io/v1alpha1" }],
  ])("with %s is INVALID_CONFIG, naming entry and field (P26)", (_case, broken) => {
    expect(thrown(() => read({ exec: { ...exec, ...broken } }))).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining(`user "u" in FILE: \`exec.${Object.keys(broken)[0]}\``),
    });
  });
});

describe("an auth-provider", () => {
  it("of client-node's is read with its settings, and an unknown one is UNSUPPORTED (P32)", () => {
    expect(read({ "auth-provider": oidc })).toEqual({
      type: "auth-provider",
      provider: { name: "oidc", settings: oidc.config, origin: 'user "u" in FILE' },
    });
    expect(thrown(() => read({ "auth-provider": { name: "openstack" } }))).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/user "u" in FILE.*openstack.*oidc/),
    });
    for (const broken of [{}, { name: "oidc", config: "x" }]) {
      expect(thrown(() => read({ "auth-provider": broken }))).toMatchObject({ code: "INVALID_CONFIG" });
    }
  });

  it("gives way to a token, and excludes an exec plugin (P32)", () => {
    expect(read({ "auth-provider": oidc, token: "t" })).toMatchObject({ type: "token" });
    expect(thrown(() => read({ "auth-provider": oidc, exec }))).toMatchObject({ code: "INVALID_CONFIG" });
    expect(thrown(() => read({ token: "t", username: "u" }))).toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("of a KubeConfig in a pod is the token file that it stands for (P32)", () => {
    const kubeConfig = new KubeConfig();
    const authProvider = { name: "tokenFile", config: { tokenFile: "/run/token" } };
    kubeConfig.loadFromClusterAndUser(
      { name: "cl", server: "https://h", skipTLSVerify: false },
      { name: "u", authProvider },
    );
    expect(configFromClientNode(kubeConfig).credentials).toEqual({ type: "token-file", path: "/run/token" });
  });

  it("of a KubeConfig may be an exec plugin, or an authenticator that was added to it (P32)", () => {
    const kubeConfig = new KubeConfig();
    const withProvider = (authProvider: object) => {
      kubeConfig.loadFromClusterAndUser(
        { name: "cl", server: "https://h", skipTLSVerify: false },
        { name: "u", authProvider },
      );
      return configFromClientNode(kubeConfig).credentials;
    };
    expect(withProvider({ name: "exec", config: { exec } })).toMatchObject({ exec: { command: "login" } });
    expect(withProvider({ name: "mine" })).toMatchObject({ provider: { name: "mine", source: kubeConfig } });
    kubeConfig.addContext({ name: "other", cluster: "cl", user: "u" });
    const other = configFromClientNode(kubeConfig, "other").credentials;
    expect(other).toMatchObject({ provider: { source: { currentContext: "other" } } });
    expect(kubeConfig.getCurrentContext()).not.toBe("other");
  });
});
