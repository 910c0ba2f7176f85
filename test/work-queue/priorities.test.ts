import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { settled, takeNow, workOff } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** `a:5` is key a with priority 5. */
function add(queue: WorkQueue, ...texts: readonly string[]): void {
  for (const text of texts) {
    const [key = "", priority = "0"] = text.split(":");
    queue.add(key, { priority: Number(priority) });
  }
}

describe("WorkQueue, priorities", () => {
  it("hands out higher priorities first, and each in order of arrival (Q14)", () => {
    const queue = new WorkQueue();
    add(queue, "a", "low-1:-100", "b", "high-1:5", "low-2:-100", "high-2:5", "c", "half:0.5");
    expect(workOff(queue)).toEqual(["high-1", "high-2", "half", "a", "b", "c", "low-1", "low-2"]);
  });

  it("merges what is added again into the higher priority, at the end of that class (Q15)", () => {
    const queue = new WorkQueue();
    add(queue, "a", "b", "c", "x:5", "b:5");
    expect(queue.length).toBe(4);
    const items = [takeNow(queue), takeNow(queue), takeNow(queue), takeNow(queue)];
    expect(items.map(({ key, priority }) => `${key}:${priority}`)).toEqual(["x:5", "b:5", "a:0", "c:0"]);
  });

  it("never lowers a priority (Q15)", () => {
    const queue = new WorkQueue();
    add(queue, "a:5", "b:3", "a:-100");
    expect(takeNow(queue)).toMatchObject({ key: "a", priority: 5 });
  });

  it("begins anew with the priority of the next add after a key was taken (Q15)", () => {
    const queue = new WorkQueue();
    add(queue, "a:5");
    takeNow(queue);
    add(queue, "a:-1", "a:-2");
    queue.done("a");
    expect(takeNow(queue).priority).toBe(-1);
    add(queue, "a:-7", "a:4", "a:3");
    queue.done("a");
    expect(takeNow(queue).priority).toBe(4);
  });

  it("raises a key that waits when a due time of a higher priority passes (Q15)", () => {
    const queue = new WorkQueue();
    add(queue, "a", "b");
    queue.addAfter("b", 10, { priority: 5 });
    queue.addAfter("b", 20, { priority: 9 });
    vi.advanceTimersByTime(10);
    expect(takeNow(queue)).toMatchObject({ key: "b", priority: 9, isDue: true });
  });

  it("keeps the highest priority of several delays, also where an earlier one comes last (Q15)", () => {
    const queue = new WorkQueue();
    queue.addAfter("a", 20, { priority: 9 });
    queue.addAfter("a", 10, { priority: 1 });
    vi.advanceTimersByTime(10);
    expect(takeNow(queue).priority).toBe(9);
  });

  it("skips a key that is worked on, and lets others overtake it (Q18)", () => {
    const queue = new WorkQueue();
    add(queue, "a:9");
    takeNow(queue);
    add(queue, "a:9", "b");
    expect(takeNow(queue).key).toBe("b");
    expect(queue.tryTake()).toBe(undefined);
    queue.done("a");
    expect(takeNow(queue)).toMatchObject({ key: "a", priority: 9 });
  });

  it("counts as its length only what is ready (Q20)", () => {
    const queue = new WorkQueue();
    add(queue, "a", "b:5");
    queue.addAfter("c", 10);
    queue.addRateLimited("d");
    expect(queue.length).toBe(2);
    takeNow(queue);
    add(queue, "b");
    expect([queue.length, queue.processing]).toEqual([1, 1]);
    vi.advanceTimersByTime(10);
    expect(queue.length).toBe(3);
  });
});

describe("WorkQueue, ageing", () => {
  it("lets a key of low priority through before what is added later than its age makes up for (Q21)", () => {
    const queue = new WorkQueue();
    add(queue, "low:-100");
    vi.advanceTimersByTime(9_999);
    add(queue, "before");
    vi.advanceTimersByTime(2);
    add(queue, "after");
    expect(workOff(queue)).toEqual(["before", "low", "after"]);
  });

  it.each([
    { ageingMs: 10, at: 2_000 },
    { ageingMs: Number.POSITIVE_INFINITY, at: undefined },
  ])(
    "does not starve low priorities under endless higher ones: ageing by $ageingMs ms (Q21)",
    ({ ageingMs, at }) => {
      const queue = new WorkQueue({ ageingMs });
      add(queue, "low:-100");
      const taken: string[] = [];
      for (let round = 0; round < 2_100; round++) {
        // Twice as many come as are worked off, so that they wait longer and longer.
        add(queue, `high-${round}`, `more-${round}`);
        const item = takeNow(queue);
        taken.push(item.key);
        queue.done(item.key);
        vi.advanceTimersByTime(1);
      }
      // After 1,000 ms it counts as much as they; then those go before it that had come by then.
      const found = taken.indexOf("low");
      expect(found === -1 ? undefined : Math.round(found / 10) * 10).toBe(at);
    },
  );

  it("moves a key that is raised never behind where it stood (Q15, Q21)", () => {
    const queue = new WorkQueue({ ageingMs: 10 });
    add(queue, "a");
    vi.advanceTimersByTime(30);
    add(queue, "b:2");
    add(queue, "a:2");
    expect(takeNow(queue)).toMatchObject({ key: "a", priority: 2 });
    expect(takeNow(queue).key).toBe("b");
  });

  it("moves it to the end of the new class where that is further ahead (Q15, Q21)", () => {
    const queue = new WorkQueue({ ageingMs: 10 });
    add(queue, "a");
    vi.advanceTimersByTime(10);
    add(queue, "b:5", "c:3", "a:5", "d:5");
    expect(workOff(queue)).toEqual(["b", "a", "d", "c"]);
  });

  it("gives the higher priority the precedence where age has just made up for it (Q21)", () => {
    const queue = new WorkQueue({ ageingMs: 10 });
    add(queue, "a");
    vi.advanceTimersByTime(20);
    add(queue, "b:2");
    expect(workOff(queue)).toEqual(["b", "a"]);
  });

  it("can be turned off, so that higher priorities always come first (Q14, Q21)", () => {
    const queue = new WorkQueue({ ageingMs: Number.POSITIVE_INFINITY });
    add(queue, "low:-1", "a");
    vi.advanceTimersByTime(1e9);
    add(queue, "b", "low:0", "high:1");
    expect(workOff(queue)).toEqual(["high", "a", "b", "low"]);
  });

  it("can outweigh priorities altogether, so that the first added comes first (Q21)", () => {
    const queue = new WorkQueue({ ageingMs: 0 });
    add(queue, "a:-5");
    vi.advanceTimersByTime(1);
    add(queue, "b:5");
    vi.advanceTimersByTime(1);
    add(queue, "a:9", "c:9");
    expect(workOff(queue)).toEqual(["a", "b", "c"]);
  });

  it("counts from when a key is ready, not from when its delay began (Q14, Q21)", () => {
    const queue = new WorkQueue();
    queue.addAfter("low", 20_000, { priority: -100 });
    vi.advanceTimersByTime(19_999);
    add(queue, "a");
    vi.advanceTimersByTime(1);
    add(queue, "b");
    expect(workOff(queue)).toEqual(["a", "b", "low"]);
  });

  it("takes priorities as far apart as numbers go", async () => {
    const queue = new WorkQueue({ ageingMs: Number.MAX_VALUE });
    add(queue, `low:${-Number.MAX_VALUE}`, "a", `high:${Number.MAX_VALUE}`);
    await settled();
    expect(workOff(queue)).toEqual(["high", "a", "low"]);
  });
});
