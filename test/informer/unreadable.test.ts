import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { HandleInformerOptions } from "../../src/cluster/handle-options.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { ByteWorld, stateOf } from "./byte-world.ts";
import { isCorrupt } from "./bytes-simulation.ts";
import { pass, settle, useFakeTime } from "./source.ts";

useFakeTime();

type Options = HandleInformerOptions<ConfigMap, ConfigMap, Record<never, never>>;

/** An informer of `a/x` and `a/y`, synced and following. */
async function following(options: Options = {}, world = new ByteWorld()) {
  if (world.objects.size === 0) for (const key of ["a/x", "a/y"]) world.put(key);
  const cluster = await world.connect();
  const informer = cluster.resources(ConfigMap).informer({
    streamingList: "off",
    backoff: { initialMs: 1000, jitter: 0 },
    ...options,
  });
  const errors: KubeError[] = [];
  informer.on("error", (error) => void errors.push(error));
  const synced = informer.synced();
  await settle();
  await synced;
  await settle();
  // One whole line must have been parsed before lines are trusted.
  world.bookmark();
  await settle();
  const close = async (): Promise<void> => {
    const closing = cluster.close();
    await pass(100);
    await closing;
    expect(world.open).toBe(0);
  };
  return { world, informer, errors, close };
}

const code = (error: unknown): string => (KubeError.is(error) ? error.code : String(error));

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Handlers that note states they could read. */
function reading(world: ByteWorld, log: string[] = []) {
  const read = (object: ConfigMap): string => {
    const { key, rv } = stateOf(world, object);
    return `${key}@${rv}`;
  };
  return {
    log,
    added: (object: ConfigMap) => void log.push(`+${read(object)}`),
    modified: (object: ConfigMap) => void log.push(`~${read(object)}`),
    deleted: (object: ConfigMap) => void log.push(`-${read(object)}`),
  };
}

