import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { refusal, settled, takeNow, workOff } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("WorkQueue, one key", () => {
  it("hands out each key once, in the order in which they were first added (Q1)", () => {
    const queue = new WorkQueue();
    for (const key of ["a", "b", "a", "c", "b", "a"]) queue.add(key);
    expect(queue.length).toBe(3);
    expect(workOff(queue)).toEqual(["a", "b", "c"]);
    expect(queue.tryTake()).toBe(undefined);
  });

  it("takes a key in again once it is done (Q1)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    expect(workOff(queue)).toEqual(["a"]);
    queue.add("a");
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("queues a key that is added while worked on when it is done, once, at the end (Q2)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    const first = takeNow(queue);
    for (let times = 0; times < 3; times++) queue.add("a");
    queue.add("b");
    expect([queue.length, queue.processing]).toEqual([1, 1]);
    queue.done(first.key);
    expect([queue.length, queue.processing]).toEqual([2, 0]);
    expect(workOff(queue)).toEqual(["b", "a"]);
  });

  it("never has one key in two hands, whoever waits for it (Q2)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    const second = vi.fn();
    void queue.take().then(second);
    queue.add("a");
    await settled();
    expect(second).not.toHaveBeenCalled();
    queue.done("a");
    await settled();
    expect(second.mock.calls[0]).toMatchObject([{ key: "a" }]);
  });

  it("says what an item is: key, priority, why it comes, and how often it was retried (Q8)", () => {
    const queue = new WorkQueue();
    queue.add("a", { priority: 7 });
    const item = takeNow(queue);
    expect(item).toMatchObject({ key: "a", priority: 7, isDue: false, isRetry: false, retries: 0 });
    queue.addRateLimited("a");
    expect(item.retries).toBe(1);
  });
});

describe("WorkQueue, waiting", () => {
  it("lets those who take wait, and serves them in their order (Q3)", async () => {
    const queue = new WorkQueue();
    const served: string[] = [];
    for (const name of ["first", "second"]) {
      void queue.take().then((item) => served.push(`${name} ${item?.key}`));
    }
    await settled();
    expect(served).toEqual([]);
    queue.add("a");
    queue.add("b");
    await settled();
    expect(served).toEqual(["first a", "second b"]);
  });

  it("resolves with undefined once the signal aborts, and leaves the key to the next (Q3)", async () => {
    const queue = new WorkQueue();
    const leaving = new AbortController();
    const left = queue.take(leaving.signal);
    const staying = queue.take();
    leaving.abort();
    expect(await left).toBe(undefined);
    queue.add("a");
    expect((await staying)?.key).toBe("a");
    expect(await queue.take(AbortSignal.abort())).toBe(undefined);
  });

  it("takes nothing for a signal that has aborted, also where a key is ready", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    expect(await queue.take(AbortSignal.abort())).toBe(undefined);
    expect((await queue.take(new AbortController().signal))?.key).toBe("a");
  });
});

