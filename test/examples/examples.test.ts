import { TestApiServer } from "kube-reflex/testing";
import { expect, it, vi } from "vitest";
import { count, kindNamed, podsOf } from "../../examples/built-in-kinds.ts";
import { growWidget, Widget } from "../../examples/custom-resource.ts";
import { LeaseCandidate } from "../../examples/kind-from-client-node.ts";
import { connectLogged } from "../../examples/log-requests.ts";
import { watchPods } from "../../examples/pod-watcher.ts";
import { setEntry } from "../../examples/read-and-write.ts";
import { webPods } from "../../examples/select-objects.ts";
import { ConfigMap, Deployment, Pod } from "../../src/kinds/index.ts";

const pod = (name: string): Pod => ({
  metadata: { name },
  spec: { containers: [{ name: "web", image: "web:1" }] },
});

it("pod-watcher prints what happens to pods until it is stopped", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const cluster = await server.cluster();
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const stop = new AbortController();
  const ended = watchPods(cluster, "default", stop.signal);
  const pods = cluster.resources(Pod).inNamespace("default");
  await server.requests.next({ verb: "watch" });
  await pods.create(pod("web-0"));
  await pods.withName("web-0").status.patch({ merge: { status: { phase: "Running" } } });
  await pods.withName("web-0").delete({ gracePeriodSeconds: 0 });
  await vi.waitFor(() => expect(printed.mock.calls.at(-1)).toEqual(["deleted", "web-0"]));
  expect(printed.mock.calls.slice(0, 2)).toEqual([
    ["added", "web-0"],
    ["modified", "web-0", "Running"],
  ]);
  stop.abort();
  await ended;
  printed.mockRestore();
});

it("custom-resource creates and grows a widget", async () => {
  await using server = await TestApiServer.start({ listen: false, kinds: [Widget] });
  const widget = await growWidget(await server.cluster(), "default", "w");
  expect(widget.spec.size).toBe(2);
});

it("built-in-kinds finds pods by a deployment, counts objects, and knows the names of kinds", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const cluster = await server.cluster();
  server.create(Deployment, {
    metadata: { name: "web" },
    spec: { selector: { matchLabels: { app: "shop" } }, template: { spec: { containers: [] } } },
  });
  server.create(Pod, { ...pod("shop-0"), metadata: { name: "shop-0", labels: { app: "shop" } } });
  server.create(Pod, pod("other-0"));
  const found = await podsOf(cluster, "default", "web");
  expect(found.map(({ metadata }) => metadata.name)).toEqual(["shop-0"]);
  expect(await count(cluster, Pod)).toBe(2);
  expect(kindNamed("po")).toBe(Pod);
  expect(kindNamed("widgets")).toBeUndefined();
});

it("kind-from-client-node defines a kind that is served like any other", async () => {
  await using server = await TestApiServer.start({ listen: false, kinds: [LeaseCandidate] });
  const candidates = (await server.cluster()).resources(LeaseCandidate).inNamespace("default");
  const spec = { binaryVersion: "1.36.0", leaseName: "scheduler", strategy: "OldestEmulationVersion" };
  await candidates.create({ metadata: { name: "a" }, spec });
  expect((await candidates.withName("a").get()).spec?.leaseName).toBe("scheduler");
});

it("read-and-write creates what is missing, then patches it", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  const cluster = await server.cluster();
  await setEntry(cluster, "settings", "colour", "blue");
  const settings = await setEntry(cluster, "settings", "size", "2");
  expect(settings.data).toEqual({ colour: "blue", size: "2" });
  server.failNext({ verb: "patch", status: 403 });
  await expect(setEntry(cluster, "settings", "size", "3")).rejects.toMatchObject({
    code: "API",
    status: 403,
  });
  expect(server.get(ConfigMap, "shop/settings")?.data?.size).toBe("2");
});

it("log-requests tells of each request and its answer", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const log = vi.fn();
  await using cluster = await connectLogged({ transport: server.transport }, log);
  await cluster.resources(Pod).inNamespace("default").list({ pageSize: 5 });
  expect(log).toHaveBeenCalledExactlyOnceWith("GET /api/v1/namespaces/default/pods?limit=5 200");
});

it("select-objects selects by labels and fields, from one base", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const create = (name: string, labels: Record<string, string>, phase: string): unknown =>
    server.create(Pod, { ...pod(name), metadata: { name, labels }, status: { phase } });
  create("canary", { app: "web", track: "canary" }, "Running");
  create("stable", { app: "web" }, "Pending");
  create("broken", { app: "web", broken: "" }, "Pending");
  create("other", { app: "db" }, "Running");
  const found: Record<string, (string | undefined)[]> = {};
  for (const [what, handle] of Object.entries(webPods(await server.cluster(), "default"))) {
    found[what] = (await handle.list()).items.map(({ metadata }) => metadata.name);
  }
  expect(found).toEqual({
    web: ["broken", "canary", "stable"],
    canaries: ["canary"],
    stable: ["stable"],
    running: ["canary"],
    same: ["canary"],
  });
});
