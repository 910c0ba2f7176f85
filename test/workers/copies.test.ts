import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { MutationCache } from "../../src/store/mutation-cache.ts";
import { Store } from "../../src/store/store.ts";
import { ReaderStore } from "../../src/worker-thread/reader-store.ts";
import { ThreadCopies } from "../../src/worker-thread/thread-copies.ts";
import type { OwnChange } from "../../src/workers/messages.ts";
import { OwnChanges } from "../../src/workers/own-changes.ts";
import { SharedCopies } from "../../src/workers/shared-copies.ts";
import { Widget } from "./widget.ts";

const object = (key: string, resourceVersion: string, uid = key): KubeObject => {
  const [namespace = "", name = ""] = key.split("/");
  return { metadata: { namespace, name, uid, resourceVersion } };
};
const record = (key: string, rv: string, uid = key): ParsedRecord<KubeObject> =>
  new ParsedRecord(key, uid, rv, object(key, rv, uid));
const part = (store: Store<KubeObject>) => ({
  kind: Widget,
  isMetadata: false,
  namespaces: [],
  labels: "",
  store,
});
const never = new AbortController().signal;

describe("shared copies", { timeout: 20_000 }, () => {
  it("are waited for: a large list takes several turns, and no reconcile reads what was before it", async () => {
    const store = new Store<KubeObject>();
    const copies = new SharedCopies([part(store)], { maxBytes: undefined, onError: () => {} });
    const [followed] = copies.handles;
    if (followed === undefined) throw new Error("there is one");
    const reader = SharedStore.attach<KubeObject>(followed.handle);
    expect([copies.isCurrent(0), reader.hasSynced]).toEqual([true, false]);
    store.replace(
      Array.from({ length: 30_000 }, (_, i) => record(`shop/w-${i}`, "5")),
      "7",
    );
    expect([copies.isCurrent(0), reader.hasSynced]).toEqual([false, false]);
    await copies.untilCurrent("Reconcile", () => never);
    expect([copies.isCurrent(0), reader.size, reader.resourceVersion]).toEqual([true, 30_000, "7"]);
    store.upsert(record("shop/w-1", "8"));
    // One write is there at once.
    expect([copies.isCurrent(0), reader.get("shop/w-1")?.metadata?.resourceVersion]).toEqual([true, "8"]);
    copies.close();
  });

  it("are not waited for once the signal aborts, nor where they have no room: then it fails", async () => {
    const store = new Store<KubeObject>();
    const errors: KubeError[] = [];
    const copies = new SharedCopies([part(store)], {
      maxBytes: 2 ** 20,
      onError: (error) => errors.push(error),
    });
    store.replace(
      Array.from({ length: 30_000 }, (_, i) => record(`shop/w-${i}`, "5")),
      "7",
    );
    const aborted = AbortSignal.abort(new KubeError("TIMEOUT", "late"));
    await expect(copies.untilCurrent("Reconcile", () => aborted)).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(copies.untilCurrent("Reconcile", () => never)).rejects.toMatchObject({
      code: "STORE_FULL",
      message: expect.stringContaining("widgets.example.com"),
    });
    expect(errors).toHaveLength(1);
    expect(copies.problems).toEqual([errors[0]?.message]);
    copies.close();
  });
});

describe("own changes", { timeout: 20_000 }, () => {
  const written = (key: string, rv: string, uid = key): OwnChange => ({
    part: 0,
    written: object(key, rv, uid),
  });
  const deleted = (key: string, uid = key): OwnChange => ({ part: 0, deleted: { key, uid } });

  function synced(...records: ParsedRecord<KubeObject>[]): Store<KubeObject> {
    const store = new Store<KubeObject>();
    store.replace(records, "10");
    return store;
  }

  it("are those that the copies do not show yet, of each key the last (S24, S25)", () => {
    const changes = new OwnChanges([synced(record("a/x", "9"))], () => true);
    changes.add(written("a/x", "12"));
    changes.add(written("a/x", "14"));
    changes.add(written("a/x", "13"));
    changes.add(written("a/y", "11"));
    changes.add(deleted("a/y"));
    changes.add(written("a/y", "12"));
    // Of the deletion the store knows: it has none of that name.
    expect(changes.size).toBe(2);
    expect(changes.pending()).toEqual([written("a/x", "14")]);
  });

  it("keep a deletion until the object is gone, and what was created anew (S25)", () => {
    const store = synced(record("a/x", "9"));
    const changes = new OwnChanges([store], () => true);
    changes.add(deleted("a/x"));
    expect(changes.pending()).toEqual([deleted("a/x")]);
    changes.add(written("a/x", "15", "other"));
    expect(changes.pending()).toEqual([written("a/x", "15", "other")]);
    store.upsert(record("a/x", "15", "other"));
    expect(changes.settle()).toEqual([{ part: 0, key: "a/x", resourceVersion: "15" }]);
    expect(changes.size).toBe(0);
  });

  it("are settled once the store is past them, and the threads see just that", () => {
    const store = synced();
    let isCurrent = false;
    const changes = new OwnChanges([store], () => isCurrent);
    changes.add(written("a/x", "12"));
    expect(changes.settle()).toEqual([]);
    // It came and went.
    store.setResourceVersion("13");
    expect(changes.settle()).toEqual([]);
    isCurrent = true;
    expect(changes.settle()).toEqual([{ part: 0, key: "a/x", resourceVersion: "12" }]);
  });

  it("are ten thousand at most", () => {
    const changes = new OwnChanges([synced()], () => true);
    for (let i = 0; i <= 10_000; i++) changes.add(written(`a/${i}`, `${20 + i}`));
    expect(changes.size).toBe(10_000);
    expect(changes.pending()[0]).toEqual(written("a/1", "21"));
  });
});

