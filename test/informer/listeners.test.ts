import { describe, expect, it } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import {
  added,
  bookmark,
  deleted,
  informerOf,
  modified,
  pass,
  pod,
  recorder,
  rejection,
  Source,
  settle,
  stopNow,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

describe("what a listener is told", () => {
  it("writes the store, indices included, before it tells: newer than the event, never older (I1)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, { indexers: { node: ({ spec }) => spec?.nodeName } });
    const seen: unknown[] = [];
    informer.on("MODIFIED", (object) => {
      const stored = informer.store.get("a/x")?.metadata?.resourceVersion;
      seen.push([object.metadata?.resourceVersion, stored, informer.store.indexKeys("node", "n2")]);
    });
    await sync(informer);
    source.send(modified("a/x", "11"), modified("a/x", "12", "a/x", { nodeName: "n2" }));
    await settle();
    expect(seen).toEqual([
      ["11", "12", ["a/x"]],
      ["12", "12", ["a/x"]],
    ]);
    await informer.stop();
  });

  it("calls one at a time, each awaited, in order of the changes, over chunks too (I2, P2)", async () => {
    const source = new Source();
    const informer = informerOf(source);
    const log: string[] = [];
    let running = 0;
    const slowly = async (what: string): Promise<void> => {
      running += 1;
      log.push(`${what} begins, ${running} runs`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running -= 1;
      log.push(`${what} ends`);
    };
    informer.on("ADDED", () => slowly("added")).on("DELETED", () => slowly("deleted"));
    await sync(informer);
    source.send(added("a/x", "11"));
    source.send(deleted("a/x", "12"));
    await pass(100);
    expect(log).toEqual(["added begins, 1 runs", "added ends", "deleted begins, 1 runs", "deleted ends"]);
    await informer.stop();
  });

  it("awaits all handlers of one lease's `on` one after the other, sync and async mixed (I2)", async () => {
    const source = new Source();
    const informer = informerOf(source);
    const log: string[] = [];
    informer.on("ADDED", async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      log.push("first");
    });
    informer.on("ADDED", () => log.push("second"));
    informer.on("ADDED", async () => log.push("third"));
    await sync(informer);
    source.send(added("a/x", "11"), added("a/y", "12"));
    await pass(50);
    expect(log).toEqual(["first", "second", "third", "first", "second", "third"]);
    await informer.stop();
  });

  it("lets a slow listener delay nobody, shows by name what waits and runs, and goes on reading (I3, I4, K6)", async () => {
    const source = new Source();
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen({ added: () => new Promise(() => {}) }, { name: "slow" });
    informer.listen(handlers, { name: "fast" });
    await sync(informer);
    for (let rv = 11; rv <= 20; rv++) source.send(added(`a/p${rv}`, `${rv}`));
    await settle();
    expect(log).toHaveLength(10);
    const [slow, fast] = informer.health().listeners;
    expect(slow).toMatchObject({ name: "slow", queued: 9, overflowing: false, runningMs: 0 });
    expect(fast).toMatchObject({ name: "fast", queued: 0, runningMs: undefined });
    await pass(5_000);
    expect(informer.health().listeners[0]?.runningMs).toBe(5_000);
    await stopNow(informer);
  });

  it("makes delete and recreate under one name DELETED(old), ADDED(new): uid decides (I5, P6)", async () => {
    const source = new Source([pod("a/x", "1", "old")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    await sync(informer);
    source.relist([pod("a/x", "20", "new")], "20");
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "-a/x@1 unknown", "+a/x@20"]);
    log.length = 0;
    source.send(added("a/x", "21", "newer"));
    await settle();
    expect(log).toEqual(["-a/x@20 unknown", "+a/x@21"]);
    await informer.stop();
  });

  it("gives the deletion's own state, or the last known one marked finalStateUnknown (I6)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const { log, deleted: onDeleted } = recorder();
    informer.listen({ deleted: onDeleted });
    await sync(informer);
    source.send(deleted("a/x", "11"));
    await settle();
    source.relist([], "20");
    await settle();
    expect(log).toEqual(["-a/x@11", "-a/y@2 unknown"]);
    await informer.stop();
  });

  it("marks the first list initial, and nothing that a relist finds (I7, I9, D21)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    await sync(informer);
    source.relist([pod("a/x", "1"), pod("a/y", "12")], "20");
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "+a/y@12"]);
    await informer.stop();
  });

  it("tells of a relist after the store is final: the missing first, then the rest (D20, K4, P1)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2"), pod("a/z", "3")]);
    const informer = informerOf(source);
    const seen: string[] = [];
    const tell = (word: string) => () => void seen.push(`${word}, stored: ${informer.store.keys().sort()}`);
    informer.listen({ added: tell("+"), modified: tell("~"), deleted: tell("-") });
    await sync(informer);
    seen.length = 0;
    source.relist([pod("a/w", "15"), pod("a/y", "14")], "20");
    await settle();
    const stored = "stored: a/w,a/y";
    expect(seen).toEqual([`-, ${stored}`, `-, ${stored}`, `+, ${stored}`, `~, ${stored}`]);
    expect(informer.store.resourceVersion).toBe("20");
    await informer.stop();
  });

  it("tells of lower resourceVersions with other content as MODIFIED (P11)", async () => {
    const source = new Source([pod("a/x", "500")], "500");
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    await sync(informer);
    source.relist([pod("a/x", "7")], "9");
    await settle();
    expect(log).toEqual(["+a/x@500 initial", "~a/x@7 was 500"]);
    await informer.stop();
  });

  it("tells every listener of deletions, one whose object left the store while it waited too (K5)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const logs = [recorder(), recorder()];
    for (const { log: _log, ...handlers } of logs) informer.listen(handlers);
    const late: string[] = [];
    informer.listen({
      added: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
      deleted: ({ metadata }) => late.push(`${metadata?.name}, stored: ${informer.store.has("a/x")}`),
    });
    await sync(informer);
    source.send(deleted("a/x", "11"));
    await pass(1_000);
    expect(logs.map(({ log }) => log)).toEqual(Array(2).fill(["+a/x@1 initial", "-a/x@11"]));
    expect(late).toEqual(["x, stored: false"]);
    await informer.stop();
  });

  it("never hands bookmarks to object handlers, and moves the store's resourceVersion with them", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    await sync(informer);
    source.send(bookmark("50"));
    await settle();
    expect(log).toEqual(["+a/x@1 initial"]);
    expect(informer.store.resourceVersion).toBe("50");
    await informer.stop();
  });
});

