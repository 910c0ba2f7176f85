import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { settled, takeNow, workOff } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("WorkQueue, due times", () => {
  it("hands out keys in the order of their due times, and none before (Q5, Q14)", () => {
    const queue = new WorkQueue();
    queue.addAfter("c", 300);
    queue.addAfter("a", 100);
    queue.addAfter("b", 200);
    vi.advanceTimersByTime(99);
    expect([queue.length, workOff(queue)]).toEqual([0, []]);
    vi.advanceTimersByTime(1);
    expect(queue.length).toBe(1);
    vi.advanceTimersByTime(200);
    expect(queue.length).toBe(3);
    expect(workOff(queue)).toEqual(["a", "b", "c"]);
  });

  it("adds at once where the delay is 0 (Q5)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 0);
    expect([queue.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it("keeps the earlier of two due times of one key, whichever came first (Q5)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 100);
    queue.addAfter("a", 500);
    queue.addAfter("b", 500);
    queue.addAfter("b", 100);
    vi.advanceTimersByTime(100);
    expect(workOff(queue)).toEqual(["a", "b"]);
    vi.advanceTimersByTime(1000);
    expect(workOff(queue)).toEqual([]);
  });

  it("wakes whoever waits when a key comes due (Q3, Q5)", async () => {
    const queue = new WorkQueue();
    const taken = vi.fn();
    void queue.take().then(taken);
    queue.addAfter("a", 100);
    vi.advanceTimersByTime(100);
    await settled();
    expect(taken.mock.calls).toMatchObject([[{ key: "a", isDue: true, isRetry: false }]]);
  });

  it("counts a run that begins after a due time has passed for the one it stood for, though the timer is late (Q6)", async () => {
    const queue = new WorkQueue();
    const taken = vi.fn();
    void queue.take().then(taken);
    queue.addAfter("a", 100, { priority: 7 });
    // The event loop is busy: time passes, and no timer fires.
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 100);
    queue.add("a");
    await settled();
    expect(taken.mock.calls).toMatchObject([[{ key: "a", isDue: true, priority: 7 }]]);
    vi.restoreAllMocks();
    queue.done("a");
    vi.advanceTimersByTime(1_000);
    expect([queue.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("the same of a run that was waited for while the key was worked on (Q2, Q6)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    const taken = vi.fn();
    void queue.take().then(taken);
    queue.addAfter("a", 100);
    queue.add("a");
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 100);
    queue.done("a");
    await settled();
    expect(taken.mock.calls).toMatchObject([[{ key: "a", isDue: true }]]);
    vi.restoreAllMocks();
    queue.done("a");
    vi.advanceTimersByTime(1_000);
    expect([queue.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("leaves a due time as it is where the key runs before, so that it runs twice (Q6, Q17)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 100);
    queue.add("a");
    const early = takeNow(queue);
    expect(early.isDue).toBe(false);
    queue.done("a");
    vi.advanceTimersByTime(99);
    expect(queue.tryTake()).toBe(undefined);
    vi.advanceTimersByTime(1);
    expect(takeNow(queue).isDue).toBe(true);
    queue.done("a");
    vi.advanceTimersByTime(1000);
    expect(queue.tryTake()).toBe(undefined);
  });

  it("does the same where the key was ready before the due time was given (Q6)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.addAfter("a", 100);
    expect(workOff(queue)).toEqual(["a"]);
    vi.advanceTimersByTime(100);
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("lets one run stand for a due time that passed while the key waited (Q6)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.addAfter("a", 100);
    vi.advanceTimersByTime(100);
    expect(takeNow(queue).isDue).toBe(true);
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  it("runs a key again whose due time passed while it was worked on (Q2, Q6)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    takeNow(queue);
    queue.addAfter("a", 100);
    vi.advanceTimersByTime(100);
    expect([queue.length, queue.tryTake()]).toEqual([0, undefined]);
    queue.done("a");
    expect(takeNow(queue).isDue).toBe(true);
  });

  it("replaces a due time by a later or an earlier one with setDue (Q6, Q17)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 100);
    queue.setDue("a", 500);
    queue.setDue("b", 500);
    queue.setDue("b", 100, { priority: 3 });
    vi.advanceTimersByTime(100);
    expect(takeNow(queue)).toMatchObject({ key: "b", priority: 3, isDue: true });
    vi.advanceTimersByTime(399);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("clears a due time with setDue, and nothing else of the key (Q6, Q17)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.addAfter("a", 100);
    queue.setDue("a", undefined);
    queue.setDue("unknown", undefined);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(takeNow(queue)).toMatchObject({ key: "a", isDue: false });
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  it("makes a key due at once with setDue(0), in place of a later time (Q6, Q17)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 100);
    queue.setDue("a", 0);
    expect(takeNow(queue).isDue).toBe(true);
    queue.done("a");
    vi.advanceTimersByTime(1000);
    expect(queue.length).toBe(0);
  });

  it("uses up a due time at a run that begins after it, also before its timer fires (Q6)", () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.addAfter("a", 50);
    queue.addAfter("b", 60);
    // The clock goes on, and the event loop gets no turn.
    const now = performance.now();
    const clock = vi.spyOn(performance, "now").mockReturnValue(now + 100);
    expect([takeNow(queue), takeNow(queue)]).toMatchObject([
      { key: "a", isDue: true },
      { key: "b", isDue: true },
    ]);
    clock.mockRestore();
    vi.advanceTimersByTime(100);
    queue.done("a");
    queue.done("b");
    expect([queue.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("WorkQueue, retries", () => {
  it("adds a key that failed after what the rate limiter says, longer each time until forgotten (Q8, Q9, Q23)", () => {
    const queue = new WorkQueue();
    for (const delayMs of [5, 10, 20]) {
      queue.addRateLimited("a");
      vi.advanceTimersByTime(delayMs - 1);
      expect(queue.length).toBe(0);
      vi.advanceTimersByTime(1);
      expect(takeNow(queue)).toMatchObject({ key: "a", isDue: false, isRetry: true });
      queue.done("a");
    }
    expect([queue.retries("a"), queue.retries("b")]).toEqual([3, 0]);
    queue.forget("a");
    expect(queue.retries("a")).toBe(0);
    queue.addRateLimited("a");
    vi.advanceTimersByTime(5);
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("forgets failures only: a retry that is pending stays (Q8)", () => {
    const queue = new WorkQueue();
    queue.addRateLimited("a");
    queue.forget("a");
    vi.advanceTimersByTime(5);
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("retries at the earliest of several delays, and leaves due times alone (Q6, Q8)", () => {
    const queue = new WorkQueue();
    queue.setDue("a", 1000);
    for (let times = 0; times < 5; times++) queue.addRateLimited("a");
    queue.setDue("a", 500);
    vi.advanceTimersByTime(5);
    expect(takeNow(queue).isRetry).toBe(true);
    queue.done("a");
    vi.advanceTimersByTime(494);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(1);
    expect(takeNow(queue)).toMatchObject({ isDue: true, isRetry: false, retries: 5 });
  });

  it("waits for the shorter of a delay and the rate limiter's, and counts the failure (Q16)", () => {
    const queue = new WorkQueue();
    queue.add("a", { rateLimited: true, afterMs: 100 });
    vi.advanceTimersByTime(5);
    expect(workOff(queue)).toEqual(["a"]);
    for (let times = 0; times < 9; times++) queue.add("b", { rateLimited: true, afterMs: 1000 });
    queue.add("c", { rateLimited: true, afterMs: 0 });
    expect(workOff(queue)).toEqual(["c"]);
    vi.advanceTimersByTime(5);
    expect(workOff(queue)).toEqual(["b"]);
    queue.add("b", { rateLimited: true, afterMs: 100 });
    vi.advanceTimersByTime(99);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["b"]);
    vi.advanceTimersByTime(10_000);
    expect([queue.length, queue.retries("b"), queue.retries("c")]).toEqual([0, 10, 1]);
  });

  it("takes a delay and a priority in one add", () => {
    const queue = new WorkQueue();
    queue.add("a", { afterMs: 10, priority: 2 });
    vi.advanceTimersByTime(10);
    expect(takeNow(queue)).toMatchObject({ priority: 2, isDue: true });
  });
});

describe("WorkQueue, its timer", () => {
  it("has one timer for everything, and none while nothing is due later (Q5)", () => {
    const queue = new WorkQueue();
    for (let at = 100; at > 0; at--) queue.addAfter(`key-${at}`, at);
    queue.addRateLimited("retry");
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(50);
    expect([queue.length, vi.getTimerCount()]).toEqual([51, 1]);
    vi.advanceTimersByTime(50);
    expect([queue.length, vi.getTimerCount()]).toEqual([101, 0]);
  });

  it("waits longer than one timer can (Q7)", () => {
    const queue = new WorkQueue();
    const longest = 2 ** 31 - 1;
    queue.addAfter("later", 2 * longest + 7);
    queue.addAfter("a", longest + 5);
    vi.advanceTimersByTime(longest + 4);
    expect([queue.length, vi.getTimerCount()]).toEqual([0, 1]);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["a"]);
    vi.advanceTimersByTime(longest + 2);
    expect(workOff(queue)).toEqual(["later"]);
  });

  it("does not mind a clock that is set back or forth (Q7)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 1000);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(999);
    vi.setSystemTime(Date.now() + 7_200_000);
    expect([queue.length, workOff(queue)]).toEqual([0, []]);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["a"]);
  });

  it("takes a timer at its word that fires before its time by the clock (Q7)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 10);
    queue.addAfter("b", 20);
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    vi.advanceTimersByTime(10);
    expect([workOff(queue), vi.getTimerCount()]).toEqual([["a"], 1]);
    vi.advanceTimersByTime(10);
    expect([workOff(queue), vi.getTimerCount()]).toEqual([["b"], 0]);
    clock.mockRestore();
  });

  it("wakes fractions of a millisecond with whole timers", () => {
    const queue = new WorkQueue();
    const timers = vi.spyOn(globalThis, "setTimeout");
    queue.addAfter("a", 0.4);
    queue.addAfter("b", 1.5);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["a"]);
    vi.advanceTimersByTime(1);
    expect(workOff(queue)).toEqual(["b"]);
    expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([1, 1]);
    timers.mockRestore();
  });
});
