import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Cluster } from "kube-reflex";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applyFile } from "../../examples/apply-manifest.ts";
import { describeServer } from "../../examples/ask-the-server.ts";
import { tour } from "../../examples/client-tour.ts";
import { moveEntry, setEntry } from "../../examples/edit-with-retry.ts";
import { echo, through } from "../../examples/exec.ts";
import { followLog } from "../../examples/follow-logs.ts";
import { followNames } from "../../examples/follow-metadata.ts";
import { printOwnSettings } from "../../examples/in-cluster.ts";
import { labelsOf, podsPerNode } from "../../examples/list-across-pages.ts";
import { fetchFromPod } from "../../examples/port-forward.ts";
import { rollOut } from "../../examples/wait-for-rollout.ts";
import { ConfigMap, Deployment, Pod, Secret } from "../../src/kinds/index.ts";

const pod = (name: string, nodeName: string): Pod => ({
  metadata: { name, namespace: "default", labels: { app: name } },
  spec: { nodeName, containers: [{ name: "web", image: "web:1" }] },
  status: { phase: "Running", containerStatuses: [] },
});

describe("examples", () => {
  let server: TestApiServer;
  let cluster: Cluster;

  beforeEach(async () => {
    server = await TestApiServer.start({ listen: false });
    cluster = await server.cluster();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await server.stop();
  });

  it("client-tour lists, scales, edits, applies, reads a log and runs a command", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const template = { spec: { containers: [{ name: "web", image: "web:1" }] } };
    const spec = { selector: { matchLabels: {} }, template };
    server.create(Deployment, { metadata: { name: "web", namespace: "default" }, spec });
    const web = pod("web-0", "n1");
    server.create(Pod, { ...web, metadata: { ...web.metadata, labels: { app: "web" } } });
    server.setLog({ namespace: "default", name: "web-0" }, ["ready"]);
    server.onExec(async ({ command, stdout }) => void stdout.write(command.slice(1).join(" ")));
    await tour(cluster, "default");
    expect(printed.mock.calls).toEqual([["web-0", "Running"], ["ready"], ["hello"]]);
    expect(server.get(Deployment, "default/web")).toMatchObject({
      metadata: { annotations: { "example.com/scaled-by": "hand" } },
      spec: { replicas: 3 },
    });
    expect(server.get(Pod, "default/web-0")?.metadata.labels).toEqual({ app: "web", track: "canary" });
  });

  it("list-across-pages counts over several pages, and reads labels alone", async () => {
    for (const [i, node] of ["n1", "n2", "n1"].entries()) server.create(Pod, pod(`p${i}`, node));
    expect(await podsPerNode(cluster, 2)).toEqual(
      new Map([
        ["n1", 2],
        ["n2", 1],
      ]),
    );
    expect(server.requests.filter({ verb: "list" })).toHaveLength(2);
    expect(await labelsOf(cluster, "default")).toEqual([{ app: "p0" }, { app: "p1" }, { app: "p2" }]);
  });

  it("edit-with-retry wins over others that write in between, and moves an entry once", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" }, data: { key: "v" } });
    server.create(ConfigMap, { metadata: { name: "b", namespace: "default" } });
    server.failNext({ verb: "update", status: 409, times: 2 });
    expect((await setEntry(cluster, "default", "a", "other", "w")).data).toEqual({ key: "v", other: "w" });
    server.failNext({ verb: "update", status: 409 });
    await moveEntry(cluster, "default", "key", { from: "a", to: "b" });
    expect(server.get(ConfigMap, "default/a")?.data).toEqual({ other: "w" });
    expect(server.get(ConfigMap, "default/b")?.data).toEqual({ key: "v" });
  });

  it("wait-for-rollout resolves once the newest version runs everywhere, not before", async () => {
    const template = { spec: { containers: [{ name: "web", image: "web:1" }] } };
    server.create(Deployment, {
      metadata: { name: "web", namespace: "default" },
      spec: { replicas: 2, selector: { matchLabels: {} }, template },
      status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    });
    const rolledOut = rollOut(cluster, "default", "web", "web:2", AbortSignal.timeout(5000));
    await server.requests.next({ verb: "watch" });
    const deployment = cluster.resources(Deployment).inNamespace("default").withName("web");
    const counts = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    await deployment.status.patch({ merge: { status: { observedGeneration: 2, updatedReplicas: 1 } } });
    await deployment.status.patch({ merge: { status: { observedGeneration: 2, ...counts } } });
    const { spec, status } = await rolledOut;
    expect(spec?.template.spec?.containers).toMatchObject([{ name: "web", image: "web:2" }]);
    expect(status).toMatchObject({ observedGeneration: 2, updatedReplicas: 2 });
  });

  it("in-cluster prints what its own namespace has", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    server.create(ConfigMap, {
      metadata: { name: "settings", namespace: "default" },
      data: { a: "1", b: "2" },
    });
    await printOwnSettings(cluster);
    expect(printed.mock.calls).toEqual([["settings", "a, b"]]);
  });

  it("apply-manifest prints what became of each object, and which failed", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    const folder = await mkdtemp(join(tmpdir(), "kube-reflex-example-"));
    const file = join(folder, "shop.yaml");
    await writeFile(
      file,
      `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { colour: blue }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`,
    );
    await applyFile(cluster, file);
    expect(printed.mock.calls).toEqual([["ConfigMap settings created"], ["Namespace shop created"]]);
    expect(server.get(ConfigMap, "shop/settings")?.data).toEqual({ colour: "blue" });
    printed.mockClear();
    server.failNext({ verb: "patch", resource: "configmaps", status: 403 });
    await applyFile(cluster, file);
    expect(printed.mock.calls).toEqual([
      ["ConfigMap settings failed", expect.stringContaining("403")],
      ["Namespace shop applied", ""],
    ]);
    await rm(folder, { recursive: true });
  });

  it("follow-logs prints the last lines and those that come, until it is stopped", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    server.create(Pod, pod("web-0", "n1"));
    const target = { namespace: "default", name: "web-0" };
    server.setLog(
      target,
      Array.from({ length: 12 }, (_, i) => `line ${i}`),
    );
    const stop = new AbortController();
    const ended = followLog(cluster, "default", "web-0", stop.signal);
    await vi.waitFor(() => expect(printed).toHaveBeenCalledTimes(10));
    server.appendLog(target, "one more\n");
    await vi.waitFor(() => expect(printed).toHaveBeenLastCalledWith("one more"));
    expect(printed.mock.calls[0]).toEqual(["line 2"]);
    stop.abort();
    await ended;
  });

  it("exec runs a command to its end, and streams through another", async () => {
    server.create(Pod, pod("web-0", "n1"));
    server.onExec(async ({ command, stdin, stdout }) => {
      if (command[0] === "echo") stdout.write(`${command[1]}\n`);
      else for await (const chunk of stdin) stdout.write(chunk);
      return 0;
    });
    expect(await echo(cluster, "default", "web-0", "hello")).toBe("hello\n");
    const output = new PassThrough();
    expect(await through(cluster, "default", "web-0", Readable.from(["a", "b"]), output)).toBe(0);
    output.end();
    expect(await text(output)).toBe("ab");
  });

  it("port-forward asks the program behind a port for a page", async () => {
    server.create(Pod, pod("web-0", "n1"));
    server.onPortForward(({ connection }) => {
      connection.once("data", () => {
        connection.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
      });
    });
    expect(await fetchFromPod(cluster, "default", "web-0", 80, "/")).toBe("hello");
  });

  it("follow-metadata tells the names of secrets as they come and go", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    server.create(Secret, { metadata: { name: "a", namespace: "default" }, stringData: { key: "hidden" } });
    const stop = new AbortController();
    const ended = followNames(cluster, stop.signal);
    await vi.waitFor(() => expect(printed).toHaveBeenLastCalledWith("+", "default", "a"));
    server.delete(Secret, "default/a");
    await vi.waitFor(() => expect(printed).toHaveBeenLastCalledWith("-", "default", "a"));
    stop.abort();
    await ended;
  });

  it("ask-the-server prints version, state, kinds, objects of a kind by name, and a path's answer", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" } });
    await describeServer(cluster, "v1", "ConfigMap");
    expect(printed.mock.calls).toEqual([
      [expect.stringMatching(/^v1\./), "ready"],
      [expect.any(Number), "kinds"],
      ["default", "settings"],
      [200, "application/json", expect.any(Number)],
    ]);
  });
});
