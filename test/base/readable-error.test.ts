import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { readableError } from "../../src/base/readable-error.ts";

const evil = (member: string): Error =>
  Object.defineProperty(new Error("x"), member, {
    get() {
      throw new TypeError("no");
    },
  });

describe("readableError", () => {
  const cyclic = new Error("a");
  cyclic.cause = cyclic;

  it.each([undefined, null, 0, "text", Symbol("s"), new Error("x"), new KubeError("API", "x"), {}, cyclic])(
    "gives what was thrown as it is: %s",
    (thrown) => {
      expect(readableError(thrown)).toBe(thrown);
    },
  );

  it.each(["name", "message", "code", "cause"])(
    "puts an error in the place of one whose %s throws",
    (member) => {
      for (const thrown of [evil(member), new Error("outside", { cause: evil(member) })]) {
        expect(readableError(thrown)).toMatchObject({ message: "What was thrown cannot be looked at" });
      }
    },
  );

  it("puts one in the place of a revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(readableError(proxy)).toBeInstanceOf(Error);
  });
});
