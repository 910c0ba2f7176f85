import { describe, expect, it } from "vitest";
import { isUnindented, syntaxProblem } from "../../../src/base/yaml/problem.ts";

describe("what is thrown and is no mistake in a text", () => {
  it("is told as one nested too deep where the stack ran out, else in no words but ours", () => {
    expect(syntaxProblem(new RangeError("s3cret"), 2, 7)).toEqual({
      message: "it is nested too deep",
      document: 2,
      line: 7,
    });
    expect(syntaxProblem(new TypeError("s3cret"), 1, 1)).toMatchObject({ message: "it is not YAML" });
    expect(isUnindented(new RangeError("deficient indentation"))).toBe(false);
  });
});
