import { expect, it } from "vitest";
import { thrownName } from "../../src/base/thrown-name.ts";

it.each([
  [new TypeError("token: abc"), "TypeError"],
  [Object.assign(new Error("x"), { name: "Odd" }), "Odd"],
  ["a text that may quote a Secret", "string"],
  [{ message: "x" }, "object"],
  [null, "object"],
  [undefined, "undefined"],
])("tells of %o its class or type, and nothing that it says", (thrown, name) => {
  expect(thrownName(thrown)).toBe(name);
});
