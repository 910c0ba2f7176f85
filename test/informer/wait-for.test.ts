import { describe, expect, it, vi } from "vitest";
import { Informer } from "../../src/informer/informer.ts";
import { SharedInformer } from "../../src/informer/shared-informer.ts";
import {
  added,
  apiError,
  bookmark,
  deleted,
  informerOf,
  modified,
  type Pod,
  pass,
  pod,
  rejection,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

/** Whether a wait has ended well by now. */
function watched(wait: Promise<void>): { isOver: boolean } {
  const state = { isOver: false };
  wait.then(
    () => {
      state.isOver = true;
    },
    () => {},
  );
  return state;
}

function joined(sources: Source[], namespaces?: string[]): Informer<Pod> {
  const options = { name: "pods in a, b", sources, namespaces, streamingList: "off" } as const;
  const backoff = { initialMs: 1_000, jitter: 0 };
  return new Informer<Pod>({ shared: new SharedInformer<Pod>({ ...options, backoff }) });
}

describe("store.waitFor of an informer", () => {
  it("resolves with the change, the bookmark or the list that brings the state (S19)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const first = watched(informer.store.waitFor("9"));
    await settle();
    expect(first.isOver).toBe(false);
    await sync(informer);
    expect(first.isOver).toBe(true);
    const waits = ["12", "15", "20"].map((one) => watched(informer.store.waitFor(one)));
    source.send(added("a/y", "11"), modified("a/y", "13"));
    await settle();
    expect(waits.map(({ isOver }) => isOver)).toEqual([true, false, false]);
    source.send(bookmark("15"));
    await settle();
    expect(waits.map(({ isOver }) => isOver)).toEqual([true, true, false]);
    source.relist([pod("a/x", "19")], "20");
    await settle();
    expect(waits.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    await informer.stop();
  });

  it("rejects with STOPPED when its lease stops, and when the shared informer does", async () => {
    const source = new Source([pod("a/x", "1")]);
    const shared = new SharedInformer<Pod>({ name: "pods", sources: [source], streamingList: "off" });
    const [one, other] = [
      new Informer<Pod>({ shared }, {}, async () => {}),
      new Informer<Pod>({ shared }, {}, async () => {}),
    ];
    await sync(one);
    const waits = [rejection(one.store.waitFor("99")), rejection(other.store.waitFor("99"))];
    await one.stop();
    expect(await waits[0]).toMatchObject({
      code: "STOPPED",
      message: "Wait until the store has reached resourceVersion 99: the informer was stopped before",
    });
    expect(other.store.get("a/x")).toBe(one.store.get("a/x"));
    shared.stop();
    expect(await waits[1]).toMatchObject({ code: "STOPPED" });
    await other.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("resolves for several namespaces when the last one is as far, bookmarks included (S19)", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/x", "2")])];
    const held = Promise.withResolvers<void>();
    b.holdList = held.promise;
    const informer = joined([a, b]);
    const first = watched(informer.store.waitFor("10"));
    const synced = informer.synced();
    await settle();
    expect(first.isOver).toBe(false);
    held.resolve();
    await synced;
    await settle();
    expect(first.isOver).toBe(true);
    const wait = watched(informer.store.waitFor("20"));
    a.send(modified("a/x", "25"));
    await settle();
    expect([informer.store.resourceVersion, wait.isOver]).toEqual(["25", false]);
    const late = rejection(informer.store.waitFor("20", { timeoutMs: 1_000 }));
    await pass(1_000);
    expect(await late).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("it is at 10 ") });
    b.send(bookmark("20"));
    await settle();
    expect(wait.isOver).toBe(true);
    await informer.stop();
  });

  it("does not lie after a restored etcd: its own numbers count, and each namespace's", async () => {
    const [a, b] = [new Source([pod("a/x", "1")], "1000"), new Source([pod("b/x", "2")], "1000")];
    const informer = joined([a, b]);
    await sync(informer);
    await informer.store.waitFor("900");
    // Called as soon as the list is in the store.
    const waits: { isOver: boolean }[] = [];
    informer.listen({ deleted: () => void waits.push(watched(informer.store.waitFor("900"))) });
    a.relist([], "500");
    await settle();
    const [wait = { isOver: true }] = waits;
    b.send(bookmark("1200"));
    await settle();
    expect(wait.isOver).toBe(false);
    a.send(added("a/y", "901"));
    await settle();
    expect(wait.isOver).toBe(true);
    await informer.stop();
  });

  it("counts a list of the newest state for states without an order, none that a cache may answer", async () => {
    const source = new Source([pod("a/x", "p")], "q");
    const informer = informerOf(source, { backoff: { initialMs: 100, jitter: 0 } });
    await sync(informer);
    const wait = watched(informer.store.waitFor("z"));
    source.relist([pod("a/x", "p")], "r");
    await settle();
    expect([source.log.at(-2), wait.isOver]).toEqual(["list q", false]);
    source.listErrors = [apiError(410, "Expired")];
    source.relist([pod("a/x", "p")], "s");
    await pass(1_000);
    expect([source.log.at(-2), wait.isOver]).toEqual(["list ", true]);
    await informer.stop();
  });

  it("waits again where a write failed and took another namespace's changes with it", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/x", "2")])];
    const informer = joined([a, b]);
    // A listener that holds up reading, so that changes wait behind the one that fails.
    const busy = Promise.withResolvers<void>();
    informer.listen({ modified: () => busy.promise }, { overflow: "pause", highWaterMark: 1 });
    await sync(informer);
    a.send(bookmark("20"));
    await settle();
    const bad = { ...added("a/bad", "24"), key: "" };
    a.send(modified("a/x", "21"), modified("a/x", "22"), modified("a/x", "23"), bad);
    b.send(added("b/y", "15"));
    await settle();
    a.isDown = apiError(500);
    busy.resolve();
    await settle();
    const wait = watched(informer.store.waitFor("15"));
    expect(informer.store.has("b/y")).toBe(false);
    b.send(bookmark("30"));
    await settle();
    expect(wait.isOver).toBe(false);
    a.isDown = undefined;
    a.pods = [pod("a/x", "23")];
    a.resourceVersion = "30";
    await pass(10_000);
    expect([informer.store.has("b/y"), wait.isOver]).toEqual([true, true]);
    await informer.stop();
  });
});

