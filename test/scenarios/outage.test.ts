import { Cluster, KubeError, type Transport } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { errorFrame } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped, Witness } from "./witness.ts";

const current = useScript();
const outageMs = 5 * 60_000;

describe("P9: the API server is down for 5 minutes", () => {
  it.each(["its history kept", "its history gone"])(
    "P9: recovers by itself, %s; health is stale meanwhile and live after",
    async (kind) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("kept");
      pods.create("doomed");
      const states: string[] = [];
      const informer = script.follow();
      informer.on("health", ({ state }) => states.push(state));
      const watch = await script.sync();
      await vi.advanceTimersByTimeAsync(90_000);
      api.always("watch", (exchange) => exchange.reset());
      api.always("list", (exchange) => exchange.reset());
      watch.reset();
      const before = api.exchanges.length;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(informer.health()).toMatchObject({ state: "stale", lastError: { code: "CONNECTION_FAILED" } });
      expect(informer.store.list()).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(outageMs - 60_000);
      expect(informer.health().state).toBe("stale");
      expect(api.exchanges.length - before).toBeLessThanOrEqual(14);
      expect(api.lists).toHaveLength(1);

      const missed = [pods.delete("doomed"), pods.create("born"), pods.modify("kept")];
      api.always("list", (exchange) => exchange.answer(200, pods.list()));
      api.always("watch", (exchange) => {
        const isOld = exchange.resourceVersion === "1002";
        if (isOld && kind === "its history gone") exchange.send(errorFrame(410, "Expired")).end();
        else exchange.send(...(isOld ? missed : []));
      });
      await until(() => informer.health().resourceVersion === "1005", 61_000);
      await vi.advanceTimersByTimeAsync(1000);
      expect(states).toEqual(["live", "stale", "live"]);
      expect(informer.health()).toMatchObject({ state: "live", lastError: undefined });
      expect(api.lists).toHaveLength(kind === "its history gone" ? 2 : 1);
      const told = witness.lines.slice(2);
      expect(told.map((line) => line.replace("1002!", "1003"))).toEqual(
        kind === "its history gone"
          ? ["DELETED doomed 1003", "MODIFIED kept 1005", "ADDED born 1004"]
          : ["DELETED doomed 1003", "ADDED born 1004", "MODIFIED kept 1005"],
      );
      expectSame(informer, pods, witness);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it.each(["paged", "streaming"] as const)(
    "P9: syncs by itself when it is down from the beginning (%s list)",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      api.always("watch", (exchange) => exchange.reset());
      api.always("list", (exchange) => exchange.reset());
      const informer = script.follow(style);
      const tooSoon = informer.synced({ timeoutMs: 30_000 }).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(outageMs);
      const cause = { code: "CONNECTION_FAILED" };
      expect(await tooSoon).toMatchObject({ code: "SYNC_TIMEOUT", cause });
      expect(informer.health()).toMatchObject({ state: "syncing", lastError: cause });
      expect(api.exchanges.length).toBeLessThanOrEqual(14);
      api.always("list", (exchange) => exchange.answer(200, pods.list()));
      api.always("watch", (exchange) => exchange.send(...(exchange.isStreamingList ? pods.stream() : [])));
      const synced = informer.synced({ timeoutMs: 61_000 });
      await vi.advanceTimersByTimeAsync(61_000);
      await synced;
      expectSame(informer, pods, witness);
      expect(api.openWatches).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P9: recovers with the embedded server too, every change of the outage told once", async () => {
    await using server = await TestApiServer.start({ listen: false });
    let isDown = false;
    const transport: Transport = (request) => {
      if (!isDown) return server.transport(request);
      return Promise.reject(new KubeError("CONNECTION_FAILED", "the server is down"));
    };
    const cluster = await Cluster.connect({ transport });
    const witness = new Witness();
    const metadata = { name: "web", namespace: "default" };
    server.create(Pod, { metadata, spec: { containers: [] } });
    const informer = cluster.resources(Pod).informer();
    informer.listen(witness.handlers);
    informer.start();
    await until(() => informer.health().state === "live");
    isDown = true;
    server.cutWatches();
    await vi.advanceTimersByTimeAsync(outageMs);
    expect(informer.health().state).toBe("stale");
    server.delete(Pod, "default/web");
    server.create(Pod, { metadata, spec: { containers: [] } });
    isDown = false;
    await until(() => informer.health().state === "live", 65_000);
    await settle();
    expect(witness.seen.map(({ type }) => type)).toEqual(["ADDED", "DELETED", "ADDED"]);
    witness.expectOrdered();
    expect(informer.store.list()).toEqual(server.list(Pod));
    expect(informer.health().lists).toBe(1);
    expect(server.openWatches).toBe(1);
    await cluster.close();
    await server.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
