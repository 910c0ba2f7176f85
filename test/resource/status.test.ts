import { describe, expect, it } from "vitest";
import { isJsonObject } from "../../src/base/json-object.ts";
import { isStatus, statusError } from "../../src/resource/status.ts";

describe("a Status", () => {
  it("is told from other values of the wire", () => {
    expect(isStatus({ kind: "Status" })).toBe(true);
    for (const value of [{ kind: "Pod" }, {}, null, "Status", [], undefined])
      expect(isStatus(value)).toBe(false);
    expect(isJsonObject([])).toBe(false);
    expect(isJsonObject(null)).toBe(false);
    expect(isJsonObject({})).toBe(true);
  });

  it("becomes an error with its code, reason, details and Retry-After (H20, R30)", () => {
    const details = { name: "web", kind: "pods", retryAfterSeconds: 3 };
    const error = statusError(
      { kind: "Status", code: 409, reason: "Conflict", message: "it changed", details },
      { step: "replace pods web in shop" },
    );
    expect(error).toMatchObject({
      code: "API",
      status: 409,
      reason: "Conflict",
      details,
      retryAfterMs: 3000,
    });
    expect(error.message).toBe(
      "replace pods web in shop: conflict: it changed (409). Read the object again and repeat the change, or use edit().",
    );
  });

  it("takes the HTTP status where it has no code, and 500 where there is neither", () => {
    expect(statusError({ kind: "Status" }, { step: "s", httpStatus: 503 }).status).toBe(503);
    expect(statusError({ kind: "Status" }, { step: "s" }).status).toBe(500);
    expect(statusError({ kind: "Status", code: 410 }, { step: "s", httpStatus: 200 }).status).toBe(410);
  });

  it("says what its status means where it is silent", () => {
    for (const status of [{ kind: "Status" }, { kind: "Status", reason: "", message: "" }] as const) {
      expect(statusError(status, { step: "list pods", httpStatus: 502 }).message).toBe(
        "list pods: bad gateway (502)",
      );
    }
  });

  it("prefers the Retry-After header over its own details (H20)", () => {
    const status = { kind: "Status", details: { retryAfterSeconds: 3 } } as const;
    expect(statusError(status, { step: "s", retryAfterMs: 500 }).retryAfterMs).toBe(500);
    const none = { kind: "Status", details: { retryAfterSeconds: 0 } } as const;
    expect(statusError(none, { step: "s" }).retryAfterMs).toBeUndefined();
  });
});
