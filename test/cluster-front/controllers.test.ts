import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Controller } from "../../src/controller/controller.ts";
import type { ControllerBuilder } from "../../src/controller/controller-builder.ts";
import { ConfigMap, Namespace, Pod } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";

let server: TestApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await TestApiServer.start({ listen: false, namespaces: ["a", "b"] });
  cluster = await server.cluster();
});
afterEach(() => server.stop());

const map = (namespace: string, name: string, labels: Record<string, string> = {}): void =>
  void server.create(ConfigMap, { metadata: { namespace, name, labels } });

/** The keys that a controller reconciles, until there are so many. */
async function keysOf(builder: ControllerBuilder<ConfigMap>, count: number): Promise<string[]> {
  const keys: string[] = [];
  const stop = new AbortController();
  const controller: Controller<ConfigMap> = builder.reconcile(({ key }) => {
    if (keys.push(key) === count) stop.abort();
  });
  await controller.run(stop.signal);
  expect(server.openWatches).toBe(0);
  return keys.sort();
}

describe("cluster.controller", () => {
  it("follows a kind everywhere, or what a handle selects, said on either side", async () => {
    for (const namespace of ["a", "b", "default"]) {
      map(namespace, "x", { app: "web" });
      map(namespace, "y");
    }
    const maps = cluster.resources(ConfigMap);
    const inA = maps.inNamespace("a");
    const labelled = maps.inNamespaces("a", "b").withLabel("app", "web");
    expect(await keysOf(cluster.controller(ConfigMap), 6)).toHaveLength(6);
    expect(await keysOf(inA.controller(), 2)).toEqual(["a/x", "a/y"]);
    expect(await keysOf(cluster.controller(inA), 2)).toEqual(["a/x", "a/y"]);
    expect(await keysOf(cluster.controller(labelled), 2)).toEqual(["a/x", "b/x"]);
  });

  it("shares informers with everybody else: one watch for two controllers and an informer (P23)", async () => {
    map("a", "x");
    const informer = cluster.resources(ConfigMap).informer();
    await informer.synced();
    const stop = new AbortController();
    const reconciled = vi.fn();
    const ended = [1, 2].map((number) =>
      cluster
        .controller(ConfigMap, { name: `maps-${number}` })
        .reconcile(({ key }) => reconciled(number, key))
        .run(stop.signal),
    );
    await vi.waitFor(() => expect(reconciled).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    stop.abort();
    await Promise.all(ended);
    expect(server.openWatches).toBe(1);
    await informer.stop();
  });

  it("refuses what a controller cannot follow, before any request", async () => {
    const pods = cluster.resources(Pod);
    const refused = (why: string): unknown =>
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(why) });
    expect(() => pods.withField("spec.nodeName", "n1").controller()).toThrow(refused("withLabels"));
    // A handle of metadata is of another type, and its objects have nothing to reconcile.
    expect(() => cluster.controller(pods.metadata())).toThrow(refused("metadata: true"));
    expect(() => cluster.controller("pods" as never)).toThrow(refused("cluster.resources()"));
    expect(() => cluster.controller(Namespace).in("a")).toThrow(refused("cluster-scoped"));
    expect(() => cluster.controller(Pod, { name: "" })).toThrow(refused("name"));
    expect(server.requests.length).toBe(0);
  });

  it("is STOPPED once the cluster is closed", async () => {
    const pods = cluster.resources(Pod);
    await cluster.close();
    const stopped = expect.objectContaining({ code: "STOPPED" });
    expect(() => cluster.controller(Pod)).toThrow(stopped);
    expect(() => pods.controller()).toThrow(stopped);
  });
});