describe("informer.mutationCache", () => {
  it("lays one's own writes over the shared store until the watch has them (S23, S25)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, { indexers: { node: (one) => one.spec?.nodeName } });
    await sync(informer);
    const cache = informer.mutationCache();
    cache.written(pod("a/x", "15", "a/x", { nodeName: "n1" }));
    expect(cache.byIndex("node", "n1")).toEqual([cache.get("a/x")]);
    expect([informer.store.get("a/x")?.metadata?.resourceVersion, informer.mutationCache().size]).toEqual([
      "1",
      1,
    ]);
    // NODE_ENV is test: frozen as all else.
    expect(Object.isFrozen(cache.get("a/x")?.spec)).toBe(true);
    source.send(modified("a/x", "15", "a/x"));
    await settle();
    expect(cache.get("a/x")).toBe(informer.store.get("a/x"));
    cache.deleted({ key: "a/x", uid: "a/x" });
    expect(cache.has("a/x")).toBe(false);
    source.send(deleted("a/x", "16"), added("a/x", "17", "new"));
    await settle();
    expect(cache.get("a/x")).toBe(informer.store.get("a/x"));
    const wait = rejection(cache.waitFor("99"));
    await informer.stop();
    expect(await wait).toMatchObject({ code: "STOPPED" });
    expect(() => informer.mutationCache()).toThrow(expect.objectContaining({ code: "STOPPED" }));
  });

  it("takes an object for gone as soon as its own namespace is as far, whatever the others are (S25)", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/x", "2")])];
    const informer = joined([a, b], ["a", "b"]);
    await sync(informer);
    const cache = informer.mutationCache({ freeze: false });
    a.send(deleted("a/x", "16"));
    await settle();
    // The answer of a write before it comes late.
    cache.written(pod("a/x", "15"));
    expect(cache.has("a/x")).toBe(false);
    cache.written(pod("b/x", "15"));
    expect(cache.get("b/x")?.metadata?.resourceVersion).toBe("15");
    expect(Object.isFrozen(cache.get("b/x"))).toBe(false);
    await informer.stop();
  });
});
