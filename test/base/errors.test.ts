import { describe, expect, it } from "vitest";
import { ApiError, isExpired, isTooLargeResourceVersion } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";

const api = (
  init: Partial<ConstructorParameters<typeof ApiError>[1]>,
  message = "list pods: failed",
): ApiError => new ApiError(message, { status: 500, reason: "Unknown", ...init });

describe("KubeError", () => {
  it("is an Error with a code, and a cause only where there is one (P31)", () => {
    const cause = new Error("refused");
    const error = new KubeError("CONNECTION_FAILED", "list pods: refused", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "KubeError", code: "CONNECTION_FAILED", cause });
    expect("cause" in new KubeError("STOPPED", "stopped")).toBe(false);
    expect(String(error)).toBe("KubeError: list pods: refused");
  });

  it("is known by a brand, so that a second copy of the package matches", () => {
    const foreign = { [Symbol.for("kube-reflex.KubeError")]: true, code: "STOPPED" };
    expect(KubeError.is(foreign)).toBe(true);
    expect(KubeError.is(new KubeError("STOPPED", "stopped"))).toBe(true);
    for (const value of [new Error("x"), null, undefined, "x", {}]) expect(KubeError.is(value)).toBe(false);
  });

  it("wraps what was thrown and keeps its own as they are", () => {
    const own = new KubeError("STOPPED", "stopped");
    expect(KubeError.from(own, "API", "list pods")).toBe(own);
    const thrown = new TypeError("boom");
    expect(KubeError.from(thrown, "HANDLER_FAILED", "handle shop/web-0")).toMatchObject({
      code: "HANDLER_FAILED",
      message: "handle shop/web-0: boom",
      cause: thrown,
    });
    expect(KubeError.from("text", "HANDLER_FAILED", "handle").message).toBe("handle: text");
  });
});

describe("ApiError", () => {
  it("carries what the server said (P31)", () => {
    const details = { name: "web", causes: [{ reason: "FieldValueInvalid" }] };
    const error = api({ status: 422, reason: "Invalid", details, retryAfterMs: 5, cause: "c" });
    expect(error).toMatchObject({
      name: "ApiError",
      code: "API",
      status: 422,
      reason: "Invalid",
      details,
      retryAfterMs: 5,
      cause: "c",
    });
    expect(ApiError.is(error)).toBe(true);
    expect(ApiError.is(new KubeError("STOPPED", "stopped"))).toBe(false);
    expect(ApiError.is(new Error("x"))).toBe(false);
  });

  it("is expired as 410, Expired or Gone", () => {
    expect(isExpired(api({ status: 410 }))).toBe(true);
    expect(isExpired(api({ reason: "Expired" }))).toBe(true);
    expect(isExpired(api({ reason: "Gone" }))).toBe(true);
    expect(isExpired(api({ status: 404, reason: "NotFound" }))).toBe(false);
    expect(isExpired(new Error("410"))).toBe(false);
  });
});

describe("a resourceVersion that is too large", () => {
  const text = "Too large resource version";

  it("is known by a typed cause, whatever the reason (R7)", () => {
    expect(
      isTooLargeResourceVersion(api({ details: { causes: [{ reason: "ResourceVersionTooLarge" }] } })),
    ).toBe(true);
  });

  it("is known by the message of a cause, as 1.17.0 to 1.18.5 sent it (R7)", () => {
    const details = { causes: [{ message: "other" }, { message: text }] };
    expect(isTooLargeResourceVersion(api({ status: 504, reason: "Timeout", details }))).toBe(true);
    expect(isTooLargeResourceVersion(api({ status: 504, reason: "ServerTimeout", details }))).toBe(false);
  });

  it("is known by the message, as servers before 1.17 sent it (R7)", () => {
    const message = `list pods: 504 Timeout: ${text}: 99, current: 9`;
    expect(isTooLargeResourceVersion(api({ status: 504, reason: "Timeout" }, message))).toBe(true);
    expect(isTooLargeResourceVersion(api({ status: 500, reason: "Unknown" }, message))).toBe(false);
  });

  it("is nothing else (R7)", () => {
    expect(isTooLargeResourceVersion(api({ status: 504, reason: "Timeout" }))).toBe(false);
    expect(isTooLargeResourceVersion(new KubeError("TIMEOUT", text))).toBe(false);
    expect(isTooLargeResourceVersion(undefined)).toBe(false);
  });
});