describe("WorkQueue, bad input", () => {
  const queue = new WorkQueue();
  const key: string = Object(undefined);
  const wrong: readonly [string, () => unknown, string][] = [
    ["an empty key", () => queue.add(""), 'Expected `key` to be a string that is not empty, got `""`'],
    ["no key", () => queue.add(key), "Expected `key` to be a string"],
    ["an empty key due later", () => queue.addAfter("", 1), "Expected `key`"],
    ["an empty key that failed", () => queue.addRateLimited(""), "Expected `key`"],
    ["an empty key to set", () => queue.setDue("", 1), "Expected `key`"],
    ["an empty key to forget", () => queue.forget(""), "Expected `key`"],
    ["an empty key asked for", () => queue.retries(""), "Expected `key`"],
    ["an empty key done", () => queue.done(""), "Expected `key`"],
    [
      "a negative delay",
      () => queue.addAfter("a", -1),
      "Expected `delayMs` to be a duration in milliseconds",
    ],
    ["no number as delay", () => queue.addAfter("a", Number.NaN), "Expected `delayMs`"],
    ["an endless delay", () => queue.addAfter("a", Number.POSITIVE_INFINITY), "Expected `delayMs`"],
    ["no delay", () => queue.addAfter("a", Object([])[0]), "Expected `delayMs`"],
    ["a negative due time", () => queue.setDue("a", -5), "Expected `delayMs`"],
    ["a negative afterMs", () => queue.add("a", { afterMs: -1 }), "Expected `afterMs`"],
    [
      "no number as priority",
      () => queue.add("a", { priority: Number.NaN }),
      "Expected `priority` to be a finite",
    ],
    ["an endless priority", () => queue.addAfter("a", 1, { priority: Infinity }), "Expected `priority`"],
    ["a priority as options", () => queue.add("a", Object([5])), "Expected `options` to be an object"],
    ["a text for a boolean", () => queue.add("a", { rateLimited: Object("no") }), "Expected `rateLimited`"],
    [
      "a key done that nobody has",
      () => queue.done("a"),
      "Expected `key` to be a key that is being worked on",
    ],
    ["a controller as signal", () => queue.take(Object(new AbortController())), "Expected `signal`"],
    ["an empty name", () => new WorkQueue({ name: "" }), "Expected `name`"],
    ["a number as name", () => new WorkQueue({ name: Object(1) }), "Expected `name`"],
    ["negative ageing", () => new WorkQueue({ ageingMs: -1 }), "Expected `ageingMs`"],
    ["no rate limiter", () => new WorkQueue({ rateLimiter: Object({}) }), "Expected `rateLimiter.delayMs`"],
    ["options that are none", () => new WorkQueue(Object([])), "Expected `options`"],
  ];

  it.each(wrong)("refuses %s with INVALID_ARGUMENT", (_, call, message) => {
    expect(refusal(call)).toContain(`INVALID_ARGUMENT ${message}`);
    expect([queue.length, queue.processing]).toEqual([0, 0]);
  });

  it("refuses a key that is done twice", () => {
    const own = new WorkQueue();
    own.add("a");
    own.done(takeNow(own).key);
    expect(refusal(() => own.done("a"))).toContain("INVALID_ARGUMENT");
  });

  it("refuses what a rate limiter of one's own says where it is no duration", () => {
    for (const delayMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, Object([])[0]]) {
      const own = new WorkQueue({ rateLimiter: { delayMs: () => delayMs, forget() {}, retries: () => 0 } });
      expect(refusal(() => own.addRateLimited("a"))).toContain(
        "INVALID_ARGUMENT Expected `rateLimiter.delayMs()`",
      );
      expect(own.length).toBe(0);
    }
  });
});

describe("WorkQueue, memory", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");

  it("holds nothing of a key that is done, also one whose due time was replaced (Q13)", async () => {
    vi.useRealTimers();
    const queue = new WorkQueue();
    const items = ["a", "b", "c"].map((key) => {
      queue.add(key);
      queue.setDue(key, 3_600_000);
      queue.setDue(key, undefined);
      const item = takeNow(queue);
      queue.done(key);
      return new WeakRef(item);
    });
    // A WeakRef holds its target until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(items.map((item) => item.deref())).toEqual([undefined, undefined, undefined]);
  });

  const endings: readonly [string, (queue: WorkQueue, key: string) => void][] = [
    [
      "done",
      (queue, key) => {
        queue.add(key);
        workOff(queue);
      },
    ],
    [
      "done after it was due",
      (queue, key) => {
        queue.addAfter(key, 1);
        vi.advanceTimersByTime(1);
        workOff(queue);
      },
    ],
    [
      "not due any more",
      (queue, key) => {
        queue.addAfter(key, 1);
        queue.setDue(key, undefined);
      },
    ],
    ["never known", (queue, key) => queue.setDue(key, undefined)],
    [
      "due when the queue was shut down",
      (queue, key) => {
        queue.addAfter(key, 1);
        queue.addRateLimited(key);
        queue.forget(key);
      },
    ],
  ];

  it.each(endings)("forgets a key that is %s (Q13)", (_, end) => {
    const queue = new WorkQueue();
    collect();
    const before = process.memoryUsage().heapUsed;
    // 30 MB of keys; a text that is put together would share its parts with the others.
    for (let at = 0; at < 3_000; at++) end(queue, Buffer.alloc(10_000, `${at} `).toString("latin1"));
    if (vi.getTimerCount() > 0) queue.shutDown();
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10e6);
    expect([queue.length, queue.processing]).toEqual([0, 0]);
  });
});
