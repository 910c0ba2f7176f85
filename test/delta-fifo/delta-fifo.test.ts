import { describe, expect, it, vi } from "vitest";
import type { Delta } from "../../src/delta-fifo/delta.ts";
import { DeltaFIFO } from "../../src/delta-fifo/delta-fifo.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { change, drain, listenerQueue, mainQueue, record } from "./entries.ts";

const replaced = (text: string, isFirst = false): Delta<KubeObject> => ({
  type: "REPLACED",
  records: text === "" ? [] : text.split(" ").map((one) => record(one)),
  resourceVersion: "9",
  isFirst,
});

describe("DeltaFIFO, order", () => {
  it("keeps one global order of arrival and merges nothing by itself (D14)", () => {
    const queue = mainQueue();
    const pushed: Delta<KubeObject>[] = [
      change("ADDED", "a@1"),
      change("MODIFIED", "a@2"),
      change("ADDED", "b@3"),
      change("MODIFIED", "a@4"),
      change("DELETED", "unknown@5"),
    ];
    for (const delta of pushed) queue.push(delta);
    expect(queue.length).toBe(5);
    expect(drain(queue)).toEqual(pushed);
    expect(queue.pop()).toBe(undefined);
  });

  it("keeps a queued deletion when a list with the same key follows (D16)", () => {
    const queue = mainQueue();
    queue.push(change("DELETED", "a@2", "old"));
    queue.push(replaced("a@3"));
    expect(drain(queue).map(({ type }) => type)).toEqual(["DELETED", "REPLACED"]);
  });

  it("queues a list, a resync and a bookmark as one entry each, in order (D18, D19)", () => {
    const queue = mainQueue();
    queue.push(change("ADDED", "a@1"));
    queue.push({ type: "BOOKMARK", resourceVersion: "5" });
    queue.push(replaced("a@1 b@2 c@3"));
    queue.push({ type: "SYNC" });
    queue.push(change("MODIFIED", "a@10"));
    expect(queue.length).toBe(5);
    expect(drain(queue).map(({ type }) => type)).toEqual([
      "ADDED",
      "BOOKMARK",
      "REPLACED",
      "SYNC",
      "MODIFIED",
    ]);
  });

  it("keeps its order while it grows, shrinks and wraps around", () => {
    const queue = mainQueue();
    const popped: string[] = [];
    let next = 0;
    const push = (count: number): void => {
      for (let left = count; left > 0; left--) queue.push(change("ADDED", `${next++}@1`));
    };
    const pop = (count: number): void => {
      for (let left = count; left > 0; left--) {
        const delta = queue.pop();
        if (delta !== undefined && "key" in delta) popped.push(delta.key);
      }
    };
    for (const [more, less] of [
      [10, 7],
      [20, 3],
      [3000, 3015],
      [5, 13],
      [40, 40],
    ] as const) {
      push(more);
      pop(less);
    }
    expect(queue.length).toBe(0);
    expect(popped).toEqual(Array.from({ length: next }, (_, at) => String(at)));
  });

  it("drops what waits at clear, and goes on", () => {
    const queue = mainQueue();
    queue.push(change("ADDED", "a@1"));
    queue.clear();
    expect([queue.length, queue.pop()]).toEqual([0, undefined]);
    queue.push(change("ADDED", "b@1"));
    expect(drain(queue)).toMatchObject([{ key: "b" }]);
  });
});

describe("DeltaFIFO, sync", () => {
  it("has synced only once the first list was processed, not when it was popped (D22)", () => {
    const queue = mainQueue();
    queue.push(replaced("a@1", true));
    queue.push(change("ADDED", "b@2"));
    expect(queue.hasSynced).toBe(false);
    const list = queue.pop();
    expect(queue.hasSynced).toBe(false);
    if (list !== undefined) queue.done(list);
    expect(queue.hasSynced).toBe(true);
    expect(queue.length).toBe(1);
  });

  it("counts an empty first list, and everything queued before it (D23)", () => {
    const queue = mainQueue();
    queue.push({ type: "BOOKMARK", resourceVersion: "1" });
    queue.push(change("ADDED", "a@2"));
    queue.push(replaced("", true));
    const seen: boolean[] = [];
    for (let delta = queue.pop(); delta !== undefined; delta = queue.pop()) {
      queue.done(delta);
      seen.push(queue.hasSynced);
    }
    expect(seen).toEqual([false, false, true]);
  });

  it("has not synced when processing the list failed: the error is the consumer's, the queue goes on (D28)", () => {
    const queue = mainQueue();
    queue.push(replaced("a@1", true));
    queue.push(replaced("a@2", true));
    const outcomes: string[] = [];
    for (let delta = queue.pop(); delta !== undefined; delta = queue.pop()) {
      try {
        if (outcomes.length === 0) throw new TypeError("transform");
        queue.done(delta);
        outcomes.push(`done ${queue.hasSynced}`);
      } catch (error) {
        outcomes.push(`${error} ${queue.hasSynced}`);
      }
    }
    expect(outcomes).toEqual(["TypeError: transform false", "done true"]);
  });

  it("syncs by another type where it is told so (D22)", () => {
    const queue = listenerQueue();
    queue.push({ type: "SYNCED" });
    const mark = queue.pop();
    if (mark !== undefined) queue.done(mark);
    expect(queue.hasSynced).toBe(true);
  });
});

