import { beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import {
  type Condition,
  findCondition,
  isConditionFalse,
  isConditionTrue,
  type NewCondition,
  removeCondition,
  setCondition,
} from "../../src/controller/conditions.ts";
import type { Deployment, Service } from "../../src/kinds/index.ts";
import { thrown } from "./request.ts";

const ready: Condition = {
  type: "Ready",
  status: "False",
  reason: "Starting",
  message: "one of two",
  lastTransitionTime: "2024-01-01T00:00:00Z",
  observedGeneration: 1,
};
const synced: Condition = { ...ready, type: "Synced", status: "True", reason: "Done", message: "" };
const { lastTransitionTime: _time, ...asBefore } = ready;

describe("setCondition", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime("2024-05-05T10:20:30.678Z");
    return () => vi.useRealTimers();
  });

  it("adds a condition behind the others, of this second", () => {
    const before = [synced];
    const after = setCondition(before, { type: "Ready", status: "True", reason: "AsExpected" });
    expect(after).toEqual([
      synced,
      {
        type: "Ready",
        status: "True",
        reason: "AsExpected",
        message: "",
        lastTransitionTime: "2024-05-05T10:20:30Z",
      },
    ]);
    expect(before).toEqual([synced]);
    expect(setCondition(undefined, asBefore)).toEqual([
      { ...ready, lastTransitionTime: "2024-05-05T10:20:30Z" },
    ]);
  });

  it("changes the transition time with the status, in its place", () => {
    const after = setCondition([ready, synced], { ...asBefore, status: "True", reason: "Started" });
    expect(after).toEqual([
      { ...ready, status: "True", reason: "Started", lastTransitionTime: "2024-05-05T10:20:30Z" },
      synced,
    ]);
  });

  it.each<[string, Partial<NewCondition>]>([
    ["reason", { reason: "Waiting" }],
    ["message", { message: "none of two" }],
    ["observedGeneration", { observedGeneration: 2 }],
  ])("keeps the transition time where only the %s changes", (_what, change) => {
    const given = { lastTransitionTime: "2024-03-03T00:00:00Z" };
    const after = setCondition([ready], { ...asBefore, ...change, ...given });
    expect(after).toEqual([{ ...ready, ...change }]);
  });

  it("takes the time that is given where the status changes, or is new", () => {
    const given = "2024-03-03T00:00:00Z";
    const wanted: NewCondition = { ...asBefore, status: "Unknown", lastTransitionTime: given };
    expect(setCondition([ready], wanted)[0]?.lastTransitionTime).toBe(given);
    expect(setCondition([], wanted)[0]?.lastTransitionTime).toBe(given);
  });

  it("gives the same array where nothing changed", () => {
    const before = [synced, ready];
    expect(setCondition(before, asBefore)).toBe(before);
    expect(setCondition(before, { ...asBefore, lastTransitionTime: "2024-03-03T00:00:00Z" })).toBe(before);
  });

  it("drops the observed generation where none is given", () => {
    const { observedGeneration: _old, ...without } = ready;
    const { observedGeneration: _new, ...wanted } = asBefore;
    expect(setCondition([ready], wanted)).toEqual([without]);
  });

  it("changes no array and no condition in place", () => {
    const before = Object.freeze([Object.freeze({ ...ready })]) as Condition[];
    expect(setCondition(before, { ...asBefore, status: "True" })).not.toBe(before);
    expect(before).toEqual([ready]);
  });

  it("keeps what built-in kinds have besides, and mends what lacks a time", () => {
    const conditions: NonNullable<Deployment["status"]>["conditions"] = [
      { type: "Available", status: "False", lastUpdateTime: "2024-01-02T00:00:00Z" },
    ];
    const after: typeof conditions = setCondition(conditions, {
      type: "Available",
      status: "False",
      reason: "None",
    });
    expect(after).toEqual([
      {
        type: "Available",
        status: "False",
        reason: "None",
        message: "",
        lastUpdateTime: "2024-01-02T00:00:00Z",
        lastTransitionTime: "2024-05-05T10:20:30Z",
      },
    ]);
    const ofService: NonNullable<Service["status"]> = {};
    ofService.conditions = setCondition(ofService.conditions, asBefore);
    expect(ofService.conditions).toHaveLength(1);
  });

  it("gives the same array where a built-in kind's condition lacks an empty message", () => {
    const conditions = [{ type: "A", status: "True", reason: "R" }];
    expect(setCondition(conditions, { type: "A", status: "True", reason: "R" })).toBe(conditions);
  });

  it.each<[string, Partial<Record<keyof NewCondition, unknown>>]>([
    ["type", { type: "" }],
    ["type", { type: undefined }],
    ["type", { type: "not one word" }],
    ["type", { type: `${"a".repeat(63)}.${"b.".repeat(100)}c/${"d".repeat(70)}` }],
    ["status", { status: "true" }],
    ["status", { status: true }],
    ["reason", { reason: "" }],
    ["reason", { reason: "two words" }],
    ["reason", { reason: "1st" }],
    ["reason", { reason: "Ends:" }],
    ["reason", { reason: "R".repeat(1025) }],
    ["message", { message: 5 }],
    ["message", { message: "m".repeat(32_769) }],
    ["observedGeneration", { observedGeneration: 1.5 }],
    ["lastTransitionTime", { lastTransitionTime: "yesterday" }],
    ["lastTransitionTime", { lastTransitionTime: new Date(0) }],
  ])("refuses a bad %s, which the server would with the whole status", (field, wrong) => {
    const error = thrown(() => setCondition([], { ...asBefore, ...wrong } as NewCondition));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`condition.${field}\``),
    });
    expect(String(error)).not.toContain("mmm");
  });

  it.each(["R", "AsExpected", "With_under,comma:colon_1"])("takes the reason %s", (reason) => {
    expect(setCondition([], { ...asBefore, reason })[0]?.reason).toBe(reason);
  });

  it("takes a type with a domain, and refuses what is no condition", () => {
    const type = "example.com/Ready";
    expect(setCondition([], { ...asBefore, type })[0]?.type).toBe(type);
    expect(thrown(() => setCondition([], undefined as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("conditions", () => {
  it("are found by their type", () => {
    expect(findCondition([ready, synced], "Synced")).toBe(synced);
    expect(findCondition([ready], "Synced")).toBeUndefined();
    expect(findCondition(undefined, "Synced")).toBeUndefined();
  });

  it("are true, false, or neither", () => {
    const conditions = [ready, synced, { ...ready, type: "Seen", status: "Unknown" }];
    const types = ["Ready", "Synced", "Seen", "Missing"];
    expect(types.map((type) => isConditionTrue(conditions, type))).toEqual([false, true, false, false]);
    expect(types.map((type) => isConditionFalse(conditions, type))).toEqual([true, false, false, false]);
    expect([isConditionTrue(undefined, "Ready"), isConditionFalse(undefined, "Ready")]).toEqual([
      false,
      false,
    ]);
  });

  it("are removed from a copy; the same array where there is none", () => {
    const before = [ready, synced];
    expect(removeCondition(before, "Ready")).toEqual([synced]);
    expect(before).toHaveLength(2);
    expect(removeCondition(before, "Missing")).toBe(before);
    expect(removeCondition(undefined, "Ready")).toEqual([]);
  });

  it("are taken from types that forbid to change them, and then given back as such", () => {
    const before: readonly Condition[] = [ready];
    const after = setCondition(before, asBefore);
    expect(after).toBe(before);
    expectTypeOf(after).toEqualTypeOf<readonly Condition[]>();
    expectTypeOf(setCondition([ready], asBefore)).toEqualTypeOf<Condition[]>();
    expectTypeOf(removeCondition(before, "Ready")).toEqualTypeOf<readonly Condition[]>();
    expect(removeCondition(before, "Missing")).toBe(before);
  });
});
