import { expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";

it("wraps whatever was thrown, also what has no text", () => {
  for (const value of [Object.create(null), { toString: 1 }, Symbol("s"), undefined, null]) {
    expect(KubeError.from(value, "BAD_RESPONSE", "list pods").message).toMatch(/^list pods: ./);
  }
});
