import { describe, expect, it } from "vitest";
import { isTooLargeResourceVersion } from "../../src/base/api-error.ts";
import { type Status, statusError } from "../../src/resource/status.ts";

// What only a server that is none of Kubernetes would send: no type allows it, JSON does.
const statusOf = (json: string): Status => JSON.parse(json);

describe("a Status with members of other types", () => {
  it("becomes an error that can be asked what it means, whatever its causes are (R7)", () => {
    for (const causes of ["{}", '"x"', "[null]", "[1, {}]", "null", "5"]) {
      const status = statusOf(
        `{"kind":"Status","code":504,"reason":"Timeout","details":{"causes":${causes}}}`,
      );
      const error = statusError(status, { step: "watch pods" });
      expect(error).toMatchObject({ status: 504, reason: "Timeout" });
      expect(isTooLargeResourceVersion(error)).toBe(false);
    }
    const mixed = statusOf(
      '{"kind":"Status","details":{"causes":[null,{"reason":"ResourceVersionTooLarge"}]}}',
    );
    expect(isTooLargeResourceVersion(statusError(mixed, { step: "watch pods" }))).toBe(true);
  });

  it("is reported by its HTTP status where nothing else can be read", () => {
    const odd = '{"toString":1,"valueOf":1}';
    const status = statusOf(
      `{"kind":"Status","code":"x","reason":${odd},"message":${odd},"details":[${odd}]}`,
    );
    const error = statusError(status, { step: "list pods", httpStatus: 502 });
    expect(error).toMatchObject({ status: 502, reason: "Unknown", details: undefined });
    expect(error.message).toBe("list pods: bad gateway (502)");
  });
});
