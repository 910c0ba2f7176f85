import { describe, expect, it } from "vitest";
import { keyOf, keyOfMeta } from "../../src/resource/key.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "./pods.ts";

function filled(...records: ParsedRecord<Pod>[]): Store<Pod> {
  const store = new Store<Pod>();
  store.replace(records, "10");
  return store;
}

const readFailure = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error;
  }
};

describe("Store, keys", () => {
  it("finds an object by namespace/name, whatever its uid (S1)", () => {
    const store = filled(pod("shop/web-0", "1", { uid: "old" }));
    store.upsert(pod(keyOf("shop", "web-0"), "2", { uid: "new" }));
    expect(store.size).toBe(1);
    expect(store.get("shop/web-0")?.metadata?.uid).toBe("new");
  });

  it("finds an object without a namespace by its name (S1)", () => {
    const store = filled(new ParsedRecord<Pod>(keyOf("", "n1"), "u", "1", { metadata: { name: "n1" } }));
    expect(store.get("n1")?.metadata?.name).toBe("n1");
    expect(store.list().length).toBe(1);
  });

  it("refuses to look up what can be no key (S2)", () => {
    const store = filled(pod("shop/web-0", "1"));
    expect(() => store.get("a/b/c")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("is untouched when a record has no key (S3)", () => {
    const store = filled(pod("shop/web-0", "1"));
    const nameless = new ParsedRecord<Pod>("", "u", "11", { metadata: {} });
    expect(() => keyOfMeta({})).toThrow(expect.objectContaining({ code: "BAD_RESPONSE" }));
    expect(() => store.upsert(nameless)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => store.replace([pod("shop/b", "3"), nameless], "20")).toThrow();
    expect([store.keys(), store.resourceVersion]).toEqual([["shop/web-0"], "10"]);
  });

  it("is untouched when an object cannot be read (S3, S6)", () => {
    const unreadable = {
      key: "shop/bad",
      uid: "u",
      resourceVersion: "11",
      get object(): Pod {
        throw new TypeError("transform");
      },
    };
    const store = new Store<Pod, { node: typeof byNode }>({ indexers: { node: byNode } });
    store.replace([pod("shop/web-0", "1", { node: "n1" })], "10");
    expect(() => store.upsert(unreadable)).toThrow("transform");
    expect(() => store.replace([pod("shop/b", "3", { node: "n2" }), unreadable], "20")).toThrow("transform");
    expect([store.keys(), store.resourceVersion]).toEqual([["shop/web-0"], "10"]);
    expect(store.indexValues("node")).toEqual(["n1"]);
  });
});

describe("Store, writes", () => {
  it("writes known and unknown objects alike, and misses without an error (S4)", () => {
    const store = filled();
    store.upsert(pod("shop/a", "11"));
    const newer = pod("shop/a", "12");
    store.upsert(newer);
    expect(store.get("shop/a")).toBe(newer.object);
    expect([store.get("shop/b"), store.has("shop/b"), store.has("shop/a")]).toEqual([undefined, false, true]);
    expect(store.record("shop/a")).toBe(newer);
    expect([...store.records()]).toEqual([newer]);
  });

  it("deletes a missing key without an error, and takes its resourceVersion (S5)", () => {
    const store = filled(pod("shop/a", "1"));
    store.delete("shop/b", "11");
    expect([store.keys(), store.resourceVersion]).toEqual([["shop/a"], "11"]);
    store.delete("shop/a", "12");
    expect([store.keys(), store.resourceVersion]).toEqual([[], "12"]);
  });

  it("exchanges everything in one step, seen whole by every reader in between (S6)", () => {
    const store = filled(pod("shop/a", "1"), pod("shop/b", "2"));
    const seen: unknown[] = [];
    // Whatever runs while the new state is taken in still sees the old one, content and version.
    function* list(): Generator<ParsedRecord<Pod>> {
      for (const record of [pod("shop/b", "20"), pod("shop/c", "21")]) {
        seen.push([store.keys(), store.resourceVersion, store.byIndex("namespace", "shop").length]);
        yield record;
      }
    }
    store.replace(list(), "30");
    expect(seen).toEqual([
      [["shop/a", "shop/b"], "10", 2],
      [["shop/a", "shop/b"], "10", 2],
    ]);
    expect([store.keys(), store.resourceVersion]).toEqual([["shop/b", "shop/c"], "30"]);
    expect(store.indexKeys("namespace", "shop")).toEqual(["shop/b", "shop/c"]);
  });

  it("shows index functions the old state until a replace is whole (S6)", () => {
    const seen: number[] = [];
    const store: Store<Pod> = new Store<Pod>();
    store.replace([pod("shop/a", "1")], "10");
    store.addIndexers({
      spy: () => {
        seen.push(store.size);
        return undefined;
      },
    });
    store.replace([pod("shop/a", "1"), pod("shop/b", "2"), pod("shop/c", "3")], "20");
    expect(seen).toEqual([1, 1, 1, 1]);
  });

  it("keeps the last of two objects listed under one key (S6)", () => {
    const store = filled(
      pod("shop/a", "1", { labels: { v: "1" } }),
      pod("shop/a", "2", { labels: { v: "2" } }),
    );
    expect(store.size).toBe(1);
    expect(store.get("shop/a")?.metadata?.labels).toEqual({ v: "2" });
  });

  it("leaves the objects as they are: no copy, no field lost (S7, P36)", () => {
    const record = pod("shop/a", "1");
    const object = Object.assign(record.object, { fieldNewerThanThisLibrary: { nested: [1] } });
    const store = filled(record);
    expect(store.get("shop/a")).toBe(object);
    expect(JSON.stringify(store.get("shop/a"))).toContain('"fieldNewerThanThisLibrary":{"nested":[1]}');
  });
});

describe("Store, resourceVersion", () => {
  it("follows the last write verbatim, also when it goes back (S18)", () => {
    const store = new Store<Pod>();
    const seen = [store.resourceVersion];
    const note = (): unknown => seen.push(store.resourceVersion);
    store.replace([pod("shop/a", "90")], "100");
    note();
    store.upsert(pod("shop/a", "0101"));
    note();
    store.upsert(pod("shop/a", "99"));
    note();
    store.delete("shop/a", "98");
    note();
    store.setResourceVersion("105");
    note();
    store.replace([], "7");
    note();
    expect(seen).toEqual(["", "100", "0101", "99", "98", "105", "7"]);
  });

  it("stays where a write carries none (S18, S20)", () => {
    const store = filled(pod("shop/a", "1"));
    store.upsert(pod("shop/b", ""));
    store.delete("shop/b");
    store.delete("shop/a", "");
    expect(store.resourceVersion).toBe("10");
  });

  it("moves in the same step as the content (S19)", () => {
    const store = new Store<Pod>();
    const seen: unknown[] = [];
    store.addIndexers({
      spy: () => {
        seen.push([store.resourceVersion, store.record("shop/a")?.resourceVersion]);
        return undefined;
      },
    });
    store.replace([pod("shop/a", "1")], "10");
    store.upsert(pod("shop/a", "11"));
    store.upsert(pod("shop/a", "12"));
    seen.push([store.resourceVersion, store.record("shop/a")?.resourceVersion]);
    expect(seen).toEqual([
      ["", undefined],
      ["10", "1"],
      ["11", "11"],
      ["12", "12"],
    ]);
  });
});

describe("Store, before the first list", () => {
  it("refuses every read with NOT_SYNCED, also when changes came already", () => {
    const store = new Store<Pod>();
    store.upsert(pod("shop/a", "1"));
    const reads = [
      () => store.get("shop/a"),
      () => store.has("shop/a"),
      () => store.list(),
      () => store.keys(),
      () => store.size,
      () => store.byIndex("namespace", "shop"),
      () => store.indexKeys("namespace", "shop"),
      () => store.indexValues("namespace"),
    ];
    for (const read of reads) expect(readFailure(read)).toMatchObject({ code: "NOT_SYNCED" });
    expect(store.hasSynced).toBe(false);
    store.replace([], "1");
    expect(store.hasSynced).toBe(true);
    expect(store.list()).toEqual([]);
  });

  it("says which store it is, where it was told", () => {
    const failure = readFailure(() => new Store<Pod>({ name: "pods in shop" }).get("shop/a"));
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /^Store of pods in shop, read shop\/a: nothing was listed yet; .*health\(\)/,
      ),
    });
  });
});

describe("Store, large", () => {
  // The time limit is for a machine that is busy with other things; this takes half a second.
  it("lists 150,000 objects of one namespace (P16)", { timeout: 60_000 }, () => {
    const store = new Store<Pod>();
    const object: Pod = { metadata: { namespace: "shop" } };
    const records = Array.from(
      { length: 150_000 },
      (_, at) => new ParsedRecord(`shop/web-${at}`, "u", "1", object),
    );
    store.replace(records, "10");
    expect(store.list().length).toBe(150_000);
    expect(store.list({ namespace: "shop" }).length).toBe(150_000);
    expect(store.keys().length).toBe(150_000);
    expect(store.byIndex("namespace", ["shop", "other"]).length).toBe(150_000);
    expect(store.indexKeys("namespace", "shop").length).toBe(150_000);
  });
});
