import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultRateLimiter } from "../../src/work-queue/default-rate-limiter.ts";
import { ExponentialRateLimiter } from "../../src/work-queue/exponential-rate-limiter.ts";
import { FastSlowRateLimiter } from "../../src/work-queue/fast-slow-rate-limiter.ts";
import { MaxOfRateLimiter } from "../../src/work-queue/max-of-rate-limiter.ts";
import { MaxWaitRateLimiter } from "../../src/work-queue/max-wait-rate-limiter.ts";
import type { RateLimiter } from "../../src/work-queue/rate-limiter.ts";
import { TokenBucketRateLimiter } from "../../src/work-queue/token-bucket-rate-limiter.ts";
import { refusal } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const times = (count: number, limiter: RateLimiter, key = "a"): number[] =>
  Array.from({ length: count }, () => limiter.delayMs(key));

describe("ExponentialRateLimiter", () => {
  it("doubles the delay of each key by itself, from 5 ms, until it is forgotten (Q9)", () => {
    const limiter = new ExponentialRateLimiter();
    expect(times(4, limiter)).toEqual([5, 10, 20, 40]);
    expect(times(2, limiter, "b")).toEqual([5, 10]);
    expect([limiter.retries("a"), limiter.retries("b"), limiter.retries("c")]).toEqual([4, 2, 0]);
    limiter.forget("a");
    expect([limiter.retries("a"), limiter.retries("b"), limiter.delayMs("a")]).toEqual([0, 2, 5]);
  });

  it("grows to 1,000 s and stays there, however often a key fails (Q9)", () => {
    const limiter = new ExponentialRateLimiter();
    const delays = times(3_000, limiter);
    expect(delays[17]).toBe(5 * 2 ** 17);
    expect(new Set(delays.slice(18))).toEqual(new Set([1_000_000]));
  });

  it("takes other limits, also none at all (Q9)", () => {
    expect(times(4, new ExponentialRateLimiter({ initialMs: 100, maxMs: 350 }))).toEqual([
      100, 200, 350, 350,
    ]);
    expect(new Set(times(2_000, new ExponentialRateLimiter({ initialMs: 0 })))).toEqual(new Set([0]));
  });

  it("refuses limits that are no durations", () => {
    expect(refusal(() => new ExponentialRateLimiter({ initialMs: -1 }))).toContain("`initialMs`");
    expect(refusal(() => new ExponentialRateLimiter({ maxMs: Number.NaN }))).toContain("`maxMs`");
    expect(refusal(() => new ExponentialRateLimiter(Object([])))).toContain("`options`");
  });
});

describe("TokenBucketRateLimiter", () => {
  it("lets a burst of 100 pass, and reserves 10 turns a second for the rest (Q10)", () => {
    const limiter = new TokenBucketRateLimiter();
    expect(new Set(times(100, limiter))).toEqual(new Set([0]));
    expect(times(3, limiter)).toEqual([100, 200, 300]);
    vi.advanceTimersByTime(150);
    expect(limiter.delayMs("b")).toBe(250);
    expect([limiter.retries("a"), limiter.forget("a")]).toEqual([0, undefined]);
  });

  it("fills up to its burst, and no further (Q10)", () => {
    const limiter = new TokenBucketRateLimiter({ perSecond: 1, burst: 2 });
    expect(times(3, limiter)).toEqual([0, 0, 1000]);
    vi.advanceTimersByTime(3_600_000);
    expect(times(4, limiter)).toEqual([0, 0, 1000, 2000]);
  });

  it("refuses rates that are none", () => {
    for (const perSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusal(() => new TokenBucketRateLimiter({ perSecond }))).toContain("`perSecond`");
    }
    for (const burst of [0, 1.5]) {
      expect(refusal(() => new TokenBucketRateLimiter({ burst }))).toContain("`burst`");
    }
  });
});

