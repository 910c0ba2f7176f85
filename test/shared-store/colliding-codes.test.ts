import { vi } from "vitest";
import { modelSuite } from "./model-suite.ts";

vi.mock("../../src/shared-store/key-hash.ts", async (original) => {
  const { hashOf, codeOf } = await original<typeof import("../../src/shared-store/key-hash.ts")>();
  return {
    // Every name has one of three codes, of which two differ in the last bits only.
    hashOf: (text: string, seed: number) => [7, 7 | (1 << 30), 1 << 31][(hashOf(text, seed) >>> 0) % 3],
    codeOf,
  };
});

modelSuite("where every name collides with others", 60);
