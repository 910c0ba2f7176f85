import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { dropFields } from "../../src/informer/drop-fields.ts";
import type { Listener } from "../../src/informer/listener.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { SegmentUse } from "../../src/store/segment-use.ts";
import { ByteWorld, jsonOf, stateOf } from "./byte-world.ts";
import { isCorrupt, type ListenerPlan, Told } from "./bytes-simulation.ts";
import { pass, settle, useFakeTime } from "./source.ts";

useFakeTime();

const namespaces = ["a", "b", "c"];
const keys = namespaces.flatMap((namespace) => ["w", "x", "y", "z"].map((name) => `${namespace}/${name}`));

const plan: fc.Arbitrary<ListenerPlan> = fc.record({
  isByKey: fc.boolean(),
  delivery: fc.constantFrom("every-event", "latest"),
  overflow: fc.constantFrom("coalesce", "pause"),
  highWaterMark: fc.constantFrom(1, 3, 10_000),
  slowMs: fc.constantFrom(0, 0, 0, 0, 0, 3, 40),
  throwsEvery: fc.constantFrom(0, 0, 3),
  retries: fc.boolean(),
  unchanged: fc.boolean(),
  resyncMs: fc.constantFrom(0, 0, 700),
});

type Step =
  | { readonly type: "write"; readonly key: string; readonly bytes: number }
  | { readonly type: "many"; readonly count: number }
  | { readonly type: "remove" | "exchange" | "overwrite"; readonly key: string }
  | { readonly type: "expire"; readonly keys: readonly string[]; readonly removed: readonly string[] }
  | { readonly type: "bookmark" | "cut" | "settle" | "index" | "on" }
  | { readonly type: "pass"; readonly ms: number }
  | { readonly type: "listen"; readonly plan: ListenerPlan }
  | { readonly type: "leave"; readonly which: number }
  | { readonly type: "read"; readonly key: string };

