import { describe, expect, it, vi } from "vitest";
import {
  added,
  deleted,
  informerOf,
  modified,
  type Pod,
  pass,
  pod,
  recorder,
  Source,
  settle,
  sync,
  useFakeTime,
  wait,
} from "./source.ts";

useFakeTime();

describe("overflow (P21)", () => {
  it("coalesces per object past the mark until drained: 100,000 events, bounded memory (P21, I3)", async () => {
    const source = new Source([pod("a/p0", "1")]);
    const informer = informerOf(source);
    const told: string[] = [];
    const slowly = async ({ metadata }: Pod): Promise<void> => {
      await wait(50);
      told.push(`${metadata?.name}@${metadata?.resourceVersion}`);
    };
    informer.listen({ added: slowly, modified: slowly }, { name: "slow", highWaterMark: 100 });
    await sync(informer);
    let longest = 0;
    for (let chunk = 0; chunk < 1_000; chunk++) {
      const records = Array.from({ length: 100 }, (_, at) =>
        modified(`a/p${at % 20}`, `${chunk * 100 + at + 11}`),
      );
      source.send(...records);
      await Promise.resolve();
      longest = Math.max(longest, informer.health().listeners[0]?.queued ?? 0);
      if (chunk % 100 === 0) await settle();
    }
    await settle();
    const { queued, overflowing } = informer.health().listeners[0] ?? {};
    expect(Math.max(longest, queued ?? 0)).toBeLessThanOrEqual(120);
    expect(overflowing).toBe(true);
    await pass(50 * 300);
    expect(informer.health().listeners[0]).toMatchObject({ queued: 0, overflowing: false });
    // The newest state of each object came last.
    const last = new Map(told.map((line) => line.split("@") as [string, string]));
    for (const { metadata } of informer.store.list()) {
      expect(last.get(metadata?.name ?? "")).toBe(metadata?.resourceVersion);
    }
    await informer.stop();
  });

  it("pause stops reading from the source, for everyone, until the queue is below the mark (P21)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    const release: (() => void)[] = [];
    informer.listen(handlers);
    informer.listen(
      { added: () => new Promise<void>((resolve) => release.push(resolve)) },
      { overflow: "pause", highWaterMark: 2 },
    );
    await sync(informer);
    for (let rv = 11; rv <= 30; rv++) source.send(added(`a/p${rv}`, `${rv}`));
    await pass(600_000);
    const before = source.taken;
    expect(before).toBeLessThanOrEqual(5);
    expect(log.length).toBeLessThanOrEqual(5);
    expect(informer.health().listeners[1]).toMatchObject({ queued: 3, overflowing: true });
    release.shift()?.();
    await settle();
    release.shift()?.();
    await settle();
    expect(source.taken).toBeGreaterThan(before);
    for (let calls = 0; calls < 30; calls++) {
      release.shift()?.();
      await settle();
    }
    expect(source.taken).toBe(20);
    expect(log).toHaveLength(21);
    await informer.stop({ graceMs: 0 });
  });

  it("pause does not hold up stop(), nor anyone once that listener is removed", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    const paused = informer.listen(
      { added: (_pod, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
      { overflow: "pause", highWaterMark: 1 },
    );
    await sync(informer);
    for (let rv = 11; rv <= 15; rv++) source.send(added(`a/p${rv}`, `${rv}`));
    await settle();
    expect(log.length).toBeLessThan(6);
    await paused.remove();
    await settle();
    expect(log).toHaveLength(6);
    informer.listen(
      { added: (_pod, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
      { overflow: "pause", highWaterMark: 1 },
    );
    for (let rv = 16; rv <= 20; rv++) source.send(added(`a/p${rv}`, `${rv}`));
    await settle();
    await informer.stop();
    expect([source.open, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("fail ends that listener only, with OVERFLOW (P21)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    const errors: string[] = [];
    informer.on("error", ({ code }) => errors.push(code));
    informer.listen(handlers);
    const gate = Promise.withResolvers<void>();
    const failing = informer.listen(
      { added: () => gate.promise },
      { overflow: "fail", highWaterMark: 2, name: "frail" },
    );
    await sync(informer);
    for (let rv = 11; rv <= 20; rv++) source.send(modified("a/x", `${rv}`));
    await settle();
    expect(errors).toEqual(["OVERFLOW"]);
    expect(failing.isRemoved).toBe(true);
    expect(failing.health()).toMatchObject({ failures: 1, lastError: { code: "OVERFLOW" } });
    expect(log).toHaveLength(11);
    expect(informer.health().listeners).toHaveLength(1);
    gate.resolve();
    await informer.stop();
  });
});

describe('delivery: "latest"', () => {
  it("holds one state per object, and loses no deletion (P21)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    const gate = Promise.withResolvers<void>();
    const listener = informer.listen(
      {
        ...handlers,
        added: async (object, context) => {
          handlers.added(object, context);
          await gate.promise;
        },
      },
      { delivery: "latest" },
    );
    await sync(informer);
    for (let rv = 11; rv <= 1_010; rv++) source.send(modified("a/y", `${rv}`), modified("a/x", `${rv}`));
    source.send(deleted("a/x", "2000"), added("a/x", "2001", "again"));
    await settle();
    expect(listener.health()).toMatchObject({ overflowing: false, queued: 4 });
    gate.resolve();
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "+a/y@1010 initial", "-a/x@2000", "+a/x@2001"]);
    await informer.stop();
  });
});

describe("unchanged objects", () => {
  it("are told after a relist only to who asks for it (I14, I15)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const informer = informerOf(source);
    const usual = recorder();
    const all = recorder();
    informer.listen(usual);
    informer.listen(all, { unchanged: true });
    await sync(informer);
    source.relist([pod("a/x", "1"), pod("a/y", "15")], "20");
    await settle();
    expect(usual.log.slice(2)).toEqual(["~a/y@15 was 2"]);
    expect(all.log.slice(2)).toEqual(["~a/x@1 was 1 unchanged", "~a/y@15 was 2"]);
    await informer.stop();
  });
});

describe("resyncMs", () => {
  it("tells MODIFIED of every stored object in its place among the changes, to that listener only (I15, D30)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const other = recorder();
    const { log, ...handlers } = recorder();
    informer.listen(other);
    informer.listen(
      {
        ...handlers,
        modified: async (object, previous, context) => {
          await wait(10);
          handlers.modified(object, previous, context);
        },
      },
      { resyncMs: 1_000 },
    );
    await sync(informer);
    await pass(999);
    source.send(modified("a/x", "11"), modified("a/x", "12"));
    await pass(1);
    source.send(modified("a/x", "13"));
    await pass(100);
    expect(log).toEqual([
      "+a/x@1 initial",
      "~a/x@11 was 1",
      "~a/x@12 was 11",
      "~a/x@12 was 12 unchanged",
      "~a/x@13 was 12",
    ]);
    expect(other.log).toHaveLength(4);
    await pass(1_000);
    expect(log).toHaveLength(6);
    expect(source.log).toEqual(["list ", "watch 10"]);
    await informer.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits out a period longer than one timer can, and starts no timer before the first list (P25)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const { log, ...handlers } = recorder();
    informer.listen(handlers, { resyncMs: 30 * 86_400_000 });
    expect(vi.getTimerCount()).toBe(0);
    await sync(informer);
    await pass(1_000);
    expect(log).toEqual(["+a/x@1 initial"]);
    await informer.stop();
  });
});

