import { describe, expect, it } from "vitest";
import { lastSeen } from "../../src/controller/last-seen.ts";

describe("what was seen last", () => {
  it.each([
    ["nothing", undefined, "it is not there"],
    ["no more than that it is there", {}, "resourceVersion unknown"],
    [
      "its phase and conditions, with their reasons",
      {
        metadata: { resourceVersion: "7", generation: 1 },
        status: {
          phase: "Pending",
          observedGeneration: 1,
          conditions: [
            { type: "Ready", status: "False", reason: "ContainersNotReady", message: "secret" },
            { type: "PodScheduled", status: "True" },
          ],
        },
      },
      "resourceVersion 7, Pending, Ready=False (ContainersNotReady), PodScheduled=True",
    ],
    [
      "that its controller is behind, and that it is going",
      {
        metadata: { resourceVersion: "8", generation: 3, deletionTimestamp: "t" },
        status: { observedGeneration: 2 },
      },
      "resourceVersion 8, being deleted, generation 2 of 3 observed",
    ],
    [
      "no texts that somebody wrote",
      {
        metadata: { resourceVersion: "9" },
        status: {
          phase: "a secret",
          conditions: [null, "x", { type: "Ready" }, { type: "A", status: "True", reason: "a secret" }],
        },
      },
      "resourceVersion 9, A=True",
    ],
    ["no status that is none", { metadata: { resourceVersion: "9" }, status: "x" }, "resourceVersion 9"],
    [
      "no more than twenty conditions",
      { status: { conditions: Array.from({ length: 30 }, () => ({ type: "A", status: "True" })) } },
      `resourceVersion unknown${", A=True".repeat(20)}`,
    ],
  ])("says %s", (_what, object, expected) => {
    expect(lastSeen(object)).toBe(expected);
  });
});
