import { describe, expect, it, vi } from "vitest";
import { Informer } from "../../src/informer/informer.ts";
import { Informers } from "../../src/informer/informers.ts";
import { frozen } from "../../src/informer/prepare.ts";
import { SharedInformer } from "../../src/informer/shared-informer.ts";
import type { ListWatch } from "../../src/reflector/list-watch.ts";
import {
  added,
  apiError,
  informerOf,
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

const stopped = expect.objectContaining({ code: "STOPPED" });

describe("an informer's life", () => {
  it("requests nothing and sets no timer when built but never started (P25)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    informer.on("ADDED", () => {}).listen({ added: () => {} }, { resyncMs: 1_000 });
    await pass(10_000);
    expect([source.log, vi.getTimerCount()]).toEqual([[], 0]);
    expect(() => informer.store.list()).toThrow(
      expect.objectContaining({
        code: "NOT_SYNCED",
        message: expect.stringMatching(/^Store of pods, list: nothing was listed yet/),
      }),
    );
    await informer.stop();
    expect([source.log, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("starts once: a second start is ALREADY_STARTED, also after synced() (I19, P22)", async () => {
    const informer = informerOf(new Source());
    informer.start();
    const again = expect.objectContaining({ code: "ALREADY_STARTED" });
    expect(() => informer.start()).toThrow(again);
    await informer.synced();
    const other = informerOf(new Source());
    await sync(other);
    expect(() => other.start()).toThrow(again);
    await Promise.all([informer.stop(), other.stop()]);
  });

  it("refuses everything but stop, remove and reads after stop, with STOPPED (I20, S15, P22)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const listener = informer.listen({ added: () => {} });
    await sync(informer);
    await informer.stop();
    expect(() => informer.start()).toThrow(stopped);
    expect(() => informer.on("ADDED", () => {})).toThrow(stopped);
    expect(() => informer.listen({ added: () => {} })).toThrow(stopped);
    expect(() => informer.addIndexers({ node: () => "n" })).toThrow(stopped);
    expect(await rejection(informer.synced())).toEqual(stopped);
    await listener.remove();
    await informer.stop();
    await informer[Symbol.asyncDispose]();
    expect(informer.store.get("a/x")).toBeDefined();
    expect(informer.health()).toMatchObject({ state: "stopped", listeners: [] });
  });

  it("drops what waits, and calls nobody once stop() has resolved (I21, P22)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const calls: string[] = [];
    informer.on("ADDED", async ({ metadata }, { signal }) => {
      calls.push(`${metadata?.name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      calls.push(`${metadata?.name} ends, aborted ${signal.aborted}`);
    });
    await sync(informer);
    source.send(added("a/z", "11"));
    await settle();
    let isStopped = false;
    void informer.stop().then(() => {
      isStopped = true;
    });
    await pass(99);
    expect(isStopped).toBe(false);
    await pass(1);
    expect(isStopped).toBe(true);
    await pass(10_000);
    expect(calls).toEqual(["x begins", "x ends, aborted true"]);
    expect([source.open, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("does not take a handler's throw after its abort for a failure", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    const errors: unknown[] = [];
    informer.on("error", (error) => errors.push(error));
    const listener = informer.listen({
      added: (_pod, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await sync(informer);
    await listener.remove();
    expect(errors).toEqual([]);
    await informer.stop();
  });

  it("stops during a LIST, without a Replace or another request (P22)", async () => {
    const source = new Source([pod("a/x", "1")]);
    source.holdList = new Promise(() => {});
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    const synced = rejection(informer.synced());
    await settle();
    await informer.stop();
    expect(await synced).toEqual(stopped);
    await pass(60_000);
    expect([log, source.log, source.open, vi.getTimerCount()]).toEqual([[], ["list "], 0, 0]);
  });

  it("stops during a back-off, at once (P22)", async () => {
    const source = new Source();
    source.isDown = apiError(500);
    const informer = informerOf(source);
    informer.start();
    await pass(100);
    await informer.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(source.log).toEqual(["list "]);
  });

  it("stops during a watch: no open iterator, no reopening (P22)", async () => {
    const source = new Source();
    const informer = informerOf(source);
    await sync(informer);
    expect(source.open).toBe(1);
    await informer.stop();
    await pass(3_600_000);
    expect([source.open, source.log, vi.getTimerCount()]).toEqual([0, ["list ", "watch 10"], 0]);
  });

  it("rejects with TIMEOUT where a ListWatch ignores its signal, instead of hanging", async () => {
    const deaf: ListWatch<Pod> = {
      async *list() {
        await new Promise(() => {});
      },
      async *watch() {},
    };
    const informer = informerOf(deaf);
    informer.start();
    await settle();
    const stopping = rejection(informer.stop());
    await pass(10_000);
    expect(await stopping).toMatchObject({
      code: "TIMEOUT",
      message: "Stop the informer of pods: after 10000 ms still running: the requests for pods",
    });
  });

  it("follows one stream at a time through many forced reconnects (P23, P3)", async () => {
    const source = new Source();
    const informer = informerOf(source);
    await sync(informer);
    for (let reconnects = 0; reconnects < 25; reconnects++) {
      await pass(2_000);
      source.cut();
      await pass(5_000);
      expect(source.open).toBe(1);
    }
    expect(source.log.filter((line) => line.startsWith("list"))).toHaveLength(1);
    await informer.stop();
  });

  it.each([
    [undefined, {}],
    [{ list: () => {} }, {}],
    [new Source(), { transform: "x" }],
    [new Source(), { indexers: { node: "spec.nodeName" } }],
    [new Source(), { minWatchTimeoutSeconds: 0 }],
    [new Source(), { listen: { highWaterMark: -1 } }],
  ])("refuses to be made of %o, %j with INVALID_ARGUMENT", (listWatch, options) => {
    const make = () => Reflect.construct(Informer, [{ listWatch }, options]);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("refuses impossible durations with INVALID_ARGUMENT", async () => {
    const informer = new Informer({ listWatch: new Source() });
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(await rejection(informer.synced({ timeoutMs: -1 }))).toEqual(invalid);
    expect(() => informer.stop({ graceMs: Number.NaN })).toThrow(invalid);
    expect(informer.health().state).toBe("syncing");
    await informer.stop();
  });
});

/** Leases on one shared informer, as a cluster hands them out. */
function registry(source: Source) {
  const informers = new Informers();
  const lease = (options: ConstructorParameters<typeof Informer<Pod>>[1] = {}): Informer<Pod> => {
    const { shared, release } = informers.lease("pods", () => {
      return new SharedInformer<Pod>({ name: "pods", sources: [frozen(source, true)], streamingList: "off" });
    });
    return new Informer<Pod>({ shared }, options, release);
  };
  return { informers, lease };
}

describe("leases", () => {
  it("share one list and one watch: five of them, with a listener each (P23)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { lease } = registry(source);
    const leases = Array.from({ length: 5 }, () => lease());
    const logs = leases.map((informer) => {
      const recorded = recorder();
      informer.listen(recorded);
      return recorded.log;
    });
    for (const informer of leases) informer.start();
    await Promise.all(leases.map((informer) => informer.synced()));
    await settle();
    source.send(added("a/y", "11"));
    await settle();
    expect(logs).toEqual(Array(5).fill(["+a/x@1 initial", "+a/y@11"]));
    expect(source.log).toEqual(["list ", "watch 10"]);
    await Promise.all(leases.map((informer) => informer.stop()));
    expect([source.open, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("end alone: the others go on, the last one ends the watch, the next begins anew", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { lease } = registry(source);
    const [one, two] = [lease(), lease()];
    const first = recorder();
    const second = recorder();
    one.listen(first);
    two.listen(second);
    const states: string[] = [];
    one.on("health", ({ state }) => states.push(state));
    await sync(one);
    await one.stop();
    await one.stop();
    expect([one.health().state, two.health().state, source.open]).toEqual(["stopped", "live", 1]);
    source.send(added("a/y", "11"));
    await settle();
    expect([first.log, second.log]).toEqual([["+a/x@1 initial"], ["+a/x@1 initial", "+a/y@11"]]);
    expect(states).toEqual(["live", "stopped"]);
    await two.stop();
    expect([source.open, vi.getTimerCount()]).toEqual([0, 0]);
    const three = lease();
    expect(three.health().state).toBe("syncing");
    await sync(three);
    expect(source.log).toEqual(["list ", "watch 10", "list ", "watch 10"]);
    await three.stop();
  });

  it("merge their indices; the same function is no clash, another is INDEX_CONFLICT and adds none (S14)", async () => {
    const source = new Source([pod("a/x", "1", "u", { nodeName: "n1" })]);
    const { lease } = registry(source);
    const node = ({ spec }: Pod) => spec?.nodeName;
    const one = lease({ indexers: { node } });
    const two = lease({ indexers: { node, name: ({ metadata }: Pod) => metadata?.name } });
    await sync(one);
    expect(one.store.indexKeys("namespace", "a")).toEqual(["a/x"]);
    const three = one.addIndexers({ uid: ({ metadata }) => metadata?.uid });
    expect(three).toBe(one);
    expect(three.store.byIndex("uid", "u")).toHaveLength(1);
    const clash = () => two.addIndexers({ fresh: () => "f", node: () => "other" });
    expect(clash).toThrow(expect.objectContaining({ code: "INDEX_CONFLICT" }));
    expect(() => two.addIndexers({ fresh: () => "f" })).not.toThrow();
    await Promise.all([one.stop(), two.stop()]);
  });

  it("on one that is synced already are synced at once, and start changes nothing", async () => {
    const source = new Source();
    const { lease } = registry(source);
    const one = lease();
    await sync(one);
    const two = lease();
    two.start();
    await two.synced({ timeoutMs: 0 });
    expect(source.log).toEqual(["list ", "watch 10"]);
    await Promise.all([one.stop(), two.stop()]);
  });

  it("are all ended when the registry stops: handlers, waits, timers, signals", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const { informers, lease } = registry(source);
    const informer = lease();
    const calls: string[] = [];
    const states: string[] = [];
    informer.on("health", ({ state }) => states.push(state));
    informer.listen(
      {
        added: async ({ metadata }, { signal }) => {
          calls.push(`${metadata?.name}`);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
      { resyncMs: 1_000 },
    );
    await sync(informer);
    await informers.stop(1_000);
    expect(calls).toEqual(["x"]);
    expect(informer.health().state).toBe("stopped");
    expect(() => informer.listen({ added: () => {} })).toThrow(stopped);
    expect([source.open, vi.getTimerCount()]).toEqual([0, 0]);
    await informer.stop();
    expect(states).toEqual(["live", "stopped"]);
  });

  it("are waited for no longer than the grace when the registry stops; it names who still runs", async () => {
    const { informers, lease } = registry(new Source([pod("a/x", "1")]));
    const informer = lease();
    informer.listen({ added: () => new Promise(() => {}) }, { name: "stuck" });
    await sync(informer);
    const waiting = rejection(informers.stop(100));
    await pass(100);
    expect(await waiting).toMatchObject({
      code: "TIMEOUT",
      message: "Stop all informers: after 100 ms still running: the handler of stuck",
    });
  });

  it("count once, however often they are released, and never end their successor", async () => {
    const source = new Source();
    const informers = new Informers();
    const make = () => new SharedInformer<Pod>({ name: "pods", sources: [source] });
    const [one, two] = [informers.lease("pods", make), informers.lease("pods", make)];
    expect(two.shared).toBe(one.shared);
    await one.release();
    await one.release();
    expect(two.shared.isStopped).toBe(false);
    await informers.stop(0);
    const next = informers.lease("pods", make);
    await two.release();
    expect([two.shared.isStopped, next.shared.isStopped]).toEqual([true, false]);
    expect(informers.lease("pods", make).shared).toBe(next.shared);
  });

  it("name functions: the same one the same, another another, none nothing", () => {
    const informers = new Informers();
    const one = () => {};
    expect(informers.nameFunction(undefined)).toBe("");
    expect(informers.nameFunction(one)).toBe(informers.nameFunction(one));
    expect(informers.nameFunction(() => {})).not.toBe(informers.nameFunction(one));
  });
});

describe("addIndexers", () => {
  it("indexes what a running informer holds, and what comes later (S14)", async () => {
    const source = new Source([pod("a/x", "1", "u", { nodeName: "n1" })]);
    const informer = informerOf(source);
    await sync(informer);
    const indexed = informer.addIndexers({ node: ({ spec }) => spec?.nodeName });
    expect(indexed.store.indexKeys("node", "n1")).toEqual(["a/x"]);
    source.send(added("a/y", "11", "v", { nodeName: "n1" }));
    await settle();
    expect(indexed.store.indexKeys("node", "n1")).toEqual(["a/x", "a/y"]);
    await informer.stop();
  });

  it("serves lists of a namespace from the index, and everything without a selector (S26)", async () => {
    const source = new Source([pod("a/x", "1"), pod("b/x", "2")]);
    const informer = informerOf(source);
    await sync(informer);
    expect(informer.store.list({ namespace: "b" }).map(({ metadata }) => metadata?.namespace)).toEqual(["b"]);
    expect(informer.store.list()).toHaveLength(2);
    expect(informer.store.get("b/nothing")).toBeUndefined();
    await informer.stop();
  });
});
