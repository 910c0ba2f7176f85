import { expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { Recording } from "./recording.ts";

/** What a caller without a type checker may hand over. */
const any = (value: unknown): never => value as never;

it("refuses wrong arguments with INVALID_ARGUMENT before any request (P30)", async () => {
  const server = new Recording();
  const cluster = await server.connect();
  const all = cluster.resources(ConfigMap);
  const maps = all.inNamespace("shop");
  const one = maps.withName("a");
  const controller = new AbortController();
  const calls: Record<string, () => unknown> = {
    "connect(null)": () => Cluster.connect(any(null)),
    "token: 5": () => Cluster.connect({ server: "http://127.0.0.1:1", token: any(5) }),
    "kubeconfig: 5, which is a file descriptor": () => Cluster.connect({ kubeconfig: any(5) }),
    "interceptors: no functions": () => Cluster.connect({ server: "http://h", interceptors: any(["x"]) }),
    "discover(5)": () => cluster.discover(any(5)),
    "cluster.informer(kind)": () => cluster.informer(any(ConfigMap)),
    "cluster.watch(undefined)": () => cluster.watch(any(undefined)),
    "withLabel(null)": () => all.withLabel(any(null), "x"),
    "withLabel(_, null)": () => all.withLabel("app", any(null)),
    "withLabel(_, { not: 5 })": () => all.withLabel("app", any({ not: 5 })),
    "withField(undefined)": () => all.withField(any(undefined), "x"),
    "withField with half a surrogate pair": () => all.withField("metadata.name", "\ud800").list(),
    "get(null)": () => one.get(any(null)),
    "get with a controller for its signal": () => one.get({ signal: any(controller) }),
    "list(5)": () => maps.list(any(5)),
    "list with an object as resourceVersion": () => maps.list({ resourceVersion: any({}) }),
    "watch with a controller for its signal": () => maps.watch({ signal: any(controller) }),
    "informer(null)": () => maps.informer(any(null)),
    "informer with a transform by name": () => maps.informer({ transform: any("strip") }),
    "dryRun of a delete as kubectl writes it": () => one.delete({ dryRun: any("All") }),
    "dryRun of a create as kubectl writes it": () =>
      maps.create({ metadata: { name: "a" } }, { dryRun: any("All") }),
  };
  for (const [what, call] of Object.entries(calls)) {
    const error = await Promise.resolve()
      .then(call)
      .then(
        () => "nothing thrown",
        (thrown: unknown) => thrown,
      );
    expect(error, what).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(server.sent).toEqual([]);
  await cluster.close();
});

it("refuses wrong arguments of a running informer with INVALID_ARGUMENT", async () => {
  const server = new Recording(() => ({
    kind: "ConfigMapList",
    metadata: { resourceVersion: "1" },
    items: [],
  }));
  const cluster = await server.connect();
  const informer = cluster.resources(ConfigMap).informer({ streamingList: "off" });
  await informer.synced();
  const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  const handlers = { added: () => {} };
  expect(() => informer.listen(handlers, any(null))).toThrow(invalid);
  expect(() => informer.listen(handlers, { signal: any(new AbortController()) })).toThrow(invalid);
  expect(() =>
    informer.on(
      any(Symbol("ADDED")),
      any(() => {}),
    ),
  ).toThrow(invalid);
  expect(() => informer.store.get(any(undefined))).toThrow(invalid);
  expect(() => informer.store.list(any(null))).toThrow(invalid);
  expect(() => informer.store.byIndex("namespace", any(undefined))).toThrow(invalid);
  expect(() => informer.stop(any(null))).toThrow(invalid);
  await expect(informer.synced(any(null))).rejects.toThrow(invalid);
  await cluster.close();
});

it("takes a time limit that is longer than a timer's", async () => {
  const server = new Recording(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { metadata: { name: "a" } };
  });
  const cluster = await server.connect();
  const call = cluster
    .resources(ConfigMap)
    .inNamespace("shop")
    .withName("a")
    .get({ timeoutMs: 2 ** 40 });
  await expect(call).resolves.toMatchObject({ metadata: { name: "a" } });
  await cluster.close();
});

it("tells all leases of one informer their health by one report", async () => {
  const server = new Recording(() => ({
    kind: "ConfigMapList",
    metadata: { resourceVersion: "1" },
    items: [],
  }));
  const cluster = await server.connect();
  const told = new Set<unknown>();
  const leases = Array.from({ length: 3 }, () =>
    cluster.resources(ConfigMap).informer({ streamingList: "off" }),
  );
  for (const lease of leases) lease.on("health", (health) => void told.add(health));
  await Promise.all(leases.map((lease) => lease.synced()));
  // One report for each change, however many leases there are: here "live" alone.
  expect(told.size).toBe(1);
  await cluster.close();
});
