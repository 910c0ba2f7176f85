import { describe, expect, it } from "vitest";
import { type ChangesOptions, changesOf, isUnchanged } from "../../src/delta-fifo/changes.ts";
import type { Delta } from "../../src/delta-fifo/delta.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { ObjectRecord } from "../../src/resource/watch-event.ts";
import { Store } from "../../src/store/store.ts";
import { added, change, deleted, mainQueue, modified, record, show } from "./entries.ts";

function stored(...records: ObjectRecord<KubeObject>[]): Store<KubeObject> {
  const store = new Store<KubeObject>();
  store.replace(records, "1");
  return store;
}

function list(records: ObjectRecord<KubeObject>[], isFirst = false): Delta<KubeObject> {
  return { type: "REPLACED", records, resourceVersion: "50", isFirst };
}

function changes(delta: Delta<KubeObject>, store: Store<KubeObject>, options?: ChangesOptions): string[] {
  return changesOf(delta, store, options).map(show);
}

describe("changesOf, a live change", () => {
  it("lets the known state decide, not the delta's type (D29)", () => {
    const store = stored(record("a@1"));
    expect(changes(change("ADDED", "a@2"), store)).toEqual(["MODIFIED a@1→2 u1"]);
    expect(changes(change("MODIFIED", "a@2"), store)).toEqual(["MODIFIED a@1→2 u1"]);
    expect(changes(change("MODIFIED", "b@3"), store)).toEqual(["ADDED b@3 u1"]);
    expect(changes(change("ADDED", "b@3"), store)).toEqual(["ADDED b@3 u1"]);
  });

  it("reports a deletion with the state that came with it, and none of an unknown key", () => {
    const store = stored(record("a@1"));
    expect(changes(change("DELETED", "a@5"), store)).toEqual(["DELETED a@5 u1"]);
    expect(changes(change("DELETED", "b@5"), store)).toEqual([]);
  });

  it("takes another uid as the end of one object and the beginning of another (P6)", () => {
    const store = stored(record("a@1", "old"));
    const both = ["DELETED a@1 old unknown", "ADDED a@7 new"];
    expect(changes(change("MODIFIED", "a@7", "new"), store)).toEqual(both);
    expect(changes(change("ADDED", "a@7", "new"), store)).toEqual(both);
    expect(changes(change("DELETED", "a@7", "new"), store)).toEqual(["DELETED a@1 old unknown"]);
  });

  it("reports a change whose resourceVersion went back (P11)", () => {
    const store = stored(record("a@900"));
    expect(changes(change("MODIFIED", "a@17"), store)).toEqual(["MODIFIED a@900→17 u1"]);
  });

  it("reports the very state that is known only when asked to (I14)", () => {
    const store = stored(record("a@1"), record("b@"));
    expect(changes(change("MODIFIED", "a@1"), store)).toEqual([]);
    expect(changes(change("MODIFIED", "a@1"), store, { unchanged: "deliver" })).toEqual([
      "MODIFIED a@1→1 u1",
    ]);
    // Without a resourceVersion nothing proves that it is the same state.
    expect(changes(change("MODIFIED", "b@"), store)).toEqual(["MODIFIED b@→ u1"]);
    expect([
      isUnchanged(record("a@1"), record("a@1")),
      isUnchanged(record("a@1"), record("a@1", "u2")),
    ]).toEqual([true, false]);
  });

  it("reports nothing for a bookmark (D19)", () => {
    expect(changes({ type: "BOOKMARK", resourceVersion: "9" }, stored(record("a@1")))).toEqual([]);
  });
});

