import { describe, expect, it } from "vitest";
import { expectDuration, expectFunction, expectInteger, invalidArgument } from "../../src/base/arguments.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });

describe("the error for a bad argument", () => {
  it.each([
    ["a\nb", '`"a\\nb"`'],
    [-1, "`-1`"],
    [undefined, "`undefined`"],
    [null, "`null`"],
    [Symbol("s"), "`Symbol(s)`"],
    [[1], "an array"],
    [{ token: "secret" }, "an object"],
    [() => "secret", "a function"],
  ])("names what was expected and shows %s without what is inside", (value, shown) => {
    expect(invalidArgument("pageSize", "a number", value).message).toBe(
      `Expected \`pageSize\` to be a number, got ${shown}`,
    );
  });
});

describe("expectations", () => {
  it("take what is left out and what is right", () => {
    expectInteger("n", undefined, 1);
    expectInteger("n", 1, 1);
    expectDuration("d", undefined);
    expectDuration("d", 0);
    expectDuration("d", 0.5);
    expectFunction("f", undefined);
    expectFunction("f", () => {});
  });

  it.each([0, 1.5, Number.NaN, 2 ** 53])("refuse %d as a whole number of at least 1", (value) => {
    expect(() => expectInteger("n", value, 1)).toThrow(invalid);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuse %d as a duration", (value) => {
    expect(() => expectDuration("d", value)).toThrow(invalid);
  });

  it("refuse what is no function", () => {
    expect(() => expectFunction("f", {})).toThrow(invalid);
  });
});
