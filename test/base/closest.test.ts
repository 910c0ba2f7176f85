import { describe, expect, it } from "vitest";
import { closest } from "../../src/base/closest.ts";

describe("closest", () => {
  it.each([
    ["stagign", "staging"],
    ["Deploymnet", "Deployment"],
    ["prd", "prod"],
    ["PODS", "pods"],
    ["production", undefined],
    ["x", undefined],
    ["", undefined],
  ])("takes %j to mean %j", (word, meant) => {
    expect(closest(word, ["staging", "Deployment", "prod", "pods"])).toBe(meant);
  });

  it("takes the nearest of several", () => {
    expect(closest("service", ["serviced", "Services", "servlet"])).toBe("serviced");
  });
});
