import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  lookEveryMinute,
  takeByPriority,
  withOverallRate,
  workOff,
} from "../../examples/work-queue-alone.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("work-queue-alone takes higher priorities first, and each key once", () => {
  expect(takeByPriority()).toEqual(["shop/urgent", "shop/web", "shop/backup"]);
});

it("work-queue-alone tries again what failed, and gives it up after five retries", async () => {
  const tries: string[] = [];
  const work = async (key: string): Promise<void> => {
    tries.push(key);
    if (key === "broken" || (key === "flaky" && tries.filter((one) => one === "flaky").length < 3)) {
      throw new Error("no");
    }
  };
  const ended = workOff(["fine", "flaky", "broken"], work, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await ended).toEqual(["broken"]);
  const count = (key: string): number => tries.filter((one) => one === key).length;
  expect([count("fine"), count("flaky"), count("broken")]).toEqual([1, 3, 6]);
});

it("work-queue-alone looks at keys again when they are due, until it is stopped", async () => {
  const looked: string[] = [];
  const stop = new AbortController();
  const ended = lookEveryMinute(
    ["a", "b"],
    async (key) => {
      looked.push(key);
    },
    stop.signal,
  );
  await vi.advanceTimersByTimeAsync(120_000);
  stop.abort();
  await ended;
  expect(looked).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("work-queue-alone has an overall rate where it is wanted", () => {
  const queue = withOverallRate();
  for (let at = 0; at < 101; at++) queue.addRateLimited(`key-${at}`);
  vi.advanceTimersByTime(99);
  expect(queue.length).toBe(100);
  vi.advanceTimersByTime(1);
  expect(queue.length).toBe(101);
});
