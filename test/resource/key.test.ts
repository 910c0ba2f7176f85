import { describe, expect, it } from "vitest";
import { keyOf, keyOfMeta, splitKey } from "../../src/resource/key.ts";

describe("an object's key", () => {
  it("is namespace/name, or the name alone, whatever the uid (S1)", () => {
    expect(keyOf("shop", "web-0")).toBe("shop/web-0");
    expect(keyOf("", "n1")).toBe("n1");
    expect(keyOf(undefined, "n1")).toBe("n1");
    expect(keyOfMeta({ namespace: "shop", name: "web-0", uid: "1" })).toBe("shop/web-0");
    expect(keyOfMeta({ namespace: "shop", name: "web-0", uid: "2" })).toBe("shop/web-0");
    expect(keyOfMeta({ name: "n1" })).toBe("n1");
  });

  it("fails with a typed error where there is no name (S3)", () => {
    const noName = expect.objectContaining({ code: "BAD_RESPONSE" });
    expect(() => keyOfMeta(undefined)).toThrow(noName);
    expect(() => keyOfMeta({})).toThrow(noName);
    expect(() => keyOfMeta({ name: "", namespace: "shop" })).toThrow(noName);
    expect(() => keyOfMeta(JSON.parse('{"name":7}'))).toThrow(noName);
    expect(() => keyOfMeta(JSON.parse("null"))).toThrow(noName);
  });

  it("comes apart into one or two segments; more are an error (S2)", () => {
    expect(splitKey("shop/web-0")).toEqual({ namespace: "shop", name: "web-0" });
    expect(splitKey("n1")).toEqual({ namespace: "", name: "n1" });
    expect(splitKey("")).toEqual({ namespace: "", name: "" });
    expect(splitKey("/n1")).toEqual({ namespace: "", name: "n1" });
    expect(() => splitKey("a/b/c")).toThrow("unexpected key format");
    expect(() => splitKey("a/b/c")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
