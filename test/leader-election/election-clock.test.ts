import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  elapsedAtLeastMs,
  elapsedAtMostMs,
  readClock,
  systemClock,
} from "../../src/leader-election/election-clock.ts";

const at = (monotonicMs: number, wallMs: number) => ({ monotonicMs, wallMs });

describe("the time between two readings", () => {
  it.each([
    { what: "both clocks agree", to: at(11_000, 1_010_000), most: 10_000, least: 10_000 },
    { what: "the machine slept", to: at(3000, 1_020_000), most: 20_000, least: 2000 },
    { what: "the wall clock was set forward", to: at(3000, 4_602_000), most: 3_602_000, least: 2000 },
    { what: "the wall clock was set back", to: at(3000, 1000), most: 2000, least: 0 },
    { what: "no time has passed", to: at(1000, 1_000_000), most: 0, least: 0 },
  ])("is at most $most and at least $least where $what (Q51)", ({ to, most, least }) => {
    const from = at(1000, 1_000_000);
    expect(elapsedAtMostMs(from, to)).toBe(most);
    expect(elapsedAtLeastMs(from, to)).toBe(least);
  });
});

describe("the system's clocks", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are looked up at each call, so that fake timers move them", async () => {
    const before = readClock(systemClock);
    const waited = systemClock.delay(5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await waited).toBe(true);
    const after = readClock(systemClock);
    expect(elapsedAtMostMs(before, after)).toBe(5000);
    expect(elapsedAtLeastMs(before, after)).toBe(5000);
  });

  it("wait no longer than until the signal", async () => {
    const stop = new AbortController();
    const waited = systemClock.delay(5000, stop.signal);
    stop.abort();
    expect(await waited).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