describe.each(["objects", "bytes"] as const)(
  "bytes that turn out to be no JSON, in a store of %s",
  (store) => {
    it("are reported to who reads them, and listed again after a delay (R33)", async () => {
      const { world, informer, errors, close } = await following({ store });
      const { rv } = world.put("a/x", { isBroken: true });
      world.put("a/y");
      await settle();
      expect([world.lists, errors]).toEqual([1, []]);
      expect(informer.store.resourceVersion).toBe(String(rv + 1));
      world.mend();
      const error = thrown(() => informer.store.get("a/x"));
      expect(code(error)).toBe("FRAME_CORRUPT");
      expect(code(thrown(() => informer.store.list()))).toBe("FRAME_CORRUPT");
      expect(informer.store.get("a/y")?.metadata?.name).toBe("y");
      await settle();
      expect(errors.map(code)).toEqual(["FRAME_CORRUPT"]);
      expect(informer.health().lastError).toBe(error);
      expect(world.lists).toBe(1);
      await pass(1000);
      expect(world.lists).toBe(2);
      expect(
        informer.store
          .list()
          .map((object) => stateOf(world, object).rv)
          .sort(),
      ).toEqual([rv, rv + 1]);
      expect(informer.health().state).toBe("live");
      world.put("a/x");
      await settle();
      expect(stateOf(world, informer.store.get("a/x")).rv).toBe(rv + 2);
      await pass(600_000);
      expect(world.lists).toBe(2);
      await close();
    });

    it("are told to a listener once they are listed again, and so is what comes after them", async () => {
      const { world, informer, errors, close } = await following({ store });
      const all = reading(world);
      const latest = reading(world);
      informer.listen(all);
      informer.listen(latest, { delivery: "latest" });
      await settle();
      const broken = world.put("a/x", { isBroken: true });
      world.mend();
      await settle();
      // Neither listener could be told: where every object is read anyway, the watch itself meets it.
      const failed = errors.map(code).filter((one) => one === "HANDLER_FAILED").length;
      expect([failed, errors.every(isCorrupt)]).toEqual([store === "bytes" ? 2 : 0, true]);
      await pass(1000);
      expect(all.log.at(-1)).toBe(`~a/x@${broken.rv}`);
      expect(latest.log.at(-1)).toBe(`~a/x@${broken.rv}`);
      const next = world.put("a/x");
      await settle();
      expect([all.log.at(-1), latest.log.at(-1)]).toEqual([`~a/x@${next.rv}`, `~a/x@${next.rv}`]);
      expect(world.lists).toBe(2);
      await close();
    });

    it("do not keep a listener from the states that follow at once", async () => {
      const { world, informer, errors, close } = await following({ store });
      const all = reading(world);
      informer.listen(all);
      await settle();
      world.put("a/x", { isBroken: true });
      const next = world.put("a/x");
      world.put("a/y");
      await settle();
      if (store === "bytes") {
        expect(errors.map(code)).toContain("HANDLER_FAILED");
        expect(all.log.slice(2)).toEqual([`~a/x@${next.rv}`, `~a/y@${next.rv + 1}`]);
      }
      await pass(10_000);
      expect(all.log.slice(2)).toEqual([`~a/x@${next.rv}`, `~a/y@${next.rv + 1}`]);
      await close();
    });

    it("do not lose a deletion", async () => {
      const { world, informer, close } = await following({ store });
      const all = reading(world);
      const keys: string[] = [];
      informer.listen(all);
      informer.listen({ changed: (key, { type }) => void keys.push(`${type} ${key}`) });
      await settle();
      world.remove("a/x", { isBroken: true });
      await settle();
      await pass(10_000);
      expect(all.log.slice(2).map((line) => line.split("@")[0])).toEqual(["-a/x"]);
      expect(keys.slice(2)).toEqual(["DELETED a/x"]);
      expect(informer.store.keys()).toEqual(["a/y"]);
      await close();
    });

    it("keep an index function from failing more than the one write, which is listed again", async () => {
      const node = (object: ConfigMap): string => object.data?.node ?? "";
      const options = { store, indexers: { node } };
      const { world, informer, errors, close } = await following(options as Options);
      world.put("a/x", { isBroken: true });
      const last = world.put("a/y");
      world.mend();
      await settle();
      expect(errors.filter(isCorrupt).length).toBeGreaterThan(0);
      // Nothing was written that cannot be read.
      expect(informer.store.list().length).toBe(2);
      await pass(1000);
      expect(
        informer.store
          .list()
          .map((object) => stateOf(world, object).rv)
          .sort(),
      ).toEqual([last.rv - 1, last.rv]);
      await pass(600_000);
      expect(world.lists).toBe(2);
      await close();
    });

    it("are asked for less and less often while the server keeps sending them", async () => {
      const { world, informer, errors, close } = await following({ store });
      world.put("a/x", { isBroken: true });
      const handler = reading(world);
      informer.listen(handler);
      for (let second = 0; second < 600; second++) {
        thrown(() => informer.store.get("a/x"));
        await pass(1000);
      }
      // 1, 2, 4, 8, 16, then 30 s each.
      expect(world.lists).toBeLessThan(27);
      expect(world.lists).toBeGreaterThan(10);
      expect(errors.length).toBeLessThan(200);
      world.mend();
      await pass(60_000);
      expect(stateOf(world, informer.store.get("a/x")).key).toBe("a/x");
      await close();
    });

    it("are asked for less and less often where the list itself has them, index or not", async () => {
      const world = new ByteWorld();
      world.put("a/x");
      world.breakStored("a/x");
      const node = (object: ConfigMap): string => object.data?.node ?? "";
      const cluster = await world.connect();
      const informer = cluster.resources(ConfigMap).informer({
        store,
        streamingList: "off",
        backoff: { initialMs: 1000, jitter: 0 },
        indexers: { node },
      });
      informer.start();
      await pass(300_000);
      expect(world.lists).toBeLessThan(17);
      expect(informer.store.hasSynced).toBe(false);
      world.mend();
      await pass(60_000);
      expect(informer.store.list().length).toBe(1);
      const closing = cluster.close();
      await pass(100);
      await closing;
    });

    it("do not stop the list that would repair them, however often they are read meanwhile", async () => {
      for (const streamingList of ["off", "auto"] as const) {
        const { world, informer, close } = await following({ store, streamingList });
        world.put("a/x", { isBroken: true });
        for (let other = 0; other < 5; other++) world.put(`b/${other}`, { isBroken: true });
        await settle();
        world.mend();
        const held = Promise.withResolvers<void>();
        world.holdList = held.promise;
        thrown(() => informer.store.get("a/x"));
        await pass(1000);
        expect(world.lists).toBe(2);
        for (let read = 0; read < 20; read++) {
          thrown(() => informer.store.get("a/x"));
          // Others that nobody has met before.
          thrown(() => informer.store.get(`b/${read % 5}`));
          await pass(100);
        }
        expect(world.lists).toBe(2);
        held.resolve();
        world.holdList = undefined;
        await pass(100);
        expect(stateOf(world, informer.store.get("a/x")).key).toBe("a/x");
        world.cut();
        await pass(600_000);
        // What was read before the list is no reason for another one.
        expect(world.lists).toBe(2);
        await close();
      }
    });

    it("are no reason to quote them where only their labels are looked at", async () => {
      const { world, informer, errors, close } = await following({ store });
      world.put("a/x", { isBroken: "labels" });
      world.mend();
      await settle();
      const error = thrown(() => informer.store.list({ labels: "parity=odd" }));
      expect([code(error), String(error).includes("hunter2")]).toEqual(["FRAME_CORRUPT", false]);
      await pass(1000);
      expect(errors.map(code)).toEqual(["FRAME_CORRUPT"]);
      expect(
        informer.store.list({ labels: "parity=odd" }).map((object) => stateOf(world, object).key),
      ).toEqual(["a/x"]);
      await close();
    });

    it("are shown again to a handler that is called again", async () => {
      const { world, informer, close } = await following({ store });
      const all = reading(world);
      informer.listen(all, { retry: { attempts: 3, initialMs: 10, jitter: 0 } });
      await settle();
      const { rv } = world.put("a/x", { isBroken: true });
      world.mend();
      await pass(60_000);
      expect(all.log.at(-1)).toBe(`~a/x@${rv}`);
      expect(world.lists).toBeLessThan(4);
      await close();
    });
  },
);