describe("DeltaFIFO, close", () => {
  it("hands out what waits, then ends; refuses more (D11)", () => {
    const queue = mainQueue();
    queue.push(change("ADDED", "a@1"));
    queue.close();
    expect(queue.isClosed).toBe(true);
    expect(() => queue.push(change("ADDED", "b@1"))).toThrow(expect.objectContaining({ code: "STOPPED" }));
    expect(queue.pop()).toMatchObject({ key: "a" });
    expect(queue.pop()).toBe(undefined);
  });

  it("wakes a consumer that waits (D11)", async () => {
    const queue = mainQueue();
    const waiting = queue.whenNotEmpty();
    queue.close();
    expect(await waiting).toBe(false);
    expect(await queue.whenNotEmpty()).toBe(false);
  });

  it("iterates in order until closed and drained; an entry is done when the next is asked for (D11, D22)", async () => {
    const queue = mainQueue();
    queue.push(replaced("a@1", true));
    queue.push(change("MODIFIED", "a@2"));
    const seen: unknown[] = [];
    const consumed = (async () => {
      for await (const delta of queue) seen.push([delta.type, queue.hasSynced]);
    })();
    await vi.waitFor(() => expect(seen.length).toBe(2), { interval: 1 });
    queue.push(change("DELETED", "a@3"));
    queue.close();
    await consumed;
    expect(seen).toEqual([
      ["REPLACED", false],
      ["MODIFIED", true],
      ["DELETED", true],
    ]);
  });
});

describe("DeltaFIFO, waiting", () => {
  it("resolves at the next entry, for every waiter, without leaving a listener behind", async () => {
    const queue = mainQueue();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    const waiting = [queue.whenNotEmpty(signal), queue.whenNotEmpty()];
    queue.push(change("ADDED", "a@1"));
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
    expect(await queue.whenNotEmpty(signal)).toBe(true);
  });

  it("stops waiting when the signal aborts, before or during", async () => {
    const queue = mainQueue();
    const controller = new AbortController();
    const waiting = queue.whenNotEmpty(controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    queue.push(change("ADDED", "a@1"));
    expect(await queue.whenNotEmpty(controller.signal)).toBe(false);
  });

  it("pauses a producer above the high-water mark until the queue is back at it", async () => {
    const queue = mainQueue({ highWaterMark: 2 });
    queue.push(change("ADDED", "a@1"));
    queue.push(change("ADDED", "b@2"));
    expect([queue.isAboveHighWater, queue.whenBelowHighWater()]).toEqual([false, undefined]);
    queue.push(change("ADDED", "c@3"));
    queue.push(change("ADDED", "d@4"));
    expect(queue.isAboveHighWater).toBe(true);
    const resumed = vi.fn();
    const paused = queue.whenBelowHighWater();
    expect(queue.whenBelowHighWater()).toBe(paused);
    const waiting = paused?.then(resumed);
    queue.pop();
    await Promise.resolve();
    expect(resumed).not.toHaveBeenCalled();
    queue.pop();
    await waiting;
    expect(resumed).toHaveBeenCalledOnce();
    expect(queue.length).toBe(2);
  });

  it("lets a paused producer go at clear and at close", async () => {
    for (const end of ["clear", "close"] as const) {
      const queue = mainQueue({ highWaterMark: 1 });
      queue.push(change("ADDED", "a@1"));
      queue.push(change("ADDED", "b@2"));
      const paused = queue.whenBelowHighWater();
      expect(paused).toBeInstanceOf(Promise);
      queue[end]();
      await paused;
      expect(queue.whenBelowHighWater()).toBe(undefined);
    }
  });
});

describe("DeltaFIFO, options", () => {
  it("refuses what cannot work", () => {
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => mainQueue({ highWaterMark: 0 })).toThrow(refused);
    expect(() => mainQueue({ highWaterMark: 1.5 })).toThrow(refused);
    expect(() => new DeltaFIFO({ coalesce: "always" })).toThrow(refused);
    expect(() => new DeltaFIFO({ merge: JSON.parse("1") })).toThrow(refused);
    expect(() => listenerQueue({ coalesce: "always", overflow: "fail" })).toThrow(refused);
    expect(mainQueue().highWaterMark).toBe(Number.POSITIVE_INFINITY);
  });
});
