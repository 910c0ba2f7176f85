import { describe, expect, it } from "vitest";
import { stress } from "./stress.ts";

describe("SharedStore, under stress", () => {
  it("shows readers in four threads whole objects and whole states only, a replace in one step, and loses no memory to those that die (S6)", async () => {
    const result = await stress({ durationMs: 5_000, readers: 4, deaths: 1 });
    expect(result.faults).toEqual([]);
    expect(result.snapshots).toBeGreaterThan(4);
    expect(result.gets).toBeGreaterThan(4 * 2_000);
    expect(result.stats.problem).toBeUndefined();
    expect(result.stats.bytes).toBeLessThan(2 ** 27);
  }, 30_000);
});