describe("a listener's sync", () => {
  it("is over when the handlers have returned from every initial object (I10)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const open: (() => void)[] = [];
    const listener = informer.listen({ added: () => new Promise<void>((resolve) => open.push(resolve)) });
    let hasSynced = false;
    void listener.synced().then(() => {
      hasSynced = true;
    });
    await sync(informer);
    await settle();
    expect([open.length, hasSynced]).toEqual([1, false]);
    open[0]?.();
    await settle();
    expect([open.length, hasSynced]).toEqual([2, false]);
    open[1]?.();
    await settle();
    expect(hasSynced).toBe(true);
    await informer.stop();
  });

  it("counts an initial call that failed as returned, and reports it (I11)", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    const errors: KubeError[] = [];
    informer.on("error", (error) => errors.push(error));
    const listener = informer.listen({
      added: () => {
        throw new TypeError("no");
      },
    });
    await sync(informer);
    await listener.synced();
    expect(errors.map(({ code }) => code)).toEqual(["HANDLER_FAILED"]);
    expect(listener.health()).toMatchObject({ failures: 1, lastError: errors[0] });
    await informer.stop();
  });

  it("rejects with STOPPED when the listener is removed before", async () => {
    const informer = informerOf(new Source());
    const listener = informer.listen({ added: () => {} });
    await listener.remove();
    expect(await rejection(listener.synced())).toMatchObject({ code: "STOPPED" });
    await informer.stop();
  });
});

