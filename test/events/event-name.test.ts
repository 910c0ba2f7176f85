import { describe, expect, it, vi } from "vitest";
import { DistinctNanos, eventName, microTime } from "../../src/events/event-name.ts";
import { isDnsSubdomain } from "../../src/resource/dns-name.ts";

const nanos = 0x18a1b2c3d4e5f607n;

describe("an event's name", () => {
  it.each([
    ["web-0", "web-0.18a1b2c3d4e5f607"],
    ["example.com", "example.com.18a1b2c3d4e5f607"],
    ["system:node:N1", "system-node-n1.18a1b2c3d4e5f607"],
    ["-.Blue Widget.-", "blue-widget.18a1b2c3d4e5f607"],
    ["::", "event.18a1b2c3d4e5f607"],
    ["", "event.18a1b2c3d4e5f607"],
    [`${"x".repeat(235)}.${"y".repeat(17)}`, `${"x".repeat(235)}.18a1b2c3d4e5f607`],
    ["x".repeat(253), `${"x".repeat(236)}.18a1b2c3d4e5f607`],
  ])("is made of %o and the nanoseconds (Q62)", (name, expected) => {
    const made = eventName(name, nanos);
    expect(made).toBe(expected);
    expect(isDnsSubdomain(made)).toBe(true);
  });

  it("has nanoseconds that never repeat, also where the clock stands or is set back", () => {
    vi.useFakeTimers({ now: 1_000 });
    const distinct = new DistinctNanos();
    vi.spyOn(Math, "random").mockReturnValue(0.25);
    const first = distinct.next();
    expect(first).toBe(1_000_250_000n);
    expect(distinct.next()).toBe(first + 1n);
    vi.setSystemTime(10);
    expect(distinct.next()).toBe(first + 2n);
    vi.setSystemTime(2_000);
    expect(distinct.next()).toBe(2_000_250_000n);
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("has a time in microseconds, as the API wants it", () => {
    expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe("2026-01-02T03:04:05.006000Z");
  });
});
