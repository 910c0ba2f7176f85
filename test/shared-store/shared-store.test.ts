import { describe, expect, it } from "vitest";
import { entryBytes, writeHeader } from "../../src/bytes/entry.ts";
import type { ObjectRecord } from "../../src/resource/watch-event.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import type { SharedReader } from "../../src/shared-store/shared-reader.ts";
import { SharedStore, type SharedStoreOptions } from "../../src/shared-store/shared-store.ts";
import { Lister } from "../../src/store/lister.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, byZone, type Pod, pod } from "../store/pods.ts";

const indexers = { node: byNode, zone: byZone };
type Indexed = Store<Pod, typeof indexers>;

function share(
  store: Indexed,
  options: SharedStoreOptions = {},
): { shared: SharedStore<Pod>; reader: SharedReader<Pod> } {
  const shared = new SharedStore<Pod>(store, options);
  return { shared, reader: SharedStore.attach<Pod>(shared.handle) };
}

function filled(): Indexed {
  const store: Indexed = new Store({ indexers });
  store.replace(
    [
      pod("shop/a", "1", { node: "n1", labels: { app: "web" } }),
      pod("shop/b", "2", { node: "n2", zones: ["z1", "z2"] }),
      pod("bank/c", "3", { node: "n1" }),
    ],
    "10",
  );
  return store;
}

/** A record that has the bytes of its object, and must not be parsed. */
function bytesRecord(key: string, json: string): ObjectRecord<Pod> {
  const bytes = Buffer.alloc(8 + entryBytes(key.length, 1, 1, Buffer.byteLength(json)));
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  writeHeader(words, 8, key.length, 1, 1, Buffer.byteLength(json));
  bytes.write(`${key}u7${json}`, 8 + 12);
  const record = {
    key,
    uid: "u",
    resourceVersion: "7",
    get object(): Pod {
      throw new TypeError("parsed");
    },
    place: { segment: { bytes, words }, at: 8 },
  };
  return record;
}