describe("MaxOfRateLimiter", () => {
  it("delays by the longest of its delays (Q10)", () => {
    const slow = new FastSlowRateLimiter({ fastMs: 3, slowMs: 30, fastAttempts: 2 });
    const limiter = new MaxOfRateLimiter([new ExponentialRateLimiter(), slow]);
    expect(times(5, limiter)).toEqual([5, 10, 30, 40, 80]);
    expect(limiter.retries("a")).toBe(5);
    limiter.forget("a");
    expect([limiter.retries("a"), slow.retries("a")]).toEqual([0, 0]);
  });

  it("reserves turns of a bucket also where another delay is longer (Q10)", () => {
    const bucket = new TokenBucketRateLimiter({ perSecond: 10, burst: 1 });
    const limiter = new MaxOfRateLimiter([new ExponentialRateLimiter({ initialMs: 60_000 }), bucket]);
    expect(times(3, limiter)).toEqual([60_000, 120_000, 240_000]);
    expect(bucket.delayMs("b")).toBe(300);
  });

  it("refuses what is no list of rate limiters", () => {
    for (const limiters of [[], Object("x"), [Object([])[0]], [null], [{ delayMs: () => 1 }]]) {
      expect(refusal(() => new MaxOfRateLimiter(Object(limiters)))).toContain("`limiters");
    }
  });
});

describe("FastSlowRateLimiter", () => {
  it("is fast for some attempts of a key, and slow from then on (Q11)", () => {
    const limiter = new FastSlowRateLimiter({ fastMs: 5, slowMs: 10_000, fastAttempts: 3 });
    expect(times(5, limiter)).toEqual([5, 5, 5, 10_000, 10_000]);
    expect([limiter.delayMs("b"), limiter.retries("a")]).toEqual([5, 5]);
    limiter.forget("a");
    expect([limiter.retries("a"), limiter.delayMs("a")]).toEqual([0, 5]);
  });

  it("refuses what is missing or wrong", () => {
    const right = { fastMs: 1, slowMs: 2, fastAttempts: 3 };
    for (const wrong of [
      { fastMs: -1 },
      { slowMs: Number.NaN },
      { fastAttempts: 1.5 },
      { slowMs: undefined },
    ]) {
      expect(refusal(() => new FastSlowRateLimiter(Object({ ...right, ...wrong })))).toContain(
        `INVALID_ARGUMENT Expected \`${Object.keys(wrong)[0]}\``,
      );
    }
    expect(refusal(() => new FastSlowRateLimiter(Object([])[0]))).toContain("`fastMs`");
  });
});

describe("MaxWaitRateLimiter", () => {
  it("shortens what another says (Q11)", () => {
    const inner = new ExponentialRateLimiter();
    const limiter = new MaxWaitRateLimiter(inner, 12);
    expect(times(4, limiter)).toEqual([5, 10, 12, 12]);
    expect([limiter.retries("a"), inner.retries("a")]).toEqual([4, 4]);
    limiter.forget("a");
    expect([limiter.retries("a"), inner.retries("a")]).toEqual([0, 0]);
  });

  it("refuses a limit that is none", () => {
    const inner = new ExponentialRateLimiter();
    expect(refusal(() => new MaxWaitRateLimiter(inner, -1))).toContain("`maxMs`");
    expect(refusal(() => new MaxWaitRateLimiter(inner, Object([])[0]))).toContain("`maxMs`");
    expect(refusal(() => new MaxWaitRateLimiter(Object({}), 1))).toContain("`limiter.delayMs`");
  });
});

describe("defaultRateLimiter", () => {
  it("knows each key by itself only: no rate for all of them (Q23)", () => {
    const limiter = defaultRateLimiter();
    for (let key = 0; key < 1_000; key++) expect(limiter.delayMs(`key-${key}`)).toBe(5);
    expect(times(19, limiter, "a").at(-1)).toBe(1_000_000);
  });
});
