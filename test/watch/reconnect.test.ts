import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { reconnectAfter } from "../../src/watch/reconnect.ts";

const refused = new KubeError("CONNECTION_FAILED", "refused");
const tooMany = new ApiError("429", { status: 429, reason: "TooManyRequests", retryAfterMs: 7000 });
const internal = new ApiError("500", { status: 500, reason: "InternalError" });

describe("reconnectAfter", () => {
  it("goes on at once after a clean end of a connection that lived a second (R22)", () => {
    expect(reconnectAfter({ events: 0, openMs: 1000 }, 5)).toEqual({
      wait: "none",
      atLeastMs: 0,
      shortStreak: 0,
    });
  });

  it("goes on at once after a break of a connection that lived and carried events (R22)", () => {
    expect(reconnectAfter({ events: 1, openMs: 1000, error: refused }, 5).wait).toBe("none");
  });

  it("goes on at once after the first short connection with an event, not the second (R22, P4)", () => {
    const first = reconnectAfter({ events: 1, openMs: 10 }, 0);
    expect(first).toEqual({ wait: "none", atLeastMs: 0, shortStreak: 1 });
    expect(reconnectAfter({ events: 1, openMs: 10 }, first.shortStreak)).toMatchObject({
      wait: "backoff",
      shortStreak: 2,
    });
  });

  it("backs off after a short connection without events (R23)", () => {
    expect(reconnectAfter({ events: 0, openMs: 999 }, 0)).toMatchObject({ wait: "backoff", shortStreak: 1 });
  });

  it("counts the time that headers took as life (R24)", () => {
    expect(reconnectAfter({ events: 0, openMs: 1500 }, 0).wait).toBe("none");
  });

  it("backs off after a refused connection, also when that took long (R25)", () => {
    expect(reconnectAfter({ events: 0, openMs: 5, error: refused }, 0).wait).toBe("backoff");
    expect(reconnectAfter({ events: 0, openMs: 10_000, error: refused }, 0)).toMatchObject({
      wait: "backoff",
      shortStreak: 1,
    });
  });

  it("backs off after every failure that the server reported, in the stream too (R25, R27)", () => {
    expect(reconnectAfter({ events: 9, openMs: 90_000, error: internal }, 0)).toEqual({
      wait: "backoff",
      atLeastMs: 0,
      shortStreak: 1,
    });
  });

  it("never undercuts the server's Retry-After (R30, R66)", () => {
    expect(reconnectAfter({ events: 0, openMs: 5, error: tooMany }, 0).atLeastMs).toBe(7000);
  });
});
