import { describe, expectTypeOf, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { dropFields } from "../../src/informer/drop-fields.ts";
import { Informer } from "../../src/informer/informer.ts";
import { Pod } from "../../src/kinds/index.ts";
import type { ListWatch } from "../../src/reflector/list-watch.ts";
import type { KubeObject } from "../../src/resource/object.ts";

declare const cluster: Cluster;
declare const listWatch: ListWatch<Pod>;

interface Slim extends KubeObject {
  node: string | undefined;
}
const slim = (pod: Pod): Slim => ({ metadata: pod.metadata, node: pod.spec?.nodeName });

describe("an informer's types", () => {
  it("types objects, previous states and contexts of handlers", () => {
    const informer = cluster.resources(Pod).informer();
    expectTypeOf(informer).toEqualTypeOf<Informer<Pod, Record<never, never>>>();
    informer
      .on("ADDED", (pod, { initial, signal }) => {
        expectTypeOf(pod).toEqualTypeOf<Pod>();
        expectTypeOf(initial).toEqualTypeOf<boolean>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      })
      .on("MODIFIED", (pod, previous, { unchanged }) => {
        expectTypeOf(previous).toEqualTypeOf(pod);
        expectTypeOf(unchanged).toEqualTypeOf<boolean>();
      })
      .on("DELETED", async (pod, { finalStateUnknown }) => {
        expectTypeOf(pod.spec?.nodeName).toEqualTypeOf<string | undefined>();
        expectTypeOf(finalStateUnknown).toEqualTypeOf<boolean>();
      })
      .on("CHANGED", (key, { type, initial, unchanged, signal }) => {
        expectTypeOf(key).toEqualTypeOf<string>();
        expectTypeOf(type).toEqualTypeOf<"ADDED" | "MODIFIED" | "DELETED">();
        expectTypeOf(initial && unchanged).toEqualTypeOf<boolean>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      })
      .on("health", ({ state }) => {
        expectTypeOf(state).toEqualTypeOf<"syncing" | "live" | "stale" | "failed" | "stopped">();
      });
    // @ts-expect-error: there is no such event
    informer.on("RENAMED", () => {});
    // @ts-expect-error: a handler is a function
    informer.on("ADDED", "log");
    // @ts-expect-error: DELETED has no previous state
    informer.listen({ deleted: (_pod: Pod, _previous: Pod, _context: object) => {} });
  });

  it("types the store and handlers as what the transform makes: what it drops cannot be read", () => {
    const informer = cluster.resources(Pod).informer({ transform: slim });
    expectTypeOf(informer.store.get("shop/x")).toEqualTypeOf<Slim | undefined>();
    // @ts-expect-error: the transform dropped it
    informer.on("ADDED", (pod) => pod.spec);
    const indexed = cluster.informer(cluster.resources(Pod), {
      transform: slim,
      indexers: { node: (pod) => pod.node },
    });
    expectTypeOf(indexed.store.byIndex("node", "n1")).toEqualTypeOf<Slim[]>();
    // @ts-expect-error: index functions see what the transform made
    cluster.resources(Pod).informer({ transform: slim, indexers: { node: (pod) => pod.spec } });
  });

  it("types a transform and indexers that are written beside each other", () => {
    const pods = cluster.resources(Pod);
    const dropped = pods.informer({
      transform: ({ metadata }) => ({ metadata }),
      indexers: { name: (pod) => pod.metadata.name },
    });
    // @ts-expect-error: the transform dropped it
    dropped.store.list()[0]?.spec;
    const named = cluster.informer(pods, {
      transform: (pod) => ({ metadata: pod.metadata, nodeName: pod.spec?.nodeName }),
      indexers: { node: (pod) => pod.nodeName },
    });
    expectTypeOf(named.store.get("shop/x")?.nodeName).toEqualTypeOf<string | undefined>();
    // @ts-expect-error: the transform dropped it
    named.store.list()[0]?.spec;
  });

  it("types index functions beside declared drops as of the objects themselves", () => {
    const informer = cluster.resources(Pod).informer({
      transform: dropFields("metadata.managedFields"),
      indexers: { node: (pod) => pod.spec?.nodeName },
    });
    expectTypeOf(informer.store.byIndex("node", "n1")).toEqualTypeOf<Pod[]>();
  });

  it("types index names, of options and of addIndexers", () => {
    const informer = cluster.resources(Pod).informer({ indexers: { node: (pod) => pod.spec?.nodeName } });
    informer.store.byIndex("node", "n1");
    informer.store.byIndex("namespace", "shop");
    // @ts-expect-error: no such index
    informer.store.byIndex("nodee", "n1");
    const more = informer.addIndexers({ phase: (pod) => pod.status?.phase });
    more.store.byIndex("phase", "Running");
    more.store.byIndex("node", "n1");
    // @ts-expect-error: a number is no value
    informer.addIndexers({ generation: (pod) => pod.metadata?.generation });
  });

  it("stands alone over a literal ListWatch", () => {
    const informer = new Informer({ listWatch }, { indexers: { node: (pod) => pod.spec?.nodeName } });
    expectTypeOf(informer.store.byIndex("node", "n1")).toEqualTypeOf<Pod[]>();
  });
});