describe("retry", () => {
  it("calls a failing handler again with back-off, before anything after it, then gives up", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const errors: string[] = [];
    const calls: string[] = [];
    let failures = 2;
    informer.on("error", ({ code }) => errors.push(code));
    informer.listen(
      {
        added: ({ metadata }) => {
          calls.push(`${metadata?.name} at ${Date.now() - 1_000_000}`);
          if (failures-- > 0) throw new Error("not yet");
        },
        deleted: async () => {
          calls.push("deleted");
          throw new Error("never");
        },
      },
      { retry: { attempts: 3, initialMs: 100, jitter: 0 } },
    );
    await sync(informer);
    source.send(added("a/y", "11"), deleted("a/x", "12"), added("a/z", "13"));
    await pass(10_000);
    expect(calls).toEqual([
      "x at 0",
      "x at 100",
      "x at 300",
      "y at 300",
      "deleted",
      "deleted",
      "deleted",
      "z at 600",
    ]);
    expect(errors).toEqual(Array(5).fill("HANDLER_FAILED"));
    await informer.stop();
  });

  it("ends with the listener: no further call, no timer", async () => {
    const informer = informerOf(new Source([pod("a/x", "1")]));
    let calls = 0;
    informer.on("error", () => {});
    const listener = informer.listen(
      {
        added: () => {
          calls++;
          throw new Error("no");
        },
      },
      { retry: { attempts: 9, initialMs: 1_000 } },
    );
    await sync(informer);
    await listener.remove();
    await informer.stop();
    expect([calls, vi.getTimerCount()]).toEqual([1, 0]);
  });
});

describe("many events for handlers that do not wait", () => {
  it.each([
    ["synchronous", () => {}],
    ["resolved at once", async () => {}],
  ])("do not starve the event loop: %s", async (_what, work) => {
    vi.useRealTimers();
    const source = new Source();
    const informer = informerOf(source);
    let calls = 0;
    let callsAtFirstTurn: number | undefined;
    informer.on("ADDED", () => {
      if (calls++ === 0) setImmediate(() => (callsAtFirstTurn = calls));
      const until = performance.now() + 0.02;
      while (performance.now() < until);
      return work();
    });
    await informer.synced();
    await new Promise((resolve) => setImmediate(resolve));
    source.send(...Array.from({ length: 3_000 }, (_, at) => added(`a/p${at}`, `${at + 11}`)));
    while (calls < 3_000) await new Promise((resolve) => setImmediate(resolve));
    expect(callsAtFirstTurn).toBeLessThan(2_000);
    await informer.stop();
  });

  it("do not hold up stop() while they wait for their turn", async () => {
    const source = new Source();
    const informer = informerOf(source);
    let calls = 0;
    informer.on("ADDED", () => {
      calls++;
      vi.setSystemTime(Date.now() + 20);
    });
    await sync(informer);
    source.send(...Array.from({ length: 100 }, (_, at) => added(`a/p${at}`, `${at + 11}`)));
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    await informer.stop();
    expect(calls).toBeLessThan(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});