describe("changesOf, a list", () => {
  it("reports everything that vanished first, then adds and updates in list order (D20, K4)", () => {
    const store = stored(record("a@1"), record("b@2"), record("c@3"), record("d@4"));
    const relist = list([record("e@9"), record("c@8"), record("new@7"), record("b@2")]);
    expect(changes(relist, store)).toEqual([
      "DELETED a@1 u1 unknown",
      "DELETED d@4 u1 unknown",
      "ADDED e@9 u1",
      "MODIFIED c@3→8 u1",
      "ADDED new@7 u1",
    ]);
  });

  it("reports a recreated object as deleted, then as added (P6, D16)", () => {
    const store = stored(record("a@1", "old"), record("b@2"));
    const relist = list([record("b@2"), record("c@4"), record("a@3", "new")]);
    expect(changes(relist, store)).toEqual(["DELETED a@1 old unknown", "ADDED c@4 u1", "ADDED a@3 new"]);
  });

  it("calls objects initial in the first list only (D21)", () => {
    expect(changes(list([record("a@1")], true), stored())).toEqual(["ADDED a@1 u1 initial"]);
    expect(changes(list([record("a@1"), record("b@2")]), stored(record("a@1")))).toEqual(["ADDED b@2 u1"]);
    expect(changes(list([], true), stored())).toEqual([]);
  });

  it("reports unchanged objects of a relist only when asked to (I15, I14)", () => {
    const store = stored(record("a@1"), record("b@2"));
    const relist = list([record("a@1"), record("b@3")]);
    expect(changes(relist, store)).toEqual(["MODIFIED b@2→3 u1"]);
    expect(changes(relist, store, { unchanged: "deliver" })).toEqual([
      "MODIFIED a@1→1 u1",
      "MODIFIED b@2→3 u1",
    ]);
  });

  it("reports changes of a restored etcd, whose resourceVersions are lower (P11)", () => {
    const store = stored(record("a@1000"), record("b@1001"));
    expect(changes(list([record("a@12"), record("b@1001")]), store)).toEqual(["MODIFIED a@1000→12 u1"]);
  });

  it("reports a key that is listed twice once, with its last state (S6)", () => {
    const twice = record("a@2");
    expect(changes(list([record("a@1"), twice, record("b@3"), twice]), stored())).toEqual([
      "ADDED a@2 u1",
      "ADDED b@3 u1",
    ]);
  });
});

describe("changesOf, a resync", () => {
  it("reports each stored object as changed into itself (D30)", () => {
    const a = record("a@1");
    const notifications = changesOf({ type: "SYNC" }, stored(a, record("b@2")));
    expect(notifications.map(show)).toEqual(["MODIFIED a@1→1 u1", "MODIFIED b@2→2 u1"]);
    expect(notifications[0]).toMatchObject({ record: a, previous: a });
  });

  it("never brings back a state older than what was queued before it (D6)", () => {
    const queue = mainQueue();
    const store = stored(record("a@1"), record("b@1"));
    queue.push(change("MODIFIED", "a@2"));
    queue.push(change("DELETED", "b@3"));
    queue.push({ type: "SYNC" });
    const told: string[] = [];
    for (let delta = queue.pop(); delta !== undefined; delta = queue.pop()) {
      told.push(...changes(delta, store));
      if (delta.type === "MODIFIED") store.upsert(delta);
      if (delta.type === "DELETED") store.delete(delta.key, delta.resourceVersion);
    }
    expect(told).toEqual(["MODIFIED a@1→2 u1", "DELETED b@3 u1", "MODIFIED a@2→2 u1"]);
  });
});

describe("changesOf, its records", () => {
  it("hands the records on without touching the objects (P36)", () => {
    const sealed = {
      type: "ADDED" as const,
      key: "a",
      uid: "u1",
      resourceVersion: "2",
      get object(): KubeObject {
        throw new TypeError("parsed too early");
      },
    };
    const [notification] = changesOf<KubeObject>(sealed, stored(record("a@1")));
    expect(notification?.record).toBe(sealed);
    expect([added("a@1"), modified("a@2", "a@1"), deleted("a@3")].map(({ type }) => type)).toEqual([
      "ADDED",
      "MODIFIED",
      "DELETED",
    ]);
  });
});
