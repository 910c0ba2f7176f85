import { describe, expect, it } from "vitest";
import { EncodedChange } from "../../src/bytes/encoded-record.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { JoinedNamespaces } from "../../src/informer/joined-namespaces.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { ReflectorTarget } from "../../src/reflector/target.ts";
import type { ObjectRecord } from "../../src/resource/watch-event.ts";
import { ByteRecords } from "../../src/store/byte-records.ts";
import { Bytes, jsonOf, type Thing, type ThingFields } from "../bytes/entries.ts";
import { ByteWorld, stateOf } from "./byte-world.ts";
import { pass, settle, useFakeTime } from "./source.ts";

useFakeTime();

/** A target of bytes whose writes can be held up, or fail. */
function targetOf() {
  const pool = new SegmentPool<Thing>(new ObjectReader());
  const records = new ByteRecords<Thing>(pool);
  const replaced: string[][] = [];
  let held: Promise<void> | undefined;
  let fails = false;
  const target: ReflectorTarget<Thing> = {
    replace: (items) => {
      if (fails) throw new Error("as planned");
      replaced.push(items.map(({ key, resourceVersion }) => `${key}@${resourceVersion}`));
      records.replace(items);
    },
    apply: (changes) => {
      if (fails) throw new Error("as planned");
      const write = (): void => {
        for (const change of changes) {
          if (change.type === "DELETED") records.delete(change.key);
          else if (change.type !== "BOOKMARK") records.set(change);
        }
      };
      if (held === undefined) return write();
      return held.then(write);
    },
  };
  return {
    pool,
    records,
    replaced,
    target,
    hold: (until: Promise<void> | undefined) => {
      held = until;
    },
    fail: (does: boolean) => {
      fails = does;
    },
  };
}

/** A change of an object that is bytes. */
function changeOf(
  type: "ADDED" | "DELETED",
  bytes: Bytes,
  key: string,
  fields: ThingFields,
): EncodedChange<Thing> {
  const at = bytes.append(jsonOf(key, fields));
  return new EncodedChange(type, key, bytes.log.segment, at);
}

describe("namespaces joined over bytes", () => {
  it("keep no bytes of their own once the store has them: a relist of one brings the others' as the store has them now", () => {
    const { pool, records, replaced, target } = targetOf();
    const bytes = new Bytes(pool);
    const joined = new JoinedNamespaces<Thing>(target, (key) => records.get(key));
    const [a, b] = [joined.source(), joined.source()];
    a.replace([bytes.record("a/x", { rv: "1" }), bytes.record("a/y", { rv: "1" })], "1");
    expect([replaced, records.size]).toEqual([[], 0]);
    b.replace([bytes.record("b/x", { rv: "2" })], "2");
    expect(replaced).toEqual([["a/x@1", "a/y@1", "b/x@2"]]);
    // The store moves on, and its old memory is used again.
    const data = "d".repeat(30_000);
    for (let rv = 3; rv < 20; rv++) {
      a.apply([changeOf("ADDED", bytes, "a/x", { rv: String(rv), data })]);
      pool.recycle();
    }
    a.apply([changeOf("DELETED", bytes, "a/y", { rv: "20" })]);
    b.replace([bytes.record("b/z", { rv: "21" })], "21");
    expect(replaced.at(-1)).toEqual(["a/x@19", "b/z@21"]);
    expect([...records.values()].map(({ object }) => object.metadata?.name).sort()).toEqual(["x", "z"]);
    expect(records.get("a/x")?.object.data).toBe(data);
  });

  it("hold what is not written yet, however late", async () => {
    const { pool, records, replaced, target, hold } = targetOf();
    const bytes = new Bytes(pool);
    const joined = new JoinedNamespaces<Thing>(target, (key) => records.get(key));
    const [a, b] = [joined.source(), joined.source()];
    a.replace([], "1");
    b.replace([], "1");
    const held = Promise.withResolvers<void>();
    hold(held.promise);
    const written = a.apply([changeOf("ADDED", bytes, "a/x", { rv: "2" })]);
    b.replace([bytes.record("b/x", { rv: "3" })], "3");
    expect(replaced.at(-1)).toEqual(["a/x@2", "b/x@3"]);
    held.resolve();
    await written;
    hold(undefined);
    a.apply([changeOf("ADDED", bytes, "a/x", { rv: "4" })]);
    b.replace([], "5");
    expect(replaced.at(-1)).toEqual(["a/x@4"]);
  });

  it("keep what the target did not take, until it is listed anew", () => {
    const { pool, records, replaced, target, fail } = targetOf();
    const bytes = new Bytes(pool);
    const joined = new JoinedNamespaces<Thing>(target, (key) => records.get(key));
    const [a, b] = [joined.source(), joined.source()];
    a.replace([bytes.record("a/x", { rv: "1" })], "1");
    b.replace([], "1");
    fail(true);
    expect(() => a.apply([changeOf("ADDED", bytes, "a/x", { rv: "2" })])).toThrow("as planned");
    fail(false);
    b.replace([], "3");
    expect(replaced.at(-1)).toEqual(["a/x@2"]);
    a.replace([bytes.record("a/x", { rv: "4" })], "4");
    expect(replaced.at(-1)).toEqual(["a/x@4"]);
  });
});

