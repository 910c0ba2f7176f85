import { describe, expect, it, vi } from "vitest";
import { Informer } from "../../src/informer/informer.ts";
import { SharedInformer } from "../../src/informer/shared-informer.ts";
import {
  added,
  apiError,
  bookmark,
  deleted,
  modified,
  type Pod,
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

function joined(...sources: Source[]) {
  const shared = new SharedInformer<Pod>({
    name: "pods in a, b",
    sources,
    streamingList: "off",
    backoff: { initialMs: 1_000, jitter: 0 },
  });
  const informer = new Informer<Pod>({ shared });
  const recorded = recorder();
  informer.listen(recorded);
  return { informer, log: recorded.log, shared };
}

describe("one informer of several namespaces", () => {
  it("has one first list, then one ordered view: one call at a time (I2, I36)", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/x", "2")])];
    const held = Promise.withResolvers<void>();
    b.holdList = held.promise;
    const { informer, log } = joined(a, b);
    const synced = informer.synced();
    await settle();
    a.send(modified("a/x", "11"), added("a/y", "12"), deleted("a/x", "13"));
    await settle();
    expect([log, informer.store.hasSynced, informer.health().state]).toEqual([[], false, "syncing"]);
    held.resolve();
    await synced;
    await settle();
    expect(log).toEqual(["+a/y@12 initial", "+b/x@2 initial"]);
    a.send(modified("a/y", "14"));
    b.send(modified("b/x", "15"), bookmark("16"));
    await settle();
    expect(log.slice(2)).toEqual(["~a/y@14 was 12", "~b/x@15 was 2"]);
    expect(informer.store.list({ namespace: "b" })).toHaveLength(1);
    await informer.stop();
    expect([a.open, b.open, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it("relists one namespace without touching the other's objects, and tells of what vanished (K4)", async () => {
    const [a, b] = [new Source([pod("a/x", "1"), pod("a/y", "1")]), new Source([pod("b/x", "2")])];
    const { informer, log } = joined(a, b);
    await sync(informer);
    b.send(added("b/y", "12"), deleted("b/x", "13"));
    await settle();
    log.length = 0;
    a.relist([pod("a/x", "1"), pod("a/z", "20")], "20");
    await settle();
    expect(log).toEqual(["-a/y@1 unknown", "+a/z@20"]);
    expect(informer.store.keys().sort()).toEqual(["a/x", "a/z", "b/y"]);
    expect(b.log).toEqual(["list ", "watch 10"]);
    await informer.stop();
  });

  it("fails visibly where one namespace is forbidden, though the other has newer trouble (P26)", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source()];
    const forbidden = apiError(403, "Forbidden");
    b.isDown = forbidden;
    const { informer } = joined(a, b);
    expect(await rejection(informer.synced())).toBe(forbidden);
    a.isDown = apiError(500);
    a.cut();
    await settle();
    expect(informer.health()).toMatchObject({
      state: "failed",
      lastError: forbidden,
      lastProgressAt: undefined,
    });
    b.isDown = undefined;
    a.isDown = undefined;
    await pass(10_000);
    await informer.synced();
    a.send(bookmark("12"));
    await settle();
    expect(informer.health()).toMatchObject({ state: "live", lastError: undefined });
    await informer.stop();
  });

  it("is as stale as its stalest source", async () => {
    const [a, b] = [new Source(), new Source()];
    const { informer } = joined(a, b);
    await sync(informer);
    b.isDown = apiError(500);
    b.cut();
    await pass(31_000);
    a.send(bookmark("12"));
    await settle();
    expect(informer.health()).toMatchObject({ state: "stale", lastProgressAt: 1_000_000 });
    await informer.stop();
  });

  it("loses nothing where the write of one source's change fails: that source relists, all is there", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/x", "2")])];
    const { informer, log, shared } = joined(a, b);
    const errors: string[] = [];
    informer.on("error", ({ code }) => errors.push(code));
    await sync(informer);
    // A key that no store takes.
    a.send({ ...added("a/bad", "11"), key: "" }, added("a/y", "12"));
    b.send(added("b/y", "13"));
    await settle();
    expect(errors).toEqual(["STORE_FAILED"]);
    a.pods = [pod("a/x", "1"), pod("a/y", "12")];
    await pass(5_000);
    expect(shared.hasSynced).toBe(true);
    expect(informer.store.keys().sort()).toEqual(["a/x", "a/y", "b/x", "b/y"]);
    expect(log).toHaveLength(4);
    await informer.stop();
  });
});
