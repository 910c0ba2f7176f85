import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped, Witness } from "./witness.ts";

const current = useScript();

const marginMs = 30_000;

describe("P7: a connection that is accepted, then silent for ever", () => {
  it.each(["an open body", "no headers"])(
    "P7: notices it by itself within the watch's time-out, with an empty list and %s, and recovers",
    async (kind) => {
      const { script } = current;
      const { api, pods, witness } = script;
      const informer = script.follow();
      (await script.next("list")).answer(200, pods.list());
      const silent = await script.next("watch");
      if (kind === "an open body") silent.open();
      const limitMs = Number(silent.query.get("timeoutSeconds")) * 1000 + marginMs;
      expect(limitMs).toBeLessThanOrEqual(630_000);
      pods.create("web");
      await vi.advanceTimersByTimeAsync(limitMs - 1);
      expect(silent.isOpen).toBe(true);
      await vi.advanceTimersByTimeAsync(1);
      await settle();
      expect(silent.isOpen).toBe(false);
      expect(informer.health().lastError?.code).toBe("TIMEOUT");
      const watch = await script.next("watch", 2000);
      expect(watch.resourceVersion).toBe("1000");
      watch.send({ type: "ADDED", object: pods.items[0] ?? {} });
      await settle();
      expect(witness.lines).toEqual(["ADDED web 1001"]);
      expectSame(informer, pods, witness);
      expect(informer.health().state).toBe("live");
      expect(api.lists).toHaveLength(1);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P7: says stale until the server is heard, however long the next connection would be given", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    const states: string[] = [];
    // The shortest time-out first, then longer ones: a new deadline is no news from the server.
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const informer = script.follow();
    informer.on("health", ({ state }) => states.push(state));
    await script.sync();
    random.mockReturnValue(0.99);
    api.always("watch", () => {});
    await vi.advanceTimersByTimeAsync(1_200_000);
    expect(states).toEqual(["live", "stale"]);
    expect(api.watches.length).toBeGreaterThan(1);
    api.watches.at(-1)?.send(pods.create("web"));
    await settle();
    expect(states).toEqual(["live", "stale", "live"]);
    expect(informer.health().lastError).toBeUndefined();
    random.mockRestore();
    expectSame(informer, pods, witness);
    await expectStopped(informer, api, witness);
  });

  it("P7: notices it sooner, after three gaps, where bookmarks came regularly", async () => {
    const { script } = current;
    const { api, pods } = script;
    const informer = script.follow();
    let watch = await script.sync();
    const bookmarks = async (): Promise<void> => {
      for (let minute = 0; minute < 4; minute += 1) {
        await vi.advanceTimersByTimeAsync(60_000);
        watch.send(pods.bookmark());
        await settle();
      }
    };
    await bookmarks();
    watch.end();
    watch = (await script.next("watch")).open();
    await bookmarks();
    await vi.advanceTimersByTimeAsync(179_000);
    expect(watch.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(watch.isOpen).toBe(false);
    await expectStopped(informer, api);
  });

  it("P7: leaves a streaming list that falls silent before its marker", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    const silent = (await script.next("watch")).open();
    await until(() => !silent.isOpen, 10_000);
    await script.sync();
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P7: recovers from watches that the embedded server stalls, with nothing lost and nothing twice", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    const witness = new Witness();
    const informer = cluster.resources(Pod).informer();
    informer.listen(witness.handlers);
    informer.start();
    await until(() => informer.health().state === "live");
    server.stallWatches();
    server.create(Pod, { metadata: { name: "web", namespace: "default" }, spec: { containers: [] } });
    const before = server.requests.filter({ verb: "watch" }).length;
    await until(() => server.requests.filter({ verb: "watch" }).length > before, 700_000, 5000);
    expect(witness.seen).toEqual([]);
    server.resumeWatches();
    await settle();
    expect(witness.seen.map(({ type, name }) => `${type} ${name}`)).toEqual(["ADDED web"]);
    expect(server.openWatches).toBe(1);
    expect(informer.health()).toMatchObject({ state: "live", lists: 1 });
    await informer.stop();
  }, 20_000);
});
