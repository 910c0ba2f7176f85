import { Cluster, defineKind, type KubeObject } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { status } from "./scripted-pods.ts";
import { settle } from "./time.ts";
import { expectStopped, Witness } from "./witness.ts";

const current = useScript();

describe("P22: stop", () => {
  it.each(["paged", "streaming"] as const)(
    "P22: during a LIST ends it: nothing is shown of it (%s list)",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      const informer = script.follow(style);
      const list = await script.next(style === "paged" ? "list" : "watch");
      if (style === "paged") list.send(pods.list().slice(0, -2));
      else list.send(...pods.stream().slice(0, -1));
      await settle();
      await expectStopped(informer, api, witness);
      expect(list.isOpen).toBe(false);
      expect(witness.seen).toEqual([]);
      expect(api.exchanges).toHaveLength(1);
    },
  );

  it("P22: before the answer's headers ends the request too", async () => {
    const { script } = current;
    const { api, witness } = script;
    const informer = script.follow();
    const list = await script.next("list");
    await expectStopped(informer, api, witness);
    expect(list.isOpen).toBe(false);
  });

  it("P22: during back-off ends it: no watch is opened after stop", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    (await script.sync()).answer(503, status(503, "ServiceUnavailable", 30)).reset();
    await vi.advanceTimersByTimeAsync(400);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await expectStopped(informer, api, witness);
    expect(api.watches).toHaveLength(1);
  });

  it("P22: during a handler waits for it, and calls none of the 50 that were queued behind it", async () => {
    const { script } = current;
    const { api, pods } = script;
    const informer = script.follow();
    const finished: string[] = [];
    let calls = 0;
    informer.on("ADDED", async (pod) => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      finished.push(pod.metadata?.name ?? "");
    });
    const watch = await script.sync();
    watch.send(...Array.from({ length: 50 }, (_, index) => pods.create(`pod-${index}`)));
    await settle();
    expect(calls).toBe(1);
    let isStopped = false;
    const stopped = informer.stop().then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(2900);
    expect(isStopped).toBe(false);
    expect(watch.isOpen).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
    expect(finished).toEqual(["pod-0"]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(calls).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(api.exchanges).toHaveLength(2);
  });

  it("P22: is followed by a clear error for start, synced, on and listen; twice is once", async () => {
    const { script } = current;
    const { api } = script;
    const informer = script.follow();
    await script.sync();
    expect(() => informer.start()).toThrow(expect.objectContaining({ code: "ALREADY_STARTED" }));
    expect(api.lists).toHaveLength(1);
    expect(informer.stop()).toBe(informer.stop());
    await informer.stop();
    const stopped = expect.objectContaining({ code: "STOPPED" });
    expect(() => informer.start()).toThrow(stopped);
    expect(() => informer.on("ADDED", () => {})).toThrow(stopped);
    expect(() => informer.listen({ added: () => {} })).toThrow(stopped);
    await expect(informer.synced()).rejects.toMatchObject({ code: "STOPPED" });
    expect(informer.health().state).toBe("stopped");
    expect(api.exchanges).toHaveLength(2);
  });

  it("P22: rejects who waits for the first sync", async () => {
    const { script } = current;
    const informer = script.follow();
    const waiting = informer.synced().catch((error: unknown) => error);
    await script.next("list");
    await informer.stop();
    expect(await waiting).toMatchObject({ code: "STOPPED" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("P22: of the cluster ends every informer, and refuses what comes after", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    const informer = script.follow();
    const watch = await script.sync();
    await script.cluster.close();
    expect(watch.isOpen).toBe(false);
    watch.send(pods.create("late"));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(witness.seen).toEqual([]);
    expect(() => script.cluster.resources(Pod)).toThrow(expect.objectContaining({ code: "STOPPED" }));
    expect(informer.health().state).toBe("stopped");
    expect(api.exchanges).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("P22: leaves no watch open on the embedded server, also where a new informer follows", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    for (let round = 1; round <= 3; round += 1) {
      const witness = new Witness();
      const informer = cluster.resources(Pod).informer();
      informer.listen(witness.handlers);
      await informer.synced();
      expect(server.openWatches).toBe(1);
      await informer.stop();
      expect(server.openWatches).toBe(0);
      const metadata = { name: `web-${round}`, namespace: "default" };
      server.create(Pod, { metadata, spec: { containers: [] } });
      await settle();
      expect(witness.seen).toHaveLength(round - 1);
    }
    await cluster.close();
  });
});

describe("P25: an informer that is built but never started", () => {
  it("P25: makes no request, calls nobody and sets no timer", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.cluster.resources(Pod).inNamespace("a").informer();
    const told: string[] = [];
    informer.on("ADDED", () => told.push("ADDED")).on("health", () => told.push("health"));
    informer.listen(witness.handlers, { resyncMs: 1000 });
    expect(informer.health()).toMatchObject({ state: "syncing", lists: 0, watches: 0 });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(api.exchanges).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
    expect(witness.seen).toEqual([]);
    expect(() => informer.store.list()).toThrow(expect.objectContaining({ code: "NOT_SYNCED" }));
    await informer.stop();
    expect(api.exchanges).toEqual([]);
  });
});

describe("P26: a start that cannot succeed", () => {
  it.each([
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
  ] as const)("P26: rejects synced() at once with the typed error of %i %s", async (code, reason) => {
    const { script } = current;
    const { api, pods, witness } = script;
    api.always("list", (exchange) => exchange.answer(code, status(code, reason)));
    api.always("watch", (exchange) => exchange.answer(code, status(code, reason)));
    for (const style of ["paged", "streaming"] as const) {
      const at = Date.now();
      const informer = script.follow(style);
      await expect(informer.synced()).rejects.toMatchObject({
        code: "API",
        status: code,
        reason,
        message: expect.stringContaining('pods in namespace "a"'),
      });
      expect(Date.now()).toBe(at);
      expect(informer.health()).toMatchObject({ state: "failed", lastError: { status: code } });
      await expectStopped(informer, api, witness);
    }
    expect(pods.items).toEqual([]);
  });

  it("P26: goes on trying after a 403, and syncs once the permission is there", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    api.always("list", (exchange) => exchange.answer(403, status(403, "Forbidden")));
    const states: string[] = [];
    const informer = script.follow();
    informer.on("health", ({ state }) => states.push(state));
    await expect(informer.synced()).rejects.toMatchObject({ status: 403 });
    api.always("list", (exchange) => exchange.answer(200, pods.list()));
    (await script.next("watch", 5000)).open();
    await informer.synced();
    expect(states).toEqual(["failed", "live"]);
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    await expectStopped(informer, api, witness);
  });

  it("P26: rejects with the embedded server's own answer for a kind that it does not serve", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    const Widget = defineKind<KubeObject>()({
      group: "example.com",
      version: "v1",
      kind: "Widget",
      plural: "widgets",
      scope: "Namespaced",
    });
    const informer = cluster.resources(Widget).informer();
    await expect(informer.synced()).rejects.toMatchObject({ code: "API", status: 404 });
    await cluster.close();
  });

  it("P26: rejects with the last error as its cause when nobody answers before the deadline", async () => {
    const { script } = current;
    const { api, witness } = script;
    api.always("list", (exchange) => exchange.reset());
    const informer = script.follow();
    const failure = informer.synced({ timeoutMs: 20_000 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await failure).toMatchObject({ code: "SYNC_TIMEOUT", cause: { code: "CONNECTION_FAILED" } });
    await expectStopped(informer, api, witness);
  });

  it.each([
    ["a kubeconfig that is not there", { kubeconfig: "/nonexistent/kubeconfig" }, "INVALID_CONFIG"],
    ["a server that is no URL", { server: "not a url" }, "INVALID_CONFIG"],
    ["a CA that is no certificate", { server: "https://127.0.0.1:1", ca: "no PEM" }, "INVALID_CONFIG"],
    ["two places", { server: "http://127.0.0.1:1", kubeconfig: "/x" }, "INVALID_ARGUMENT"],
  ])(
    "P26: rejects connect() with a typed error, before any request, for %s",
    async (_name, options, code) => {
      await expect(Cluster.connect(options)).rejects.toMatchObject({ code });
    },
  );
});