describe("SharedStore", () => {
  it("takes over what is there, follows write by write, and lets go", () => {
    const store = filled();
    const { shared, reader } = share(store);
    expect(reader.resourceVersion).toBe("10");
    expect(reader.size).toBe(3);
    expect(reader.get("shop/a")).toEqual(store.get("shop/a"));
    store.upsert(pod("shop/a", "11", { node: "n3" }));
    store.delete("bank/c", "12");
    expect(reader.resourceVersion).toBe("12");
    expect(reader.get("shop/a")?.spec?.nodeName).toBe("n3");
    expect(reader.has("bank/c")).toBe(false);
    expect(reader.keys().sort()).toEqual(["shop/a", "shop/b"]);
    store.setResourceVersion("20");
    expect(reader.resourceVersion).toBe("20");
    shared.close();
    store.upsert(pod("shop/z", "30"));
    expect([reader.resourceVersion, reader.size]).toEqual(["20", 2]);
  });

  it("shares the store behind a lister, and what a thread was posted", () => {
    const store = filled();
    const shared = new SharedStore<Pod>(new Lister(store), { name: "pods" });
    const reader = SharedStore.attach<Pod>(structuredClone(shared.handle));
    store.upsert(pod("shop/d", "11", { node: "n1" }));
    expect(reader.indexKeys("node", "n1")).toEqual(["bank/c", "shop/a", "shop/d"]);
  });

  it("reads as a lister does: namespaces, labels, indices, each object once (S8, S13)", () => {
    const { reader } = share(filled());
    const names = (objects: Iterable<Pod>): unknown[] => Array.from(objects, (o) => o.metadata?.name).sort();
    expect(names(reader)).toEqual(["a", "b", "c"]);
    expect(names(reader.list({ namespace: "shop" }))).toEqual(["a", "b"]);
    expect(names(reader.list({ namespace: "" }))).toEqual(["a", "b", "c"]);
    expect(names(reader.list({ labels: "app=web" }))).toEqual(["a"]);
    expect(names(reader.list({ namespace: "shop", labels: "app!=web" }))).toEqual(["b"]);
    expect(names(reader.byIndex("zone", ["z1", "z2", "z3"]))).toEqual(["b"]);
    expect(names(reader.byIndex("namespace", "bank"))).toEqual(["c"]);
    expect(reader.indexKeys("node", "n1")).toEqual(["bank/c", "shop/a"]);
    expect(reader.byIndex("node", "n9")).toEqual([]);
    expect(reader.get("shop/none")).toBeUndefined();
  });

  it("throws what a store throws: before the first list, for unknown indices, for what can be no key", () => {
    const store: Indexed = new Store({ indexers });
    const { reader } = share(store, { name: "pods in shop" });
    expect([reader.hasSynced, reader.resourceVersion]).toEqual([false, ""]);
    const notSynced = expect.objectContaining({
      code: "NOT_SYNCED",
      message: expect.stringContaining("Shared store of pods in shop"),
    });
    for (const read of [
      () => reader.get("shop/a"),
      () => reader.has("shop/a"),
      () => reader.list(),
      () => reader.keys(),
      () => reader.size,
      () => reader.byIndex("node", "n1"),
      () => reader.indexKeys("node", "n1"),
      () => [...reader],
    ]) {
      expect(read).toThrow(notSynced);
    }
    store.replace([], "1");
    expect(reader.hasSynced).toBe(true);
    const unknown = expect.objectContaining({
      code: "INDEX_UNKNOWN",
      message: "Index with name `nodee` does not exist; there are: namespace, node, zone",
    });
    expect(() => reader.byIndex("nodee", "n1")).toThrow(unknown);
    expect(() => reader.indexKeys("nodee", "n1")).toThrow(unknown);
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => reader.get("a/b/c")).toThrow(invalid);
    expect(() => reader.get(JSON.parse("1"))).toThrow(invalid);
    expect(() => reader.list({ labels: "a b" })).toThrow(invalid);
    expect(() => reader.byIndex("node", JSON.parse("1"))).toThrow(invalid);
  });

  it("shares the indices that are asked for, the namespace always, and refuses others", () => {
    const { reader } = share(filled(), { indexers: ["zone"] });
    expect(reader.indexKeys("zone", "z1")).toEqual(["shop/b"]);
    expect(reader.indexKeys("namespace", "shop")).toEqual(["shop/a", "shop/b"]);
    expect(() => reader.byIndex("node", "n1")).toThrow(expect.objectContaining({ code: "INDEX_UNKNOWN" }));
    const unknown = expect.objectContaining({
      code: "INDEX_UNKNOWN",
      message: expect.stringContaining("zome"),
    });
    expect(() => share(filled(), { indexers: ["zome"] })).toThrow(unknown);
  });

  it("finds an object under new values also where its JSON stayed the same (S9)", () => {
    const store = filled();
    const { reader } = share(store);
    const hidden = (nodeName: string): ParsedRecord<Pod> => {
      const object: Pod = { metadata: { namespace: "shop", name: "h" } };
      Object.defineProperty(object, "spec", { value: { nodeName }, enumerable: false });
      return new ParsedRecord("shop/h", "u", "1", object);
    };
    store.upsert(hidden("n7"));
    expect(reader.indexKeys("node", "n7")).toEqual(["shop/h"]);
    store.upsert(hidden("n8"));
    expect([reader.indexKeys("node", "n7"), reader.indexKeys("node", "n8")]).toEqual([[], ["shop/h"]]);
  });

  it("parses anew at each read, and freezes where it is told to", () => {
    const { shared, reader } = share(filled());
    expect(reader.get("shop/a")).not.toBe(reader.get("shop/a"));
    expect(Object.isFrozen(reader.get("shop/a")?.metadata)).toBe(true);
    const loose = SharedStore.attach<Pod>(shared.handle, { freeze: false });
    expect(Object.isFrozen(loose.get("shop/a"))).toBe(false);
    expect(Object.isFrozen(loose.list()[0])).toBe(false);
  });

  it("copies the bytes of objects that nobody has parsed", () => {
    const store = new Store<Pod>();
    const json = '{"metadata":{"name":"ä","namespace":"shop"},"x":"☃"}';
    store.replace([bytesRecord("shop/x", json)], "7");
    const shared = new SharedStore<Pod>(store);
    const reader = SharedStore.attach<Pod>(shared.handle);
    expect(JSON.stringify(reader.get("shop/x"))).toBe(json);
    expect(JSON.stringify(reader.list({ namespace: "shop" }))).toBe(`[${json}]`);
    store.upsert(bytesRecord("shop/y", '{"secret": tr'));
    const corrupt = expect.objectContaining({
      code: "FRAME_CORRUPT",
      message: expect.not.stringContaining("secret"),
    });
    expect(() => reader.get("shop/y")).toThrow(corrupt);
  });

  it("says in stats what it takes", () => {
    const { shared, reader } = share(filled(), { maxBytes: 2 ** 24 });
    const before = shared.stats();
    expect(before).toMatchObject({
      bytes: 2 ** 20,
      maxBytes: 2 ** 24,
      objects: 3,
      readers: 1,
      reads: 0,
      resourceVersion: "10",
      problem: undefined,
    });
    expect(before.usedBytes + before.freeBytes + before.waitingBytes).toBe(before.bytes);
    const snapshot = reader.snapshot();
    expect(shared.stats().reads).toBe(1);
    snapshot.release();
    reader.detach();
    expect(shared.stats()).toMatchObject({ readers: 0, reads: 0 });
  });

  it("refuses handles and options that are none", () => {
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    const { handle } = new SharedStore<Pod>(filled());
    expect(() => SharedStore.attach(JSON.parse("{}"))).toThrow(invalid);
    expect(() => SharedStore.attach({ ...handle, format: JSON.parse('"other"') })).toThrow(invalid);
    expect(() => SharedStore.attach(handle, { freeze: JSON.parse('"yes"') })).toThrow(invalid);
    const wrong: unknown[] = [
      { maxBytes: 1000 },
      { maxBytes: 2 ** 40 },
      { longestReadMs: -1 },
      { name: 1 },
      { onError: 1 },
    ];
    for (const options of wrong) {
      expect(() => new SharedStore<Pod>(filled(), options as SharedStoreOptions)).toThrow(invalid);
    }
  });

  it("throws STOPPED once detached", () => {
    const { reader } = share(filled());
    reader.detach();
    reader.detach();
    const stopped = expect.objectContaining({ code: "STOPPED" });
    expect(() => reader.get("shop/a")).toThrow(stopped);
    expect(() => reader.snapshot()).toThrow(stopped);
  });

  it("keeps an object that JSON cannot hold from being shared, and says so, until it is written again", () => {
    const problems: string[] = [];
    const store = filled();
    const { shared, reader } = share(store, { onError: (error) => problems.push(error.message) });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    store.upsert(new ParsedRecord<Pod>("shop/bad", "u", "11", cyclic));
    expect(problems).toEqual([
      "Share shop/bad: writing its JSON threw (TypeError); give objects that JSON can hold",
    ]);
    expect(reader.resourceVersion).toBe("10");
    store.upsert(pod("shop/a", "12", { node: "n5" }));
    expect(reader.resourceVersion).toBe("10");
    expect(problems.length).toBe(1);
    expect(shared.stats().problem?.code).toBe("STORE_FAILED");
    store.upsert(pod("shop/bad", "13"));
    expect(reader.resourceVersion).toBe("13");
    expect(reader.get("shop/a")?.spec?.nodeName).toBe("n5");
    expect(shared.stats().problem).toBeUndefined();
  });
});
