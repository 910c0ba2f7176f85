import { describe, expect, it } from "vitest";
import { MutationCache } from "../../src/store/mutation-cache.ts";
import { Store } from "../../src/store/store.ts";
import { key, world } from "./mutation-world.ts";
import { type Pod, pod } from "./pods.ts";

describe("MutationCache", () => {
  it("shows what was written at once, until the store has it or something newer (S19, S23)", () => {
    const { store, cache, read, write } = world();
    write("15", { node: "n2" });
    expect([read(), cache.has(key), cache.size, cache.resourceVersion]).toEqual(["15", true, 1, "10"]);
    store.upsert(pod(key, "12", { uid: "u1" }));
    expect(read()).toBe("15");
    store.upsert(pod(key, "15", { uid: "u1" }));
    expect(cache.get(key)).toBe(store.get(key));
    write("16");
    store.upsert(pod(key, "18", { uid: "u1" }));
    expect(read()).toBe("18");
  });

  it("shows what was created at once, and its deletion before the watch knew of it (S23, S24)", () => {
    const { store, cache, read, write } = world();
    write("15", { uid: "n" }, "shop/new");
    expect([read("shop/new"), cache.size, cache.keys().sort()]).toEqual(["15", 2, ["shop/new", key]]);
    // The store has got as far without it: it came and went.
    store.setResourceVersion("15");
    expect([read("shop/new"), cache.size]).toEqual(["", 1]);
  });

  it("drops what it holds when another object took the name since (S23)", () => {
    const { store, read, write } = world();
    write("15");
    store.delete(key, "16");
    expect(read()).toBe("");
    write("17", { uid: "u2" });
    store.upsert(pod(key, "19", { uid: "u3" }));
    expect(read()).toBe("19");
  });

  it("ignores an answer that is older than one before it, than the store, or nothing new (S24)", () => {
    const { store, cache, read, write } = world();
    write("15");
    const shown = cache.get(key);
    write("12");
    write("15");
    expect(cache.get(key)).toBe(shown);
    write("16");
    expect(read()).toBe("16");
    write("14", { uid: "u0" });
    expect(read()).toBe("16");
    store.upsert(pod(key, "20", { uid: "u1" }));
    write("19");
    expect(read()).toBe("20");
  });

  it("keeps a copy, frozen where that is asked for: what the caller does with its own changes nothing (S7)", () => {
    for (const freeze of [false, true]) {
      const { cache } = world({ freeze });
      const { object } = pod(key, "15", { uid: "u1", node: "n2" });
      cache.written(object);
      object.spec = { nodeName: "mine" };
      expect(cache.get(key)?.spec?.nodeName).toBe("n2");
      expect(Object.isFrozen(cache.get(key)?.spec)).toBe(freeze);
    }
  });

  it("lists, and finds by index, what was written in place of what is stored (S8, S23)", () => {
    const { cache, write, store } = world();
    store.upsert(pod("shop/db-0", "11", { uid: "d", node: "n1", labels: { app: "db" } }));
    write("15", { node: "n2", labels: { app: "web" }, zones: ["z1", "z2"] });
    write("16", { uid: "n", node: "n1", labels: { app: "web" } }, "test/new");
    const shown = (pods: readonly Pod[]): string[] =>
      pods.map(({ metadata }) => `${metadata?.name}@${metadata?.resourceVersion}`);
    expect(shown(cache.list())).toEqual(["db-0@11", "web-0@15", "new@16"]);
    expect(shown(cache.list({ namespace: "" }))).toHaveLength(3);
    expect(shown(cache.list({ namespace: "shop" }))).toEqual(["db-0@11", "web-0@15"]);
    expect(shown(cache.list({ labels: "app=web" }))).toEqual(["web-0@15", "new@16"]);
    expect(shown(cache.list({ namespace: "test", labels: "app!=db" }))).toEqual(["new@16"]);
    expect(shown(cache.byIndex("node", "n1"))).toEqual(["db-0@11", "new@16"]);
    expect(shown(cache.byIndex("node", ["n2", "n3"]))).toEqual(["web-0@15"]);
    expect(shown(cache.byIndex("zone", ["z1", "z2"]))).toEqual(["web-0@15"]);
    expect(shown(cache.byIndex("namespace", "test"))).toEqual(["new@16"]);
    cache.deleted({ key: "shop/db-0", uid: "d" });
    expect(shown(cache.byIndex("node", "n1"))).toEqual(["new@16"]);
    expect(shown(cache.list({ namespace: "shop" }))).toEqual(["web-0@15"]);
  });

  it("keeps an object out of an index whose function fails, as the store does (S12, S13)", () => {
    const { cache, store, write } = world();
    store.addIndexers({
      fussy: (one: Pod) => {
        if (one.metadata?.resourceVersion === "15") throw new TypeError("no");
        return "all";
      },
    });
    write("15");
    const read = (name: string): Pod[] => cache.byIndex(name as "node", "all");
    expect(read("fussy")).toEqual([]);
    expect(() => read("none")).toThrow(expect.objectContaining({ code: "INDEX_UNKNOWN" }));
  });

  it("reads an object as missing that a write took out of what is followed", () => {
    const { cache, store, read, write } = world({ matches: (one) => one.metadata?.labels?.app === "web" });
    expect(read()).toBe("10");
    write("15", { labels: { app: "db" } });
    expect([read(), cache.has(key), cache.size, cache.list(), cache.keys()]).toEqual(["", false, 0, [], []]);
    write("16", { uid: "n", labels: { app: "db" } }, "shop/new");
    expect([cache.has("shop/new"), cache.size]).toEqual([false, 0]);
    write("17", { labels: { app: "web" } });
    expect(read()).toBe("17");
    store.delete(key, "17");
    expect(read()).toBe("");
  });

  it("refuses reads as the store does: before the first list, by what can be no key", () => {
    const cache = new MutationCache(new Store<Pod>());
    cache.written(pod(key, "15").object);
    expect(cache.hasSynced).toBe(false);
    for (const read of [
      () => cache.get(key),
      () => cache.has(key),
      () => cache.list(),
      () => cache.keys(),
      () => cache.size,
      () => cache.byIndex("namespace", "shop"),
    ]) {
      expect(read).toThrow(expect.objectContaining({ code: "NOT_SYNCED" }));
    }
    const synced = world();
    synced.write("15");
    expect(() => synced.cache.get("a/b/c")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => synced.cache.list({ labels: "app in (" })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("refuses options that make no sense, and an object without a name", () => {
    const store = new Store<Pod>();
    const wrong: unknown[] = [5, { matches: 5 }, { ttlMs: -1 }, { maxWrites: 0 }, { freeze: "yes" }];
    wrong.push({ mayReturn: 1 }, { onOvertaken: "yes" });
    for (const options of wrong) {
      expect(() => Reflect.construct(MutationCache, [store, options])).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    expect(() => new MutationCache(store).written({ metadata: { resourceVersion: "5" } })).toThrow(
      expect.objectContaining({ code: "BAD_RESPONSE" }),
    );
  });

  it("ignores what has no resourceVersion, or no metadata of a deleted object's uid", () => {
    const { cache, read, write } = world();
    write("");
    cache.deleted({ key, uid: "" });
    expect(read()).toBe("10");
    const { metadata } = pod(key, "15").object;
    cache.written({ metadata: { name: metadata?.name ?? "", namespace: "shop", resourceVersion: "15" } });
    expect(read()).toBe("15");
  });

  it("waits for the store itself (S19)", async () => {
    const { cache, store, write } = world();
    write("15");
    const wait = cache.waitFor("15");
    store.setResourceVersion("15");
    await wait;
    const stopped = AbortSignal.abort();
    const ended = new MutationCache(store, {}, [stopped]).waitFor("16");
    await expect(ended).rejects.toMatchObject({ code: "STOPPED" });
  });
});

describe("MutationCache, deletions", () => {
  it("lets the key read as missing until the store knows, and longer brings nothing back (S25)", () => {
    const { cache, store, read, write } = world();
    cache.deleted({ key, uid: "u1" });
    expect([read(), cache.has(key), cache.size, cache.list(), cache.keys()]).toEqual(["", false, 0, [], []]);
    store.upsert(pod(key, "12", { uid: "u1" }));
    expect(read()).toBe("");
    write("12");
    write("14");
    expect(read()).toBe("");
    store.delete(key, "15");
    write("14");
    expect(read()).toBe("");
    store.upsert(pod(key, "16", { uid: "u2" }));
    expect([read(), cache.size]).toEqual(["16", 1]);
  });

  it("accepts an object that was created anew, but no late answer for the old one (S25)", () => {
    const { cache, store, read, write } = world();
    cache.deleted({ key, uid: "u1" });
    write("20", { uid: "u2" });
    write("14");
    cache.deleted({ key, uid: "u1" });
    expect(read()).toBe("20");
    write("21", { uid: "u2" });
    write("15");
    expect(read()).toBe("21");
    store.delete(key, "19");
    expect(read()).toBe("21");
    store.upsert(pod(key, "20", { uid: "u2" }));
    expect(read()).toBe("21");
    store.upsert(pod(key, "22", { uid: "u2" }));
    expect(read()).toBe("22");
  });

  it("hides older objects of the name too, where it knows a state of the deleted one (S25)", () => {
    const { cache, store, read, write } = world();
    cache.deleted({ key, uid: "u2", resourceVersion: "15" });
    expect(read()).toBe("");
    store.upsert(pod(key, "12", { uid: "u1" }));
    expect(read()).toBe("");
    write("13");
    expect(read()).toBe("");
    store.upsert(pod(key, "15", { uid: "u2" }));
    expect(read()).toBe("");
    store.upsert(pod(key, "18", { uid: "u3" }));
    expect(read()).toBe("18");
  });

  it("hides only the deleted object where it knows no state of it (S25)", () => {
    const { cache, store, read } = world();
    cache.deleted({ key, uid: "u2" });
    expect([read(), cache.size]).toEqual(["10", 1]);
    store.upsert(pod(key, "15", { uid: "u2" }));
    expect([read(), cache.size]).toEqual(["", 0]);
  });

  it("ignores a deletion that came before what it knows (S25)", () => {
    const { cache, store, read, write } = world();
    write("15", { uid: "u2" });
    cache.deleted({ key, uid: "u1", resourceVersion: "10" });
    cache.deleted({ key, uid: "u1" });
    expect(read()).toBe("15");
    cache.deleted({ key, uid: "u2", resourceVersion: "14" });
    cache.deleted({ key, uid: "u1", resourceVersion: "10" });
    store.upsert(pod(key, "15", { uid: "u2" }));
    expect(read()).toBe("");
    store.upsert(pod(key, "18", { uid: "u3" }));
    cache.deleted({ key, uid: "u2", resourceVersion: "15" });
    expect(read()).toBe("18");
  });
});
