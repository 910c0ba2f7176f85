import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Backoff } from "../../src/base/backoff.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a back-off", () => {
  it("doubles from 800 ms to 30 s without jitter's share (R38)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const backoff = new Backoff();
    const delays = Array.from({ length: 8 }, () => backoff.nextMs());
    expect(delays).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(backoff.attempt).toBe(8);
  });

  it("adds up to the whole delay again at random: 30 to 60 s in the end (R38)", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.999_999);
    const backoff = new Backoff();
    expect(backoff.nextMs()).toBeCloseTo(1600, 1);
    for (let attempt = 0; attempt < 10; attempt += 1) backoff.nextMs();
    expect(backoff.nextMs()).toBeLessThan(60_000);
    expect(backoff.nextMs()).toBeGreaterThan(59_999);
    random.mockReturnValue(0);
    expect(backoff.nextMs()).toBe(30_000);
  });

  it("starts over after two minutes in which no delay was asked for (R39)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const backoff = new Backoff();
    backoff.nextMs();
    vi.advanceTimersByTime(800 + 120_000);
    expect(backoff.nextMs()).toBe(1600);
    vi.advanceTimersByTime(1600 + 120_001);
    expect(backoff.nextMs()).toBe(800);
    expect(backoff.attempt).toBe(1);
  });

  it("counts the two minutes from the end of the delay it gave: waiting is no quiet time (R39)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const backoff = new Backoff({ initialMs: 300_000, maxMs: 900_000 });
    backoff.nextMs();
    vi.advanceTimersByTime(300_000 + 60_000);
    expect(backoff.nextMs()).toBe(600_000);
  });

  it("starts over when told to", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const backoff = new Backoff({ initialMs: 10, factor: 3, maxMs: 50, jitter: 0.5 });
    expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([10, 30, 50]);
    backoff.reset();
    expect(backoff.attempt).toBe(0);
    expect(backoff.nextMs()).toBe(10);
  });

  it("stays a number after thousands of attempts, also from 0 ms", () => {
    const fromZero = new Backoff({ initialMs: 0 });
    const usual = new Backoff({ jitter: 0 });
    for (let attempt = 0; attempt < 3000; attempt += 1) {
      expect(fromZero.nextMs()).toBe(0);
      expect(usual.nextMs()).toBeLessThanOrEqual(30_000);
    }
  });

  it.each([
    { initialMs: -1 },
    { initialMs: Number.NaN },
    { maxMs: Number.POSITIVE_INFINITY },
    { resetAfterMs: -5 },
    { factor: 0.5 },
    { factor: Number.NaN },
    { factor: Number.POSITIVE_INFINITY },
    { jitter: -0.1 },
    { jitter: Number.POSITIVE_INFINITY },
  ])("refuses %o", (options) => {
    expect(() => new Backoff(options)).toThrow(invalid);
  });
});
