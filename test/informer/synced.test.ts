import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import {
  apiError,
  informerOf,
  pass,
  pod,
  recorder,
  rejection,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

const refused = new KubeError("CONNECTION_FAILED", "connect ECONNREFUSED 127.0.0.1:1");

describe("synced()", () => {
  it("starts the informer, waits without polling, and leaves no timer (I36)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const list = Promise.withResolvers<void>();
    source.holdList = list.promise;
    const informer = informerOf(source);
    let hasSynced = false;
    const waits = [informer.synced(), informer.synced()];
    void Promise.all(waits).then(() => {
      hasSynced = true;
    });
    await settle();
    // Its own deadlines, and nothing that fires in between.
    const timers = vi.getTimerCount();
    await pass(30_000);
    expect([hasSynced, timers, vi.getTimerCount()]).toEqual([false, 2, 2]);
    list.resolve();
    await Promise.all(waits);
    expect(informer.store.has("a/x")).toBe(true);
    await informer.synced();
    await informer.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([401, 403, 404])(
    "rejects at once with the server's %i, and tries on until it works (P26, K11)",
    async (status) => {
      const source = new Source();
      const error = apiError(status);
      source.isDown = error;
      const informer = informerOf(source);
      expect(await rejection(informer.synced())).toBe(error);
      expect(await rejection(informer.synced())).toBe(error);
      expect(vi.getTimerCount()).toBe(1);
      source.isDown = undefined;
      await pass(10_000);
      await informer.synced();
      await informer.stop();
    },
  );

  it("rejects with SYNC_TIMEOUT at the deadline, the last error as its cause (I36, K11, P26)", async () => {
    const source = new Source();
    source.isDown = refused;
    const informer = informerOf(source);
    const waiting = rejection(informer.synced({ timeoutMs: 5_000 }));
    await pass(4_999);
    let isSettled = false;
    void waiting.then(() => {
      isSettled = true;
    });
    await settle();
    expect(isSettled).toBe(false);
    await pass(1);
    expect(await waiting).toMatchObject({
      code: "SYNC_TIMEOUT",
      cause: refused,
      message: `Wait for the informer of pods to sync: not within 5000 ms; last error: ${refused.message}`,
    });
    await informer.stop();
  });

  it("says that there was no answer yet where there was not even an error (K11)", async () => {
    const source = new Source();
    source.holdList = new Promise(() => {});
    const informer = informerOf(source);
    const waiting = rejection(informer.synced());
    await pass(60_000);
    const error = await waiting;
    expect(error).toMatchObject({ code: "SYNC_TIMEOUT" });
    expect(KubeError.is(error) && error.message).toContain("no answer yet");
    await informer.stop();
  });

  it("waits longer than one timer can", async () => {
    const source = new Source();
    source.holdList = new Promise(() => {});
    const informer = informerOf(source);
    const waiting = rejection(informer.synced({ timeoutMs: 2 ** 31 }));
    await pass(60_000);
    await informer.stop();
    expect(await waiting).toMatchObject({ code: "STOPPED" });
  });

  it("rejects with ABORTED at its signal; one that has aborted already starts nothing", async () => {
    const source = new Source();
    source.holdList = new Promise(() => {});
    const informer = informerOf(source);
    expect(await rejection(informer.synced({ signal: AbortSignal.abort() }))).toMatchObject({
      code: "ABORTED",
    });
    expect(source.log).toEqual([]);
    const controller = new AbortController();
    const waiting = rejection(informer.synced({ signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await waiting).toMatchObject({ code: "ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
    await informer.stop();
  });

  it("lists for ever after a refusal, and health has the last error (I41)", async () => {
    const source = new Source();
    source.isDown = apiError(403, "Forbidden");
    const informer = informerOf(source);
    await rejection(informer.synced());
    source.isDown = apiError(500, "InternalError");
    await pass(120_000);
    expect(informer.health()).toMatchObject({ state: "syncing", lastError: { status: 500 } });
    expect(source.log.length).toBeGreaterThan(5);
    await informer.stop();
  });
});

describe("a consumer's loop", () => {
  it("outlives errors that can be repaired: they come beside the events (K8)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const errors: unknown[] = [];
    const { log, ...handlers } = recorder();
    informer.on("error", (error) => errors.push(error));
    informer.listen(handlers);
    await sync(informer);
    source.watchErrors = [refused, apiError(500), apiError(429)];
    source.cut(refused);
    await pass(60_000);
    source.relist([pod("a/y", "19")], "20");
    await settle();
    expect(errors).toHaveLength(5);
    expect(log).toEqual(["+a/x@1 initial", "-a/x@1 unknown", "+a/y@19"]);
    await informer.stop();
  });
});
