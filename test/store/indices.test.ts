import { describe, expect, it } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import { Indexer } from "../../src/store/indexer.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, byZone, type Pod, pod } from "./pods.ts";

const indexers = { node: byNode, zone: byZone };

function indexed(onIndexError?: (error: KubeError) => void): Store<Pod, typeof indexers> {
  const store = new Store<Pod, typeof indexers>({ indexers, ...(onIndexError && { onIndexError }) });
  store.replace([], "1");
  return store;
}

describe("Store, indices", () => {
  it("finds an object under each of its values, and each object once (S8)", () => {
    const store = indexed();
    const a = pod("shop/a", "2", { zones: ["z1", "z2", "z1"] });
    const b = pod("shop/b", "3", { zones: ["z2"] });
    store.upsert(a);
    store.upsert(b);
    expect(store.byIndex("zone", "z1")).toEqual([a.object]);
    expect(store.byIndex("zone", "z2")).toEqual([a.object, b.object]);
    expect(store.byIndex("zone", ["z1", "z2", "z3"])).toEqual([a.object, b.object]);
    expect(store.indexKeys("zone", "z1")).toEqual(["shop/a"]);
  });

  it("moves a key when its values change (S9)", () => {
    const store = indexed();
    store.upsert(pod("shop/a", "2", { zones: ["z1", "z2"] }));
    store.upsert(pod("shop/a", "3", { zones: ["z2", "z3"] }));
    expect(store.indexKeys("zone", "z1")).toEqual([]);
    expect(store.indexKeys("zone", "z2")).toEqual(["shop/a"]);
    expect(store.indexKeys("zone", "z3")).toEqual(["shop/a"]);
    store.upsert(pod("shop/a", "4"));
    expect(store.indexValues("zone")).toEqual([]);
  });

  it("shows the newest object of a key whose values are unchanged (S9)", () => {
    const store = indexed();
    store.upsert(pod("shop/a", "2", { node: "n1", zones: ["z1", "z2"] }));
    const newest = pod("shop/a", "3", { node: "n1", zones: ["z1", "z2"] });
    store.upsert(newest);
    expect(store.byIndex("node", "n1")).toEqual([newest.object]);
    expect(store.byIndex("node", "n1")[0]).toBe(newest.object);
  });

  it("does not touch an index whose values are the same (S9)", () => {
    const indexer = new Indexer<Pod>();
    indexer.add({ zone: byZone }, []);
    const zones = ["z1", "z2"];
    for (const key of ["shop/a", "shop/b"]) indexer.set(indexer.entryOf(pod(key, "1", { zones })));
    indexer.set(indexer.entryOf(pod("shop/a", "2", { zones })));
    // Leaving and entering again would have moved the first key behind the second.
    expect([...indexer.keys("zone", "z1")]).toEqual(["shop/a", "shop/b"]);
  });

  it("cannot be corrupted by changing a stored object or its arrays (S10 BEAT)", () => {
    const store = indexed();
    const zones = ["z1"];
    const record = pod("shop/a", "2", { node: "n1", zones });
    store.upsert(record);
    zones[0] = "z9";
    record.object.spec = { nodeName: "n9" };
    store.upsert(pod("shop/a", "3", { node: "n2", zones: ["z2"] }));
    expect(store.indexValues("node")).toEqual(["n2"]);
    expect(store.indexValues("zone")).toEqual(["z2"]);
    store.delete("shop/a", "4");
    expect(store.indexValues("zone")).toEqual([]);
  });

  it("never asks an index function about an old object (S10 BEAT)", () => {
    const asked: (string | undefined)[] = [];
    const spy = (object: Pod): string => {
      asked.push(object.metadata?.resourceVersion);
      return "x";
    };
    const store = new Store<Pod, { spy: typeof spy }>({ indexers: { spy } });
    store.replace([pod("shop/a", "2")], "2");
    store.upsert(pod("shop/a", "3"));
    store.upsert(pod("shop/a", "4"));
    store.delete("shop/a", "5");
    expect(asked).toEqual(["2", "3", "4"]);
  });

  it("removes empty buckets and keeps the others (S11)", () => {
    const store = indexed();
    store.upsert(pod("shop/a", "2", { node: "n1" }));
    store.upsert(pod("shop/b", "3", { node: "n1" }));
    store.upsert(pod("shop/c", "4", { node: "n2" }));
    store.delete("shop/a", "5");
    store.delete("shop/c", "6");
    expect(store.indexValues("node")).toEqual(["n1"]);
    expect(store.indexKeys("node", "n1")).toEqual(["shop/b"]);
    store.delete("shop/b", "7");
    expect(store.indexValues("node")).toEqual([]);
    expect(store.indexValues("namespace")).toEqual([]);
  });

  it("keeps an object out of an index whose function throws, and reports it (S12 BEAT)", () => {
    const errors: KubeError[] = [];
    const picky = (object: Pod): string => {
      if (object.spec?.nodeName === undefined) throw new TypeError("no node");
      return object.spec.nodeName;
    };
    const store = new Store<Pod, { picky: typeof picky; zone: typeof byZone }>({
      indexers: { picky, zone: byZone },
      onIndexError: (error) => errors.push(error),
    });
    store.replace([pod("shop/bad", "1", { zones: ["z1"] }), pod("shop/good", "2", { node: "n1" })], "2");
    expect(errors).toMatchObject([{ code: "INDEX_FAILED", cause: expect.any(TypeError) }]);
    // The cause's own text may quote the object.
    expect(errors[0]?.message).toBe(
      "Index `picky` of shop/bad, which stays out of it: it threw (TypeError), see the cause",
    );
    expect(store.keys()).toEqual(["shop/bad", "shop/good"]);
    expect(store.indexValues("picky")).toEqual(["n1"]);
    expect(store.indexKeys("zone", "z1")).toEqual(["shop/bad"]);

    // An object that was found before leaves the index with the state that cannot be placed.
    store.upsert(pod("shop/good", "3"));
    expect(store.indexValues("picky")).toEqual([]);
    expect(store.get("shop/good")?.metadata?.resourceVersion).toBe("3");
    expect(errors.length).toBe(2);
  });

  it("reports index errors once the write is visible, and lives without a listener (S12)", () => {
    const seen: unknown[] = [];
    const broken = (): string => {
      throw "no reason";
    };
    const store: Store<Pod> = new Store<Pod>({ onIndexError: () => seen.push(store.resourceVersion) });
    store.addIndexers({ broken });
    store.replace([pod("shop/a", "1")], "10");
    store.upsert(pod("shop/a", "11"));
    expect(seen).toEqual(["10", "11"]);
    const silent = new Store<Pod>();
    silent.addIndexers({ broken }).replace([pod("shop/a", "1")], "10");
    expect(silent.keys()).toEqual(["shop/a"]);
  });

  it("treats values that are no strings as a failed index function (S12)", () => {
    const errors: string[] = [];
    const indexer = new Indexer<Pod>();
    indexer.add({ number: () => JSON.parse("[1]"), none: () => JSON.parse("null") }, []);
    const entry = indexer.entryOf(pod("shop/a", "1"));
    errors.push(...entry.errors.map((error) => error.message));
    indexer.set(entry);
    expect(errors).toEqual([
      "Index `number` of shop/a, which stays out of it: it returned something else than strings",
    ]);
    expect([indexer.values("number"), indexer.values("none")]).toEqual([[], []]);
  });

  it("returns sorted keys, and refuses a name it does not know (S13)", () => {
    const store = indexed();
    for (const name of ["c", "a", "b"]) store.upsert(pod(`shop/${name}`, "2", { node: "n1" }));
    expect(store.indexKeys("node", "n1")).toEqual(["shop/a", "shop/b", "shop/c"]);
    const unknown = expect.objectContaining({
      code: "INDEX_UNKNOWN",
      message: "Index with name `nodee` does not exist; there are: namespace, node, zone",
    });
    // @ts-expect-error: the names of indices are typed
    expect(() => store.byIndex("nodee", "n1")).toThrow(unknown);
    // @ts-expect-error: the names of indices are typed
    expect(() => store.indexKeys("nodee", "n1")).toThrow(unknown);
    // @ts-expect-error: the names of indices are typed
    expect(() => store.indexValues("nodee")).toThrow(unknown);
    expect(store.byIndex("node", "n9")).toEqual([]);
  });

  it("indexes what is stored already when indexers are added (S14)", () => {
    const store = new Store<Pod>();
    store.replace([pod("shop/a", "1", { node: "n1" })], "10");
    const typed = store.addIndexers({ node: byNode });
    expect(typed.indexKeys("node", "n1")).toEqual(["shop/a"]);
    typed.upsert(pod("shop/b", "11", { node: "n1" }));
    typed.delete("shop/a", "12");
    expect(typed.indexKeys("node", "n1")).toEqual(["shop/b"]);
  });

  it("adds no indexer at all when a name is taken or is no function (S14)", () => {
    const store = indexed();
    const taken = expect.objectContaining({ code: "INDEX_CONFLICT" });
    expect(() => store.addIndexers({ fresh: byNode, zone: byZone })).toThrow(taken);
    expect(() => store.addIndexers({ namespace: byNode })).toThrow(taken);
    expect(() => store.addIndexers({ fresh: byNode, bad: JSON.parse("1") })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => store.addIndexers({}).addIndexers({ fresh: byNode })).not.toThrow();
  });

  it("finds objects by namespace without being told to, without touching them (I38)", () => {
    const store = new Store<Pod>();
    const sealed = {
      key: "shop/a",
      uid: "u",
      resourceVersion: "1",
      get object(): Pod {
        throw new TypeError("parsed too early");
      },
    };
    store.replace([sealed, pod("other/b", "2")], "2");
    expect(store.indexKeys("namespace", "shop")).toEqual(["shop/a"]);
    expect(store.indexValues("namespace")).toEqual(["shop", "other"]);
    expect(store.list({ namespace: "other" }).map((object) => object.metadata?.name)).toEqual(["b"]);
    expect(() => store.list()).toThrow("parsed too early");
  });
});
