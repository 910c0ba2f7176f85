import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import type { Exchange } from "./scripted-api.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped, Witness } from "./witness.ts";

const current = useScript();

function timeoutMs(watch: Exchange): number {
  return Number(watch.query.get("timeoutSeconds")) * 1000;
}

/** How long the client waited between one request and the next. */
function gaps(exchanges: readonly Exchange[]): number[] {
  return exchanges.slice(1).map(({ at }, index) => at - (exchanges[index]?.at ?? 0));
}

describe("P3: a quiet watch", () => {
  it.each(["paged", "streaming"] as const)(
    "P3: has exactly one open watch through 25 reconnects that silence forces (%s list)",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      const informer = script.follow(style);
      let watch = await script.sync(style);
      for (let round = 1; round <= 25; round += 1) {
        const silent = watch;
        await until(() => !silent.isOpen, timeoutMs(silent) + 30_000, 10_000);
        watch = (await script.next("watch", 2000)).open();
        expect(watch.resourceVersion).toBe(pods.resourceVersion);
        expect(api.openWatches).toBe(1);
      }
      watch.send(pods.modify("web"));
      await settle();
      expect(api.mostOpen).toBe(1);
      expect(api.watches).toHaveLength(26);
      expect(api.lists).toHaveLength(style === "paged" ? 1 : 0);
      witness.expectComplete(pods);
      expectSame(informer, pods, witness);
      await expectStopped(informer, api, witness);
    },
    20_000,
  );

  it("P3: has exactly one open watch through 25 that the server ends at their time-out, and waits before none", async () => {
    const { script } = current;
    const { api, pods } = script;
    const informer = script.follow();
    let watch = await script.sync();
    for (let round = 1; round <= 25; round += 1) {
      await vi.advanceTimersByTimeAsync(timeoutMs(watch));
      watch.end();
      await settle();
      watch = (await script.next("watch")).open();
      expect(api.openWatches).toBe(1);
    }
    expect(api.mostOpen).toBe(1);
    expect(api.lists).toHaveLength(1);
    expect(informer.health().state).toBe("live");
    expect(new Set(api.watches.map(({ resourceVersion }) => resourceVersion))).toEqual(
      new Set([pods.resourceVersion]),
    );
    // Anew for each request, so that the watches of many clients do not all end together.
    expect(new Set(api.watches.map(timeoutMs)).size).toBeGreaterThan(1);
    await expectStopped(informer, api);
  });

  it("P3: has at most one open watch on the embedded server, through 25 of its own time-outs", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    server.create(Pod, { metadata: { name: "web", namespace: "default" }, spec: { containers: [] } });
    const witness = new Witness();
    const informer = cluster.resources(Pod).informer();
    informer.listen(witness.handlers);
    informer.start();
    const watches = (): number => server.requests.filter({ verb: "watch" }).length;
    let most = 0;
    await until(
      () => {
        most = Math.max(most, server.openWatches);
        return watches() === 26 && server.openWatches === 1;
      },
      26 * 660_000,
      30_000,
    );
    expect(most).toBe(1);
    server.delete(Pod, "default/web");
    await settle();
    expect(witness.seen.map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
    expect(informer.health().lists).toBe(1);
    await informer.stop();
    await server.stop();
    expect(vi.getTimerCount()).toBe(0);
  }, 30_000);
});

describe("P4: a server that answers 200 and ends at once", () => {
  const bodies = {
    nothing: () => [],
    "one event": () => [current.script.pods.modify("web")],
    "one bookmark": () => [current.script.pods.bookmark()],
  };

  it.each(["nothing", "one event", "one bookmark"] as const)(
    "P4: backs off and resumes when the server answers 200 and ends at once after %s, without a LIST",
    async (kind) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      const informer = script.follow();
      const expected: string[] = [];
      api.always("watch", (exchange) => {
        expected.push(pods.resourceVersion);
        exchange.open();
        for (const frame of bodies[kind]()) exchange.send(frame);
        exchange.end();
      });
      const startedAt = Date.now();
      (await api.next("list")).answer(200, pods.list());
      await vi.advanceTimersByTimeAsync(60_000);
      expect(Date.now() - startedAt).toBe(60_000);

      expect(api.lists).toHaveLength(1);
      expect(api.watches.length).toBeLessThanOrEqual(10);
      expect(api.watches.length).toBeGreaterThanOrEqual(5);
      expect(api.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(expected);
      // The first end that followed an event is forgiven; from then on each delay is in [d, 2d], d doubling.
      const delays = gaps(api.watches).filter((gap) => gap > 0);
      expect(delays.length).toBeGreaterThanOrEqual(api.watches.length - 2);
      for (const [attempt, delayMs] of delays.entries()) {
        const base = Math.min(30_000, 800 * 2 ** attempt);
        expect(delayMs).toBeGreaterThanOrEqual(base - 1);
        expect(delayMs).toBeLessThanOrEqual(2 * base + 1);
      }
      expect(delays.some((delayMs, attempt) => delayMs !== 800 * 2 ** attempt)).toBe(true);

      api.always("watch", (exchange) => exchange.open());
      await until(() => api.openWatches === 1, 60_000);
      api.watches.at(-1)?.send(pods.modify("web"));
      await settle();
      witness.expectComplete(pods);
      expectSame(informer, pods, witness);
      expect(api.lists).toHaveLength(1);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P4: backs off too where it is the streaming list that ends at once, again and again", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    api.always("watch", (exchange) => exchange.open().end());
    api.always("list", (exchange) => exchange.answer(200, pods.list()));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(api.exchanges.length).toBeLessThanOrEqual(11);
    expect(api.lists).toHaveLength(1);
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    await expectStopped(informer, api, witness);
  });
});
