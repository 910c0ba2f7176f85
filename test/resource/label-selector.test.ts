import { describe, expect, it } from "vitest";
import {
  formatLabelRequirement,
  isLabelKey,
  isLabelValue,
  type LabelCondition,
  matchesLabels,
  parseLabelSelector,
} from "../../src/resource/label-selector.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });

describe("parsing a label selector", () => {
  it.each([
    ["", []],
    [" \t\r\n", []],
    ["app=web", [{ operator: "in", key: "app", values: ["web"] }]],
    ["app == web", [{ operator: "in", key: "app", values: ["web"] }]],
    ["app=", [{ operator: "in", key: "app", values: [""] }]],
    ["app=,b", ["in app", { operator: "exists", key: "b" }]],
    ["app!=web", [{ operator: "notin", key: "app", values: ["web"] }]],
    ["app!=", [{ operator: "notin", key: "app", values: [""] }]],
    ["tier in (a, b)", [{ operator: "in", key: "tier", values: ["a", "b"] }]],
    ["tier in(a)", [{ operator: "in", key: "tier", values: ["a"] }]],
    ["tier notin\n( a ,)", [{ operator: "notin", key: "tier", values: ["a", ""] }]],
    ["tier in ()", [{ operator: "in", key: "tier", values: [""] }]],
    ["tier in (,a)", [{ operator: "in", key: "tier", values: ["", "a"] }]],
    ["in in (in,notin)", [{ operator: "in", key: "in", values: ["in", "notin"] }]],
    ["a=in", [{ operator: "in", key: "a", values: ["in"] }]],
    ["canary", [{ operator: "exists", key: "canary" }]],
    ["! canary", [{ operator: "!", key: "canary" }]],
    ["rev>3", [{ operator: "gt", key: "rev", value: 3n }]],
    ["rev < 007", [{ operator: "lt", key: "rev", value: 7n }]],
    ["rev>9223372036854775807", [{ operator: "gt", key: "rev", value: 9223372036854775807n }]],
    ["example.com/Name_1=x", [{ operator: "in", key: "example.com/Name_1", values: ["x"] }]],
  ])("reads %j as the API server does", (text, expected) => {
    const parsed = parseLabelSelector(text);
    expect(parsed).toHaveLength(expected.length);
    expected.forEach((requirement, index) => {
      if (typeof requirement !== "string") expect(parsed[index]).toEqual(requirement);
    });
  });

  it.each([
    ",a",
    "a,",
    "a,,b",
    "a b",
    "a=b c",
    "a===b",
    "a=!b",
    "a=(b)",
    "a=b)",
    "a in b",
    "a in (b",
    "a in (b c)",
    "a in ((b))",
    "a in (b)c",
    "a in",
    "!",
    "!!a",
    "!a=b",
    "a!b",
    "a>",
    "a>b",
    "a>-1",
    "a>+1",
    "a>1.5",
    "a<9223372036854775808",
    "-a=b",
    "a-",
    "a/b/c",
    "/a",
    "a/",
    "Example.com/a",
    "a..b/c",
    "a=b/c",
    "a=-b",
    "a=b!",
    "a\u00a0=b",
    "a\f=b",
    "ä=b",
    `a=${"b".repeat(64)}`,
    `${"b".repeat(64)}`,
    `${"b".repeat(254)}/a`,
  ])("refuses %j as the API server does", (text) => {
    expect(() => parseLabelSelector(text)).toThrow(invalid);
  });

  it("names what it found and what it expected", () => {
    expect(() => parseLabelSelector("a in b")).toThrow("found `b` instead of `(`");
    expect(() => parseLabelSelector("a in (b")).toThrow("found the end instead of `,` or `)`");
    expect(() => parseLabelSelector("a b")).toThrow("found `b` instead of in, notin");
  });

  it("refuses what is no text", () => {
    // @ts-expect-error: callers without types
    expect(() => parseLabelSelector({ app: "web" })).toThrow(invalid);
  });

  it("takes time in proportion to the text, also for a hostile one", () => {
    const startedAt = performance.now();
    expect(() => parseLabelSelector(`a${",a".repeat(100_000)},(`)).toThrow(invalid);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe("matching labels", () => {
  it.each([
    ["app=web", { app: "web" }, true],
    ["app=web", { app: "db" }, false],
    ["app=web", {}, false],
    ["app=", { app: "" }, true],
    ["app=", {}, false],
    ["app!=web", {}, true],
    ["app!=web", { app: "web" }, false],
    ["app!=web", { app: "db" }, true],
    ["app in (a,b)", { app: "b" }, true],
    ["app notin (a,b)", { app: "b" }, false],
    ["app notin (a,b)", {}, true],
    ["app", { app: "" }, true],
    ["app", {}, false],
    ["!app", {}, true],
    ["!app", { app: "x" }, false],
    ["rev>3", { rev: "4" }, true],
    ["rev>3", { rev: "3" }, false],
    ["rev>3", { rev: "10" }, true],
    ["rev>3", { rev: "+4" }, true],
    ["rev<3", { rev: "-4" }, true],
    ["rev>3", { rev: "x" }, false],
    ["rev>3", { rev: "" }, false],
    ["rev>3", {}, false],
    ["rev<3", { rev: "2" }, true],
    ["rev<3", { rev: "3" }, false],
    ["rev<3", {}, false],
    ["rev>9007199254740992", { rev: "9007199254740993" }, true],
    ["rev>1", { rev: "9223372036854775808" }, false],
    ["a=1,b=2", { a: "1", b: "2" }, true],
    ["a=1,b=2", { a: "1" }, false],
    ["constructor", {}, false],
    ["", {}, true],
  ])("%j against %j is %j", (text, labels, expected) => {
    expect(matchesLabels(parseLabelSelector(text), labels)).toBe(expected);
  });

  it("takes an object without labels as one with none", () => {
    expect(matchesLabels(parseLabelSelector("!app"), undefined)).toBe(true);
    expect(matchesLabels(parseLabelSelector("app"), undefined)).toBe(false);
  });
});

describe("writing a requirement", () => {
  it.each<[string, LabelCondition, string]>([
    ["app", "web", "app=web"],
    ["app", "", "app="],
    ["app", ["a", "b"], "app in (a,b)"],
    ["app", { exists: true }, "app"],
    ["app", { exists: false }, "!app"],
    ["app", { not: "web" }, "app!=web"],
    ["app", { not: ["a", "b"] }, "app notin (a,b)"],
  ])("writes %j: %j as %j, which parses", (key, condition, expected) => {
    expect(formatLabelRequirement(key, condition)).toBe(expected);
    expect(parseLabelSelector(expected)).toHaveLength(1);
  });

  it("refuses keys and values that would change the selector's meaning", () => {
    expect(() => formatLabelRequirement("a,b", "c")).toThrow(invalid);
    expect(() => formatLabelRequirement("a", "c,d=e")).toThrow(invalid);
    expect(() => formatLabelRequirement("a", ["c)", "d"])).toThrow(invalid);
    expect(() => formatLabelRequirement("a", { not: "c d" })).toThrow(invalid);
    expect(() => formatLabelRequirement("a", [])).toThrow("at least one value");
    expect(() => formatLabelRequirement("a", { not: [] })).toThrow(invalid);
    // @ts-expect-error: callers without types
    expect(() => formatLabelRequirement("a", { is: "b" })).toThrow(invalid);
  });
});

describe("label keys and values", () => {
  it("have the server's lengths", () => {
    expect(isLabelKey("a".repeat(63))).toBe(true);
    expect(isLabelKey("a".repeat(64))).toBe(false);
    expect(isLabelKey(`${"a".repeat(253)}/a`)).toBe(true);
    expect(isLabelKey(`${"a".repeat(254)}/a`)).toBe(false);
    expect(isLabelValue("a".repeat(63))).toBe(true);
    expect(isLabelValue("a".repeat(64))).toBe(false);
    expect(isLabelValue("")).toBe(true);
    expect(isLabelKey("")).toBe(false);
  });
});
