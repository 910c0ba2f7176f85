import { describe, expect, it } from "vitest";
import { Lister } from "../../src/store/lister.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "./pods.ts";

function shop(): Store<Pod, { node: typeof byNode }> {
  const store = new Store<Pod, { node: typeof byNode }>({ indexers: { node: byNode } });
  store.replace(
    [
      pod("shop/web-0", "1", { labels: { app: "web" }, node: "n1" }),
      pod("shop/db-0", "2", { labels: { app: "db" }, node: "n1" }),
      pod("test/web-0", "3", { labels: { app: "web", canary: "" }, node: "n2" }),
      pod("test/bare", "4"),
    ],
    "10",
  );
  return store;
}

const keys = (objects: Iterable<Pod>): string[] =>
  Array.from(objects, ({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);

describe("Lister", () => {
  it("lists everything, by namespace, by labels and by both (S26)", () => {
    const lister = new Lister(shop());
    expect(keys(lister.list())).toEqual(["shop/web-0", "shop/db-0", "test/web-0", "test/bare"]);
    expect(keys(lister.list({ namespace: "" })).length).toBe(4);
    expect(keys(lister.list({ namespace: "test" }))).toEqual(["test/web-0", "test/bare"]);
    expect(keys(lister.list({ labels: "app=web" }))).toEqual(["shop/web-0", "test/web-0"]);
    expect(keys(lister.list({ namespace: "test", labels: "app=web,canary" }))).toEqual(["test/web-0"]);
    expect(keys(lister.list({ namespace: "test", labels: "!app" }))).toEqual(["test/bare"]);
    expect(lister.list({ namespace: "none" })).toEqual([]);
  });

  it("refuses a selector that does not parse", () => {
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => new Lister(shop()).list({ labels: "app in (" })).toThrow(refused);
  });

  it("gets by key, and tells what is missing by undefined (S26)", () => {
    const lister = new Lister(shop());
    expect(lister.get("shop/web-0")?.metadata?.resourceVersion).toBe("1");
    expect([lister.get("shop/web-9"), lister.has("shop/web-9"), lister.has("shop/web-0")]).toEqual([
      undefined,
      false,
      true,
    ]);
  });

  it("reads indices under typed names (S26, S13)", () => {
    const lister = new Lister(shop());
    expect(keys(lister.byIndex("node", "n1"))).toEqual(["shop/web-0", "shop/db-0"]);
    expect(lister.indexKeys("namespace", "test")).toEqual(["test/bare", "test/web-0"]);
    expect(lister.indexValues("node")).toEqual(["n1", "n2"]);
    // @ts-expect-error: the names of indices are typed
    expect(() => lister.byIndex("nodee", "n1")).toThrow(expect.objectContaining({ code: "INDEX_UNKNOWN" }));
  });

  it("follows its store, size and resourceVersion with it (S19, S26)", () => {
    const store = new Store<Pod>();
    const lister = new Lister(store);
    expect([lister.hasSynced, lister.resourceVersion]).toEqual([false, ""]);
    expect(() => lister.size).toThrow(expect.objectContaining({ code: "NOT_SYNCED" }));
    store.replace([pod("shop/a", "1")], "10");
    store.upsert(pod("shop/b", "11"));
    expect([lister.hasSynced, lister.resourceVersion, lister.size]).toEqual([true, "11", 2]);
    expect(lister.keys()).toEqual(["shop/a", "shop/b"]);
  });

  it("hands out snapshots: later changes move neither arrays nor iterators (S7)", () => {
    const store = shop();
    const lister = new Lister(store);
    const list = lister.list();
    const found = lister.byIndex("namespace", "shop");
    const iterator = lister[Symbol.iterator]();
    iterator.next();
    store.delete("shop/db-0", "11");
    store.replace([], "12");
    expect(keys(list).length).toBe(4);
    expect(keys(found)).toEqual(["shop/web-0", "shop/db-0"]);
    expect(keys(iterator)).toEqual(["shop/db-0", "test/web-0", "test/bare"]);
    list.length = 0;
    expect([...lister]).toEqual([]);
  });

  it("offers no way to write (S26)", () => {
    const lister: object = new Lister(shop());
    const reachable = Object.getOwnPropertyNames(Object.getPrototypeOf(lister)).sort();
    expect(reachable).toEqual([
      "byIndex",
      "constructor",
      "get",
      "has",
      "hasSynced",
      "indexKeys",
      "indexValues",
      "keys",
      "list",
      "resourceVersion",
      "size",
      "waitFor",
    ]);
    expect(Object.getOwnPropertyNames(lister)).toEqual([]);
  });
});