describe("a thread's copy", { timeout: 20_000 }, () => {
  it("of several namespaces is as far as the main thread says, of each key (S23)", () => {
    const store = new Store<KubeObject>();
    const shared = new SharedStore<KubeObject>(store);
    store.replace([record("a/x", "5")], "10");
    const attach = () => SharedStore.attach<KubeObject>(shared.handle);
    const joined = new ReaderStore<KubeObject>(attach(), true);
    const single = new ReaderStore<KubeObject>(attach(), false);
    expect([single.hasReached("9", { key: "b/y" }), single.hasReached("11", { key: "b/y" })]).toEqual([
      true,
      false,
    ]);
    expect(joined.hasReached("9", { key: "b/y" })).toBe(false);
    joined.settle("b/y", "12");
    expect(["9", "12", "13"].map((rv) => joined.hasReached(rv, { key: "b/y" }))).toEqual([true, true, false]);
    expect(joined.hasReached("9", { key: "b/z" })).toBe(false);
    for (let i = 0; i < 1001; i++) joined.settle(`b/${i}`, "12");
    expect(joined.hasReached("9", { key: "b/y" })).toBe(false);
    const underlying: unknown = joined;
    const cache = new MutationCache<KubeObject>(underlying as Store<KubeObject>);
    cache.written(object("b/w", "11"));
    store.upsert(record("a/x", "20"));
    expect([cache.get("b/w")?.metadata?.resourceVersion, cache.size, cache.keys()]).toEqual([
      "11",
      2,
      ["a/x", "b/w"],
    ]);
    joined.settle("b/w", "11");
    expect([cache.get("b/w"), cache.size]).toEqual([undefined, 1]);
    shared.close();
  });

  it("of several namespaces keeps what was written in one while another gets ahead (S23)", () => {
    const store = new Store<KubeObject>();
    const shared = new SharedStore<KubeObject>(store);
    store.replace([], "10");
    const followed = { kind: Widget, isMetadata: false, labels: "", handle: shared.handle };
    const joined = new ThreadCopies([{ ...followed, namespaces: ["a", "b"] }], () => {});
    const single = new ThreadCopies([{ ...followed, namespaces: ["b"] }], () => {});
    for (const copies of [joined, single]) {
      copies.written({ verb: "create", kind: Widget }, object("b/w", "11"));
      // None of those that it follows.
      copies.written({ verb: "create", kind: Widget }, object("c/w", "12"));
    }
    store.upsert(record("a/x", "20"));
    expect(joined.store(Widget).keys().sort()).toEqual(["a/x", "b/w"]);
    // Of one namespace it says that the object came and went.
    expect(single.store(Widget).keys()).toEqual(["a/x"]);
    joined.settle(0, "b/w", "11");
    expect(joined.store(Widget).keys()).toEqual(["a/x"]);
    shared.close();
  });

  it("tells of its own writes once, and of those of others nothing", () => {
    const store = new Store<KubeObject>();
    const shared = new SharedStore<KubeObject>(store);
    store.replace([], "10");
    const told: OwnChange[] = [];
    const followed = { kind: Widget, isMetadata: false, namespaces: [], labels: "", handle: shared.handle };
    const copies = new ThreadCopies([followed], (change) => told.push(change));
    copies.written({ verb: "create", kind: Widget }, object("a/x", "11"));
    copies.take({ part: 0, written: object("a/y", "12") });
    expect(copies.store(Widget).keys().sort()).toEqual(["a/x", "a/y"]);
    copies.take({ part: 0, deleted: { key: "a/y", uid: "a/y" } });
    expect(copies.store(Widget).keys()).toEqual(["a/x"]);
    expect(told).toEqual([{ part: 0, written: object("a/x", "11") }]);
    shared.close();
  });
});
