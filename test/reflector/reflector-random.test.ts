import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reflector } from "../../src/reflector/reflector.ts";
import { CheckedTarget, History, type ListFate, type WatchFate } from "./history.ts";

const minute = 60_000;

const listFate = fc.constantFrom<ListFate>(
  "whole",
  "breaks",
  "restarts",
  "expired",
  "too-large",
  "busy",
  "refused",
);

const watchFate: fc.Arbitrary<WatchFate> = fc.record({
  opening: fc.constantFrom(
    "accepted",
    "accepted",
    "accepted",
    "refused",
    "expired",
    "too-large",
    "busy",
    "invalid",
  ),
  openMs: fc.constantFrom(0, 5, 900, 1500, 4000, 12_000, 45_000),
  ending: fc.constantFrom("clean", "clean", "reset", "expired", "error", "corrupt"),
  marking: fc.constantFrom("marker", "marker", "bookmark", "nothing"),
  chunk: fc.integer({ min: 1, max: 20 }),
});

const run = fc.record({
  names: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 600, maxLength: 600 }),
  lists: fc.array(listFate, { maxLength: 20 }),
  watches: fc.array(watchFate, { minLength: 5, maxLength: 60 }),
  failures: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
  streamingList: fc.constantFrom("auto" as const, "off" as const),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

/** The most requests that began within any one minute. */
function mostPerMinute(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + minute).length));
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a reflector under any sequence of answers", () => {
  it("only ever holds true states, with one stream at a time, few attempts, and the newest state in the end (P1, P3, P4, P5, K1, R33)", async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ names, lists, watches, failures, streamingList, random }) => {
        vi.spyOn(Math, "random").mockReturnValue(random);
        const history = new History(names, lists, watches);
        const target = new CheckedTarget(history, failures);
        const reflector = new Reflector({ listWatch: history, target, streamingList });
        const controller = new AbortController();
        const running = reflector.run(controller.signal);
        // Whatever fate has in store is over by then, and everything has happened.
        await vi.advanceTimersByTimeAsync(120 * minute);
        expect(target.mismatch).toBeUndefined();
        expect(history.mostOpen).toBe(1);
        expect(mostPerMinute(history.requestTimes)).toBeLessThanOrEqual(60);
        expect(target.objects).toEqual(history.stateAt(names.length));
        expect(reflector.lastSyncResourceVersion).toBe(target.resourceVersion);
        controller.abort();
        await running;
        expect([history.open, vi.getTimerCount()]).toEqual([0, 0]);
      }),
      { numRuns: 60, seed: 20_260_730 },
    );
  }, 60_000);
});
