import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, expect, it, vi } from "vitest";
import { auditPods, followPods } from "../../examples/informer-with-index.ts";

const pod = (name: string, nodeName: string): Pod => ({
  metadata: { name, namespace: "shop" },
  spec: { nodeName, containers: [{ name: "web", image: "web:1" }] },
});

afterEach(() => {
  vi.restoreAllMocks();
});

it("informer-with-index follows pods by node, with two listeners on one watch", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  server.create(Pod, pod("web-0", "n1"));
  server.create(Pod, pod("web-1", "n2"));
  const cluster = await server.cluster();
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...words) => void printed.push(words.join(" ")));
  const stop = new AbortController();

  const ended = Promise.all([
    followPods(cluster, "shop", "n1", stop.signal),
    auditPods(cluster, "shop", stop.signal),
  ]);
  await vi.waitFor(() => expect(printed).toContainEqual(expect.stringContaining("2 listeners")));
  expect(printed).toContain("1 pods on n1 live");
  expect(server.openWatches).toBe(1);

  const pods = cluster.resources(Pod).inNamespace("shop");
  await pods.withName("web-0").status.patch({ merge: { status: { phase: "Running" } } });
  server.delete(Pod, "shop/web-0");
  await vi.waitFor(() => expect(printed).toContain("audit: deleted web-0 Running"));
  await vi.waitFor(() => expect(printed).toContain("deleted web-0 Running"));
  expect(printed).toContain("found web-0 Pending");
  expect(printed).toContain("was Pending web-0 Running");

  stop.abort();
  await ended;
  expect(server.openWatches).toBe(0);
});
