import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { configFromClientNode } from "../../src/config/client-node.ts";
import { base64, keyPair, kubeconfig, TestFolder, thrown } from "./files.ts";

describe("configFromClientNode", () => {
  it("reads a KubeConfig of client-node: cluster, user, certificates, context (P32)", async () => {
    const { cert, key } = await keyPair();
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(
      JSON.stringify(
        kubeconfig(
          {
            "certificate-authority-data": base64(cert),
            "tls-server-name": "kube",
            "proxy-url": "http://proxy:1",
          },
          {
            token: "abc",
            as: "jane",
            "client-certificate-data": base64(cert),
            "client-key-data": base64(key),
          },
          { namespace: "shop" },
        ),
      ),
    );
    expect(configFromClientNode(kubeConfig)).toMatchObject({
      server: "https://cluster.example:6443",
      tls: { ca: cert, cert, key, serverName: "kube", insecureSkipVerify: false },
      credentials: { type: "token", token: "abc" },
      proxyUrl: "http://proxy:1",
      impersonate: { user: "jane" },
      namespace: "shop",
    });
  });

  it("reads files that client-node has made absolute, and exec plugins", async () => {
    using folder = new TestFolder();
    folder.write("ca.crt", (await keyPair()).cert);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "aws", interactiveMode: "Never" };
    const file = folder.write("config", kubeconfig({ "certificate-authority": "ca.crt" }, { exec }));
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    const config = configFromClientNode(kubeConfig);
    expect(config.tls.ca).toContain("BEGIN CERTIFICATE");
    expect(config.credentials).toMatchObject({ type: "exec", exec: { command: "aws" } });
  });

  it("reads one built by hand, another context of it, and refuses what is none (P26)", () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: "cl", server: "http://127.0.0.1:8001", skipTLSVerify: false },
      { name: "u" },
    );
    expect(configFromClientNode(kubeConfig).server).toBe("http://127.0.0.1:8001");
    expect(thrown(() => configFromClientNode(kubeConfig, "ghost"))).toMatchObject({ code: "INVALID_CONFIG" });
    expect(thrown(() => configFromClientNode(new KubeConfig()))).toMatchObject({ code: "INVALID_CONFIG" });
    // @ts-expect-error: plain JavaScript can do this
    expect(thrown(() => configFromClientNode({}))).toMatchObject({ code: "INVALID_CONFIG" });
  });
});