const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      key,
      bytes: fc.integer({ min: 0, max: 3000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("many" as const), count: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("remove" as const, "exchange" as const), key }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("overwrite" as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("expire" as const),
      keys: fc.array(key, { maxLength: 5 }),
      removed: fc.array(key, { maxLength: 3 }),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ type: "settle" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("bookmark" as const, "cut" as const, "index" as const, "on" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 200 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("listen" as const), plan }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leave" as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("read" as const), key }) },
);

const setting = fc.record({
  store: fc.constantFrom("objects" as const, "bytes" as const),
  drops: fc.boolean(),
  joins: fc.boolean(),
  streams: fc.boolean(),
  indexes: fc.boolean(),
  /** Another thread's copy follows, and own writes are laid over the store. */
  isFollowed: fc.boolean(),
  chunkBytes: fc.constantFrom(700, 5000, 64 * 1024),
  segmentBytes: fc.constantFrom(2048, 8192),
  listeners: fc.array(plan, { maxLength: 3 }),
  steps: fc.array(step, { maxLength: 60, size: "max" }),
});

let segmentBytes = 2048;
const counts = { surrendered: 0, moved: 0 };

/** Segments of a few objects, so that memory is given away all the time. */
function useSmallSegments(): void {
  beforeEach(() => {
    vi.spyOn(SegmentPool.prototype, "take").mockImplementation(function (this: SegmentPool<unknown>, bytes) {
      return new Segment(Buffer.alloc(Math.max(segmentBytes, bytes)), this);
    });
    const surrender = Segment.prototype.surrender;
    vi.spyOn(Segment.prototype, "surrender").mockImplementation(function (this: Segment<unknown>) {
      counts.surrendered++;
      const memory = surrender.call(this);
      // As if it was written to at once.
      memory.fill(0x21);
      return memory;
    });
    // Also what the pool would rather leave to the collector.
    const retired = new WeakMap<SegmentPool<unknown>, Segment<unknown>[]>();
    const retire = SegmentPool.prototype.retire;
    vi.spyOn(SegmentPool.prototype, "retire").mockImplementation(function (
      this: SegmentPool<unknown>,
      segment,
    ) {
      retired.set(this, [...(retired.get(this) ?? []), segment]);
      retire.call(this, segment);
    });
    const recycle = SegmentPool.prototype.recycle;
    vi.spyOn(SegmentPool.prototype, "recycle").mockImplementation(function (this: SegmentPool<unknown>) {
      recycle.call(this);
      for (const segment of retired.get(this) ?? []) if (segment.bytes.length > 0) segment.surrender();
      retired.delete(this);
    });
    const copy = SegmentUse.prototype.copy;
    vi.spyOn(SegmentUse.prototype, "copy").mockImplementation(function (this: SegmentUse<unknown>, from, at) {
      counts.moved++;
      return copy.call(this, from, at);
    });
  });
  afterEach(() => void vi.restoreAllMocks());
}

const byNode = (object: ConfigMap): string => object.data?.node ?? "";

async function simulate(input: typeof setting extends fc.Arbitrary<infer V> ? V : never): Promise<void> {
  segmentBytes = input.segmentBytes;
  const world = new ByteWorld();
  world.chunkBytes = input.chunkBytes;
  for (const one of keys.slice(0, 7)) world.put(one, { bytes: 400 });
  const cluster = await world.connect();
  const all = cluster.resources(ConfigMap);
  const handle = input.joins ? all.inNamespaces(...namespaces) : all;
  const informer = handle.informer({
    store: input.store,
    streamingList: input.streams ? "auto" : "off",
    backoff: { initialMs: 10, maxMs: 20, jitter: 0 },
    ...(input.drops ? { transform: dropFields("metadata.managedFields") } : {}),
    ...(input.indexes ? { indexers: { node: byNode } } : {}),
  });
  const shared = input.isFollowed ? new SharedStore(informer.store, { maxBytes: 2 ** 22 }) : undefined;
  const reader = shared && SharedStore.attach<ConfigMap>(shared.handle);
  const own = input.isFollowed ? informer.mutationCache() : undefined;
  const corrupt: unknown[] = [];
  informer.on("error", (error) => void (isCorrupt(error) && corrupt.push(error)));
  const told: { told: Told; listener: Listener }[] = [];
  const listen = (one: ListenerPlan): void => {
    const next = new Told(world, one);
    told.push({ told: next, listener: informer.listen(next.handlers, next.options) });
  };
  input.listeners.forEach(listen);
  const synced = informer.synced();
  await pass(100);
  await synced;
  let isIndexed = false;
  const faults: string[] = [];
  for (const one of input.steps) {
    switch (one.type) {
      case "write":
        own?.written(JSON.parse(jsonOf(world.put(one.key, { bytes: one.bytes }))));
        break;
      case "many":
        for (let count = 0; count < one.count; count++) world.put(keys[count % 5] ?? "", { bytes: 700 });
        break;
      case "overwrite":
        for (let count = 0; count < 6; count++) {
          world.put(one.key, { bytes: 1500 });
          await settle();
        }
        break;
      case "remove":
        world.remove(one.key);
        break;
      case "exchange":
        world.put(one.key, { uid: `another-${world.rv}` });
        break;
      case "expire":
        world.expire(() => {
          for (const key of one.keys) world.put(key, { bytes: 900 });
          for (const key of one.removed) world.remove(key);
        });
        break;
      case "bookmark":
        world.bookmark();
        break;
      case "cut":
        world.cut();
        break;
      case "settle":
        await settle();
        break;
      case "pass":
        await pass(one.ms);
        break;
      case "listen":
        listen(one.plan);
        break;
      case "leave": {
        const [left] = told.splice(one.which % Math.max(1, told.length), 1);
        void left?.listener.remove();
        if (left !== undefined) faults.push(...left.told.faults);
        break;
      }
      case "on": {
        const joined = new Told(world, { ...defaultPlan, slowMs: 2 });
        informer.on("ADDED", (object, context) => joined.handlers.added?.(object, context));
        informer.on("CHANGED", (key) => void (informer.store.has(key) && informer.store.get(key)));
        break;
      }
      case "index":
        if (!isIndexed) informer.addIndexers({ text: (object: ConfigMap) => object.data?.text?.slice(0, 1) });
        isIndexed = true;
        break;
      case "read": {
        const object = informer.store.get(one.key);
        if (object !== undefined) stateOf(world, object);
        for (const each of informer.store.list({ namespace: "a" })) stateOf(world, each);
        for (const each of own?.list() ?? []) stateOf(world, each);
        break;
      }
    }
  }
  const isBusy = (): boolean =>
    informer.health().listeners.some(({ queued, runningMs }) => queued > 0 || runningMs !== undefined);
  await pass(1000);
  for (let second = 0; second < 90 && isBusy(); second++) await pass(1000);
  expect(corrupt).toEqual([]);
  expect([...faults, ...told.flatMap((one) => one.told.atTheEnd())]).toEqual([]);
  const expected = [...world.objects.values()].map(({ key, rv }) => `${key}@${rv}`).sort();
  const listed = informer.store.list().map((object) => stateOf(world, object));
  expect(listed.map(({ key, rv }) => `${key}@${rv}`).sort()).toEqual(expected);
  expect(informer.store.keys().sort()).toEqual([...world.objects.keys()].sort());
  for (const namespace of namespaces) {
    const there = [...world.objects.keys()].filter((key) => key.startsWith(`${namespace}/`));
    expect(informer.store.list({ namespace }).length).toBe(there.length);
  }
  for (const object of informer.store.list()) {
    expect(object.metadata?.managedFields === undefined).toBe(input.drops);
    expect(Object.isFrozen(object.data)).toBe(true);
  }
  if (reader !== undefined && own !== undefined) {
    for (const objects of [reader.list(), own.list()]) {
      expect(
        objects
          .map((object) => stateOf(world, object))
          .map(({ key, rv }) => `${key}@${rv}`)
          .sort(),
      ).toEqual(expected);
    }
    reader.detach();
    shared?.close();
  }
  const closing = cluster.close();
  await pass(1000);
  await closing;
  expect(world.open).toBe(0);
}

const defaultPlan: ListenerPlan = {
  isByKey: false,
  delivery: "every-event",
  overflow: "coalesce",
  highWaterMark: 10_000,
  slowMs: 0,
  throwsEvery: 0,
  retries: false,
  unchanged: false,
  resyncMs: 0,
};

describe("an informer of bytes, with any history and any listeners", () => {
  useSmallSegments();

  it("tells each listener an ordered part of what happened, and never reads memory that is used again (I1, I2, I7, I8, I15, P24, K4, K6)", async () => {
    counts.surrendered = 0;
    counts.moved = 0;
    await fc.assert(fc.asyncProperty(setting, simulate), { numRuns: Number(process.env.SIM_RUNS ?? 150) });
    // Or it would have shown nothing.
    expect(counts.surrendered).toBeGreaterThan(300);
    expect(counts.moved).toBeGreaterThan(100);
  }, 120_000);
});

describe("an informer of bytes, in segments as they are", () => {
  it("tells the same of objects of up to 60 KB, three of which fill a segment", async () => {
    const large = setting.map((input) => ({
      ...input,
      steps: input.steps.map((one) => (one.type === "write" ? { ...one, bytes: 20 * one.bytes } : one)),
    }));
    await fc.assert(fc.asyncProperty(large, simulate), { numRuns: Number(process.env.SIM_RUNS ?? 40) });
  }, 120_000);
});
