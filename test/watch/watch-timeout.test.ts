import { afterEach, describe, expect, it, vi } from "vitest";
import { inactivityLimitMs } from "../../src/watch/inactivity-limit.ts";
import { watchTimeoutSeconds } from "../../src/watch/watch-timeout.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("watchTimeoutSeconds", () => {
  it("is uniform in [min, 2·min], 300 s where none is given (R21)", () => {
    const random = vi.spyOn(Math, "random");
    const at = (value: number, min?: number): number => {
      random.mockReturnValueOnce(value);
      return watchTimeoutSeconds(min);
    };
    expect([at(0), at(0.5), at(0.999_999)]).toEqual([300, 450, 599]);
    expect([at(0, 1000), at(0.25, 1000)]).toEqual([1000, 1250]);
  });

  it("does not take a minimum below 300 s (R21)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    expect([watchTimeoutSeconds(1), watchTimeoutSeconds(299), watchTimeoutSeconds(301)]).toEqual([
      300, 300, 301,
    ]);
  });
});

describe("inactivityLimitMs", () => {
  it("is the server's time-out and a margin until bookmarks are seen", () => {
    expect(inactivityLimitMs(300, undefined)).toBe(330_000);
  });

  it("is three times the bookmark gap, at least a minute, at most the time-out and a margin", () => {
    expect(inactivityLimitMs(300, 60_000)).toBe(180_000);
    expect(inactivityLimitMs(300, 1000)).toBe(90_000);
    expect(inactivityLimitMs(300, 600_000)).toBe(330_000);
  });
});
