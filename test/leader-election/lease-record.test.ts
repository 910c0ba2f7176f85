import { afterEach, describe, expect, it, vi } from "vitest";
import type { Lease } from "../../src/kinds/index.ts";
import {
  createdLease,
  durationMsOf,
  holderOf,
  markOf,
  RenewTimes,
  releasedLease,
  renewedLease,
  stateOf,
  takenLease,
} from "../../src/leader-election/lease-record.ts";
import { leaseOf } from "./scripted-leases.ts";

const holding = { identity: "me", leaseDurationMs: 15_000, labels: {}, time: "2026-03-01T10:00:00.000123Z" };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("what a lease says", () => {
  it("has no holder where the name is empty or missing", () => {
    expect(holderOf(leaseOf("other"))).toBe("other");
    expect(holderOf(leaseOf(""))).toBeUndefined();
    expect(holderOf({ metadata: { name: "lock" } })).toBeUndefined();
  });

  it("binds for its own duration, and for ours where it says none (Q51)", () => {
    expect(durationMsOf(leaseOf("other", { leaseDurationSeconds: 60 }), 15_000)).toBe(60_000);
    expect(durationMsOf({ metadata: {}, spec: { holderIdentity: "other" } }, 15_000)).toBe(15_000);
    expect(durationMsOf(leaseOf("other", { leaseDurationSeconds: 0 }), 15_000)).toBe(15_000);
  });

  it.each<{ what: string; change: Partial<NonNullable<Lease["spec"]>> }>([
    { what: "the holder", change: { holderIdentity: "another" } },
    { what: "its duration", change: { leaseDurationSeconds: 16 } },
    { what: "when it was renewed", change: { renewTime: "2020-01-01T00:00:02.000000Z" } },
    { what: "since when it is held", change: { acquireTime: "2020-01-01T00:00:02.000000Z" } },
    { what: "how often it changed hands", change: { leaseTransitions: 4 } },
  ])("is another state where $what differs (Q51)", ({ change }) => {
    expect(stateOf(leaseOf("other", change))).not.toBe(stateOf(leaseOf("other")));
  });

  it("is another state where it was deleted and created anew", () => {
    const lease = leaseOf("other");
    expect(stateOf({ ...lease, metadata: { uid: "2" } })).not.toBe(
      stateOf({ ...lease, metadata: { uid: "1" } }),
    );
  });

  it("is the same state where only labels and the resourceVersion differ", () => {
    const lease = leaseOf("other");
    const labelled = { ...lease, metadata: { ...lease.metadata, labels: { a: "b" }, resourceVersion: "9" } };
    expect(stateOf(labelled)).toBe(stateOf(lease));
    expect(stateOf({ metadata: {} })).toBe(stateOf({ metadata: {}, spec: {} }));
  });
});

describe("what is written into a lease", () => {
  it("begins with this holder and no change of hands where there was none (Q53)", () => {
    expect(createdLease("lock", holding)).toEqual({
      metadata: { name: "lock" },
      spec: {
        holderIdentity: "me",
        leaseDurationSeconds: 15,
        acquireTime: holding.time,
        renewTime: holding.time,
        leaseTransitions: 0,
      },
    });
    expect(createdLease("lock", { ...holding, labels: { app: "shop" } }).metadata.labels).toEqual({
      app: "shop",
    });
  });

  it("keeps since when it is held, and how often it changed hands, when it is renewed (Q53)", () => {
    const lease = leaseOf("me", { strategy: "kept" });
    expect(renewedLease(lease, holding)).toEqual({
      metadata: lease.metadata,
      spec: { ...lease.spec, renewTime: holding.time },
    });
  });

  it("counts one change of hands more, and another time of acquiring, when it is taken (Q53)", () => {
    expect(takenLease(leaseOf("other"), holding).spec).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: holding.time,
      renewTime: holding.time,
      leaseTransitions: 4,
    });
    expect(takenLease({ metadata: { name: "lock" } }, holding).spec?.leaseTransitions).toBe(1);
  });

  it("is free for one second, and keeps the changes of hands, when it is released (Q55)", () => {
    expect(releasedLease(leaseOf("me"), holding.time).spec).toEqual({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: holding.time,
      renewTime: holding.time,
      leaseTransitions: 3,
    });
  });

  it("rounds the duration up to whole seconds: whoever waits longer is safe", () => {
    expect(createdLease("lock", { ...holding, leaseDurationMs: 1100 }).spec?.leaseDurationSeconds).toBe(2);
  });

  it("adds its labels to those that are there", () => {
    const lease: Lease = { ...leaseOf("other"), metadata: { labels: { a: "1", b: "2" } } };
    const labels = { b: "3" };
    expect(takenLease(lease, { ...holding, labels }).metadata.labels).toEqual({ a: "1", b: "3" });
    expect(renewedLease(lease, { ...holding, labels }).metadata.labels).toEqual({ a: "1", b: "3" });
    expect(renewedLease(lease, holding).metadata).toBe(lease.metadata);
  });
});

describe("the times that are written", () => {
  const now = Date.UTC(2026, 2, 1, 10, 0, 0, 7);

  it("have six digits below the second, as the API's do, the last three of them random", () => {
    vi.spyOn(Math, "random").mockReturnValueOnce(0.5).mockReturnValueOnce(0.0041);
    const times = new RenewTimes();
    expect(times.next(now, undefined)).toBe("2026-03-01T10:00:00.007500Z");
    expect(times.next(now + 1, undefined)).toBe("2026-03-01T10:00:00.008004Z");
  });

  it("grow while the clock stands still or is set back, so that each renewal is a change (Q51)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const times = new RenewTimes();
    const written = [now, now, now - 3_600_000, now + 1].map((wallMs) => times.next(wallMs, undefined));
    expect(written).toEqual([
      "2026-03-01T10:00:00.007000Z",
      "2026-03-01T10:00:00.007001Z",
      "2026-03-01T10:00:00.007002Z",
      "2026-03-01T10:00:00.008000Z",
    ]);
  });

  it("differ from the time that somebody else wrote (Q51)", () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const times = new RenewTimes();
    expect(times.next(now, "2026-03-01T10:00:00.007000Z")).toBe("2026-03-01T10:00:00.007001Z");
  });

  it("mark a write among those of others, of the same identity too", () => {
    expect(markOf(leaseOf("me"))).toBe(markOf({ ...leaseOf("me"), metadata: { resourceVersion: "7" } }));
    expect(markOf(leaseOf("me", { renewTime: "2020-01-01T00:00:00.000001Z" }))).not.toBe(
      markOf(leaseOf("me")),
    );
    expect(markOf({ metadata: {} })).not.toBe(markOf(leaseOf("me")));
  });
});
