import { describe, expect, it } from "vitest";
import { compareResourceVersions, isAtLeast, isResumable } from "../../src/resource/resource-version.ts";

describe("resourceVersions", () => {
  it.each([
    ["9", "10", -1],
    ["10", "9", 1],
    ["10", "10", 0],
    ["12", "13", -1],
    ["13", "12", 1],
    ["9007199254740993", "9007199254740992", 1],
    ["18446744073709551615", "18446744073709551614", 1],
    ["", "1", -1],
  ])("%j against %j has the sign %d, beyond what a number holds (R11)", (a, b, sign) => {
    expect(Math.sign(compareResourceVersions(a, b))).toBe(sign);
  });

  it.each([
    ["10", "9", true],
    ["9", "10", false],
    ["10", "10", true],
    ["0", "1", false],
    ["x", "x", true],
    ["x", "1", undefined],
    ["1", "x", undefined],
    ["x", "y", undefined],
    ["", "1", undefined],
    ["01", "1", undefined],
    ["1", "1.0", undefined],
    ["-1", "1", undefined],
  ])("%j is at least %j: %s, and nothing can be said where one is no number", (a, b, expected) => {
    expect(isAtLeast(a, b)).toBe(expected);
  });

  it("can be resumed from unless they are empty or 0", () => {
    expect(isResumable("")).toBe(false);
    expect(isResumable("0")).toBe(false);
    expect(isResumable("1")).toBe(true);
  });
});