describe.each(["objects", "bytes"] as const)(
  "an informer of several namespaces, with a store of %s",
  (store) => {
    it("relists one of them with the others untouched, long after they were listed (K4, I36)", async () => {
      const world = new ByteWorld();
      const keys = ["a/x", "b/x", "b/y"];
      for (const key of keys) world.put(key, { bytes: 20_000 });
      const cluster = await world.connect();
      const informer = cluster
        .resources(ConfigMap)
        .inNamespaces("a", "b")
        .informer({ store, streamingList: "off" });
      const errors: unknown[] = [];
      informer.on("error", (error) => void errors.push(error));
      const told: string[] = [];
      const read = (object: ConfigMap): string => stateOf(world, object).key;
      informer.listen({
        added: (object) => void told.push(`+${read(object)}`),
        deleted: (object) => void told.push(`-${read(object)}`),
      });
      const synced = informer.synced();
      await settle();
      await synced;
      for (let round = 0; round < 60; round++) {
        // Only one namespace changes: the other's objects are where they were, or were copied.
        world.put("a/x", { bytes: 20_000 });
        if (round % 3 === 0) world.put("a/z", { bytes: 20_000 });
        await settle();
        if (round % 20 === 19) {
          world.expire(() => world.remove("a/z"));
          await pass(20_000);
        }
      }
      const expected = [...world.objects.values()].map(({ key, rv }) => `${key}@${rv}`).sort();
      const stored = informer.store.list().map((object: ConfigMap): ObjectRecord<ConfigMap>["key"] => {
        const { key, rv } = stateOf(world, object);
        return `${key}@${rv}`;
      });
      expect(stored.sort()).toEqual(expected);
      expect(errors.filter((error) => (error as { code: string }).code === "FRAME_CORRUPT")).toEqual([]);
      expect(told.filter((one) => one === "-a/z").length).toBe(3);
      const closing = cluster.close();
      await pass(100);
      await closing;
    });

    it("lists all of them again where bytes are no JSON, since nobody knows whose they were", async () => {
      const world = new ByteWorld();
      for (const key of ["a/x", "b/x"]) world.put(key);
      const cluster = await world.connect();
      const informer = cluster
        .resources(ConfigMap)
        .inNamespaces("a", "b")
        .informer({ store, streamingList: "off", backoff: { initialMs: 1000, jitter: 0 } });
      const synced = informer.synced();
      await settle();
      await synced;
      world.bookmark();
      await settle();
      const { rv } = world.put("a/x", { isBroken: true });
      world.mend();
      await settle();
      expect(() => informer.store.get("a/x")).toThrow(expect.objectContaining({ code: "FRAME_CORRUPT" }));
      await pass(1000);
      expect(world.lists).toBe(4);
      expect(stateOf(world, informer.store.get("a/x")).rv).toBe(rv);
      await pass(600_000);
      expect(world.lists).toBe(4);
      const closing = cluster.close();
      await pass(100);
      await closing;
    });
  },
);
