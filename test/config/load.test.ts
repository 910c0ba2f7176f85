import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFromCluster } from "../../src/config/in-cluster.ts";
import { loadConfig } from "../../src/config/load.ts";
import { keyPair, kubeconfig, rejected, TestFolder, thrown } from "./files.ts";

const inPod = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

async function mount(folder: TestFolder): Promise<string> {
  folder.write("sa/token", "abc\n");
  folder.write("sa/ca.crt", (await keyPair()).cert);
  folder.write("sa/namespace", "shop\n");
  return join(folder.path, "sa");
}

describe("loadConfig", () => {
  it("takes KUBECONFIG before ~/.kube/config before the pod's own", async () => {
    using folder = new TestFolder();
    const serviceAccount = await mount(folder);
    const named = folder.write("named", kubeconfig({ server: "https://named" }, {}));
    const home = folder.path;
    expect((await loadConfig({ env: inPod, home, serviceAccount })).server).toBe("https://10.0.0.1");
    folder.write(".kube/config", kubeconfig({ server: "https://home" }, {}));
    expect((await loadConfig({ env: inPod, home, serviceAccount })).server).toBe("https://home");
    expect((await loadConfig({ env: { ...inPod, KUBECONFIG: named }, home, serviceAccount })).server).toBe(
      "https://named",
    );
    const env = { KUBECONFIG: join(home, ".kube/config") };
    expect((await loadConfig({ env, home, kubeconfig: named })).server).toBe("https://named");
  });

  it("does not fall back from a kubeconfig that is broken or missing (P26)", async () => {
    using folder = new TestFolder();
    const serviceAccount = await mount(folder);
    const env = { ...inPod, KUBECONFIG: join(folder.path, "gone") };
    const invalid = { code: "INVALID_CONFIG" };
    expect(await rejected(loadConfig({ env, home: folder.path, serviceAccount }))).toMatchObject(invalid);
    folder.write(".kube/config", "[");
    expect(await rejected(loadConfig({ env: inPod, home: folder.path, serviceAccount }))).toMatchObject(
      invalid,
    );
  });

  it("says where it looked when there is nothing, and that a pod has no contexts (P26)", async () => {
    using folder = new TestFolder();
    const nothing = await rejected(loadConfig({ env: {}, home: folder.path }));
    expect(nothing).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("KUBECONFIG is not set"),
    });
    const serviceAccount = await mount(folder);
    const context = await rejected(
      loadConfig({ env: inPod, home: folder.path, serviceAccount, context: "staging" }),
    );
    expect(context).toMatchObject({ message: expect.stringContaining('context "staging"') });
  });

  it("reads this process' environment by itself, which the tests point nowhere", async () => {
    expect(await rejected(loadConfig())).toMatchObject({
      message: expect.stringContaining("/nonexistent/kubeconfig"),
    });
  });
});

describe("configFromCluster", () => {
  it("reads address, authority with its file, token file and namespace (H26)", async () => {
    using folder = new TestFolder();
    const serviceAccount = await mount(folder);
    expect(configFromCluster(inPod, serviceAccount)).toMatchObject({
      server: "https://10.0.0.1",
      tls: { ca: expect.stringContaining("BEGIN CERTIFICATE"), caFile: join(serviceAccount, "ca.crt") },
      credentials: { type: "token-file", path: join(serviceAccount, "token") },
      namespace: "shop",
    });
    const ipv6 = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
    expect(configFromCluster(ipv6, serviceAccount).server).toBe("https://[fd00::1]:6443");
  });

  it("is INVALID_CONFIG outside of a pod, without a port, a token or a certificate (P26)", async () => {
    using folder = new TestFolder();
    const serviceAccount = await mount(folder);
    const invalid = { code: "INVALID_CONFIG" };
    expect(thrown(() => configFromCluster({}, serviceAccount))).toMatchObject(invalid);
    expect(thrown(() => configFromCluster({ KUBERNETES_SERVICE_HOST: "h" }, serviceAccount))).toMatchObject(
      invalid,
    );
    expect(String(thrown(() => configFromCluster(inPod, folder.path)))).toContain(join(folder.path, "token"));
    folder.write("sa/ca.crt", "no certificate");
    expect(String(thrown(() => configFromCluster(inPod, serviceAccount)))).toContain("ca.crt");
    folder.write("sa/token", "\n");
    expect(String(thrown(() => configFromCluster(inPod, serviceAccount)))).toContain("is empty");
  });
});
