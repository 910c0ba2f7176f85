import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { settled, takeNow, workOff } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("WorkQueue, shutting down", () => {
  it("hands out what remains, and then undefined (Q3, Q19)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.add("b");
    queue.shutDown();
    expect([queue.isShutDown, queue.length]).toEqual([true, 2]);
    expect((await queue.take())?.key).toBe("a");
    expect((await queue.take())?.key).toBe("b");
    expect(await queue.take()).toBe(undefined);
  });

  it("drops what is added afterwards, and queues again what was added before while worked on (Q3)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    queue.add("a");
    queue.shutDown();
    queue.add("b");
    queue.addAfter("c", 1);
    queue.addRateLimited("d");
    queue.setDue("e", 1);
    queue.setDue("f", 0);
    vi.advanceTimersByTime(1000);
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(takeNow(queue).key).toBe("a");
    queue.add("a");
    queue.done("a");
    expect([queue.length, queue.retries("d")]).toEqual([0, 0]);
  });

  it("drops what is due later, and its timer (Q7)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 10);
    queue.addRateLimited("a");
    queue.addAfter("b", 20);
    queue.add("b");
    queue.shutDown();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(workOff(queue)).toEqual(["b"]);
  });

  it("lets go of those who wait for a key, and does no harm twice (Q3, Q19)", async () => {
    const queue = new WorkQueue();
    const waiting = Promise.all([queue.take(), queue.take(new AbortController().signal)]);
    queue.shutDown();
    queue.shutDown();
    expect(await waiting).toEqual([undefined, undefined]);
  });
});

describe("WorkQueue, draining", () => {
  /** What a drain has resolved to, if it has. */
  function watched(drain: Promise<boolean>): { result: boolean | undefined } {
    const seen: { result: boolean | undefined } = { result: undefined };
    void drain.then((result) => {
      seen.result = result;
    });
    return seen;
  }

  it("waits until nothing waits and nothing is worked on (Q4)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.add("b");
    takeNow(queue);
    const drained = watched(queue.drain());
    expect(queue.isShutDown).toBe(true);
    queue.done("a");
    await settled();
    expect(drained.result).toBe(undefined);
    takeNow(queue);
    await settled();
    expect(drained.result).toBe(undefined);
    queue.done("b");
    await settled();
    expect(drained.result).toBe(true);
  });

  it("waits for a key that is queued again because it was added while worked on (Q3, Q4)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    queue.add("a");
    const drained = watched(queue.drain());
    queue.done("a");
    await settled();
    expect(drained.result).toBe(undefined);
    expect(workOff(queue)).toEqual(["a"]);
    await settled();
    expect(drained.result).toBe(true);
  });

  it("waits for ever where a key is never done, until shutDown ends it (Q4)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    const [first, second] = [watched(queue.drain()), watched(queue.drain())];
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect([first.result, second.result]).toEqual([undefined, undefined]);
    queue.shutDown();
    await settled();
    expect([first.result, second.result]).toEqual([false, false]);
    queue.done("a");
    expect(await queue.drain()).toBe(true);
  });

  it("ends with its signal, and the queue stays shut down (Q4)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    const stop = new AbortController();
    const drained = watched(queue.drain(stop.signal));
    stop.abort();
    await settled();
    expect([drained.result, queue.isShutDown]).toEqual([false, true]);
    expect(await queue.drain(AbortSignal.abort())).toBe(false);
    await expect(queue.drain(Object(1))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("resolves at once where there is nothing to wait for (Q4)", async () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 1000);
    expect(await queue.drain()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