describe("registration", () => {
  it("takes the same handlers object many times, each on its own (I22)", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    const { log, ...handlers } = recorder();
    const first = informer.listen(handlers);
    informer.listen(handlers);
    await sync(informer);
    await settle();
    expect(log).toHaveLength(2);
    await first.remove();
    expect(informer.health().listeners).toHaveLength(1);
    await informer.stop();
  });

  it("drops what waits at remove(), any number of times, and not what another listener waits for (I23)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    const calls: string[] = [];
    const release = Promise.withResolvers<void>();
    const listener = informer.listen({
      added: ({ metadata }) => {
        calls.push(`${metadata?.name}`);
        return release.promise;
      },
    });
    informer.listen(handlers);
    await sync(informer);
    source.send(added("a/y", "11"));
    await settle();
    const removals = [listener.remove(), listener.remove()];
    expect([listener.isRemoved, listener.health().queued]).toEqual([true, 0]);
    release.resolve();
    await Promise.all(removals);
    source.send(added("a/z", "12"));
    await settle();
    expect(calls).toEqual(["x"]);
    expect(log).toEqual(["+a/x@1 initial", "+a/y@11", "+a/z@12"]);
    await informer.stop();
  });

  it("waits in remove() for the call that runs, which sees its signal abort (I24)", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    let isAborted: boolean | undefined;
    const listener = informer.listen({
      added: (_pod, { signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => setTimeout(resolve, 100));
          isAborted = false;
        }).then(() => {
          isAborted = signal.aborted;
        }),
    });
    await sync(informer);
    await settle();
    let isRemoved = false;
    void listener.remove().then(() => {
      isRemoved = true;
    });
    await pass(99);
    expect([isAborted, isRemoved]).toEqual([false, false]);
    await pass(1);
    expect([isAborted, isRemoved]).toEqual([true, true]);
    await informer.stop();
  });

  it("calls none of one listener's further handlers once the first has removed it", async () => {
    const controller = new AbortController();
    const informer = informerOf(new Source([pod("a/x", "1")]), { listen: { signal: controller.signal } });
    let calls = 0;
    informer.on("ADDED", () => controller.abort());
    informer.on("ADDED", () => calls++);
    await sync(informer);
    expect(calls).toBe(0);
    await informer.stop();
  });

  it("lets a handler remove its own listener without awaiting it", async () => {
    const informer = informerOf(new Source([pod("a/x", "1"), pod("a/y", "2")]));
    const calls: string[] = [];
    const listener = informer.listen({
      added: ({ metadata }) => {
        calls.push(`${metadata?.name}`);
        void listener.remove();
      },
    });
    await sync(informer);
    await settle();
    expect(calls).toEqual(["x"]);
    await informer.stop();
  });

  it("is removed by its signal, by dispose, and at once by a signal that has aborted already", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    const { log, ...handlers } = recorder();
    const controller = new AbortController();
    const one = informer.listen(handlers, { signal: controller.signal });
    controller.abort();
    expect(one.isRemoved).toBe(true);
    const two = informer.listen(handlers, { signal: controller.signal, resyncMs: 5 });
    expect(two.isRemoved).toBe(true);
    const three = informer.listen(handlers);
    await three[Symbol.asyncDispose]();
    expect(three.isRemoved).toBe(true);
    await sync(informer);
    await settle();
    expect(log).toEqual([]);
    expect(informer.health().listeners).toEqual([]);
    expect(two.name).toBe("listener 2 of pods");
    await informer.stop();
  });

  it.each([
    ["no function", "ADDED", "x"],
    ["an unknown event", "UPDATED", () => {}],
    ["an inherited name", "toString", () => {}],
  ])("refuses %s in on() with INVALID_ARGUMENT", (_what, event, handler) => {
    const informer = informerOf(new Source());
    const on = informer.on.bind(informer) as (event: string, handler: unknown) => unknown;
    expect(() => on(event, handler)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it.each([
    [{}, {}],
    [null, {}],
    [{ added: "x" }, {}],
    [{ modified: 1, added: () => {} }, {}],
    [{ deleted: null, added: () => {} }, {}],
    [{ added: () => {} }, { highWaterMark: 0 }],
    [{ added: () => {} }, { resyncMs: -1 }],
    [{ added: () => {} }, { retry: {} }],
    [{ added: () => {} }, { retry: { attempts: 0 } }],
    [{ added: () => {} }, { retry: { attempts: 2, initialMs: -1 } }],
    [{ added: () => {} }, { delivery: "some" }],
    [{ added: () => {} }, { overflow: "drop" }],
  ])("refuses listen(%j, %j) with INVALID_ARGUMENT", (handlers, options) => {
    const informer = informerOf(new Source());
    const listen = informer.listen.bind(informer) as (handlers: unknown, options: unknown) => unknown;
    expect(() => listen(handlers, options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(informer.health().listeners).toEqual([]);
  });
});
