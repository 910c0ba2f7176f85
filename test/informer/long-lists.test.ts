import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Informer } from "../../src/informer/informer.ts";
import { TimeSlice } from "../../src/informer/time-slice.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { ByteWorld, stateOf } from "./byte-world.ts";
import { isCorrupt, type ListenerPlan, Told } from "./bytes-simulation.ts";
import { pass, settle, useFakeTime } from "./source.ts";

useFakeTime();

/** More than are written at once. */
const many = 2100;

/** Called at each step of a long list, and wherever else somebody looks whether others should have a turn. */
let between: () => void = () => {};
let looks = 0;

beforeEach(() => {
  between = () => {};
  vi.spyOn(TimeSlice.prototype, "isOver", "get").mockImplementation(() => {
    const now = between;
    now();
    return ++looks % 5 === 0;
  });
});
afterEach(() => void vi.restoreAllMocks());

function worldOf(): ByteWorld {
  const world = new ByteWorld();
  for (let index = 0; index < many; index++) world.put(`n${index % 7}/k${index}`, { bytes: 8 });
  return world;
}

async function informerOf(world: ByteWorld, store: "objects" | "bytes") {
  const cluster = await world.connect();
  const options = { store, streamingList: "off", backoff: { initialMs: 10, maxMs: 20, jitter: 0 } } as const;
  const informer: Informer<ConfigMap> = cluster.resources(ConfigMap).informer(options);
  const errors: unknown[] = [];
  informer.on("error", (error) => void errors.push(error));
  const close = async (): Promise<void> => {
    const closing = cluster.close();
    await pass(1000);
    await closing;
  };
  return { informer, errors, close };
}

const plan: ListenerPlan = {
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

const isNew = (informer: Informer<ConfigMap>, world: ByteWorld): boolean =>
  informer.store.resourceVersion === String(world.rv);

describe.each(["objects", "bytes"] as const)("a long list written in slices, to a store of %s", (store) => {
  it("shows a handler that joins while others are told of it everything once (I8, P24)", async () => {
    for (const joinsAt of ["prepared", "told"]) {
      const world = worldOf();
      const { informer, close } = await informerOf(world, store);
      const first: string[] = [];
      const late: string[] = [];
      const keyOf = (object: ConfigMap): string => stateOf(world, object).key;
      informer.on("ADDED", (object) => void first.push(keyOf(object)));
      let hasJoined = false;
      between = () => {
        if (hasJoined || (joinsAt === "told") !== isNew(informer, world)) return;
        hasJoined = true;
        informer.on("ADDED", (object) => void late.push(keyOf(object)));
      };
      const synced = informer.synced();
      await pass(400);
      await synced;
      await pass(1000);
      expect([hasJoined, first.length, new Set(first).size]).toEqual([true, many, many]);
      expect([joinsAt, late.length, new Set(late).size]).toEqual([joinsAt, many, many]);
      await close();
    }
  });

  it("is known to indices that are added meanwhile (S14)", async () => {
    for (const addsAt of ["prepared", "told"]) {
      const world = worldOf();
      const { informer, close } = await informerOf(world, store);
      informer.listen({ added: () => {} });
      let hasAdded = false;
      between = () => {
        if (hasAdded || (addsAt === "told") !== isNew(informer, world)) return;
        hasAdded = true;
        informer.addIndexers({ node: (object: ConfigMap) => object.data?.node });
      };
      const synced = informer.synced();
      await pass(400);
      await synced;
      await pass(1000);
      const indexed = informer as unknown as Informer<ConfigMap, { node: (object: ConfigMap) => string }>;
      const counts = ["n0", "n1", "n2"].map((value) => indexed.store.byIndex("node", value).length);
      expect([addsAt, hasAdded, ...counts]).toEqual([addsAt, true, many / 3, many / 3, many / 3]);
      world.put("n1/new");
      await settle();
      expect(indexed.store.byIndex("node", `n${world.rv % 3}`).length).toBe(many / 3 + 1);
      await close();
    }
  });

  it("is told once where a resync falls into it: what is not told yet is no part of it (D30)", async () => {
    const world = worldOf();
    const { informer, close } = await informerOf(world, store);
    const listener = new Told(world, { ...plan, resyncMs: 1000 });
    informer.listen(listener.handlers, listener.options);
    const synced = informer.synced();
    await pass(400);
    await synced;
    await pass(500);
    // The next resync is due in the middle of the list.
    let isDue = true;
    between = () => {
      if (!isDue || !isNew(informer, world)) return;
      isDue = false;
      vi.advanceTimersByTime(1000);
    };
    world.expire(() => {
      for (let index = 0; index < many; index += 2) world.put(`n${index % 7}/k${index}`, { bytes: 8 });
      world.put("n0/new");
    });
    await pass(5000);
    expect([isDue, listener.atTheEnd()]).toEqual([false, []]);
    await close();
  });

  it("is told in order, whatever is done between two slices (I1, I2, I8, I15)", async () => {
    const deed = fc.record({
      what: fc.constantFrom("on", "listen", "leave", "index", "read", "list", "write", "resync"),
      at: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 8 }), fc.boolean(), async (deeds, isFirst) => {
        const world = worldOf();
        const { informer, errors, close } = await informerOf(world, store);
        const told: { told: Told; leave: () => unknown }[] = [];
        const listen = (more: Partial<ListenerPlan> = {}): void => {
          const next = new Told(world, { ...plan, ...more });
          const listener = informer.listen(next.handlers, next.options);
          told.push({ told: next, leave: () => listener.remove() });
        };
        listen();
        listen({ isByKey: true });
        // One whose resync falls into the list that is to come.
        listen({ resyncMs: 500 });
        const joined = new Told(world, plan);
        informer.on("MODIFIED", (object, previous, context) =>
          joined.handlers.modified?.(object, previous, context),
        );
        let hasIndex = false;
        let step = 0;
        const act = (): void => {
          step++;
          for (const { what, at } of deeds) {
            if (at !== step) continue;
            if (what === "listen") listen();
            else if (what === "on") informer.on("DELETED", () => {});
            else if (what === "leave") told.pop()?.leave();
            else if (what === "index" && !hasIndex) {
              hasIndex = true;
              informer.addIndexers({ text: (object: ConfigMap) => object.data?.text?.slice(0, 2) });
            } else if (what === "read" && informer.store.hasSynced) informer.store.get("n0/k0");
            else if (what === "list" && informer.store.hasSynced) informer.store.list({ namespace: "n3" });
            else if (what === "write") world.put("n0/k7", { bytes: 8 });
            else if (what === "resync") vi.advanceTimersByTime(500);
          }
        };
        if (isFirst) between = act;
        const synced = informer.synced();
        await pass(400);
        await synced;
        await pass(400);
        between = act;
        world.expire(() => {
          for (let index = 0; index < many; index += 3) world.put(`n${index % 7}/k${index}`, { bytes: 8 });
          for (let index = 1; index < many; index += 50) world.remove(`n${index % 7}/k${index}`);
        });
        await pass(2000);
        expect(errors.filter(isCorrupt)).toEqual([]);
        expect(told.flatMap((one) => one.told.atTheEnd())).toEqual([]);
        expect(informer.store.keys().sort()).toEqual([...world.objects.keys()].sort());
        await close();
      }),
      { numRuns: Number(process.env.SIM_RUNS ?? 12) },
    );
  }, 120_000);
});
