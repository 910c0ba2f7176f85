import { describe, expect, it } from "vitest";
import { ObservedLease } from "../../src/leader-election/observed-lease.ts";
import { leaseOf } from "./scripted-leases.ts";

/** Both clocks, `ms` after the beginning. */
const at = (ms: number, wallMs: number = ms) => ({ monotonicMs: 5000 + ms, wallMs: 1.7e12 + wallMs });

const renewed = (second: number) => leaseOf("other", { renewTime: `2020-01-01T00:00:${second}.000000Z` });

describe("a lease as it was seen", () => {
  it("is free before it was ever seen, and where nobody holds it (Q51)", () => {
    const observed = new ObservedLease(15_000);
    expect(observed.isFree).toBe(true);
    expect(observed.holder).toBeUndefined();
    observed.observe(leaseOf(""), at(0));
    expect(observed.isFree).toBe(true);
  });

  it("is free once it has not changed for its whole duration, by this process' clocks alone (Q51)", () => {
    const observed = new ObservedLease(15_000);
    // Its own times are years old.
    observed.observe(leaseOf("other"), at(0));
    expect(observed.holder).toBe("other");
    expect(observed.isFree).toBe(false);
    observed.observe(leaseOf("other"), at(14_999));
    expect(observed.isFree).toBe(false);
    observed.observe(leaseOf("other"), at(15_000));
    expect(observed.isFree).toBe(true);
  });

  it("begins to count anew with each change (Q51)", () => {
    const observed = new ObservedLease(15_000);
    observed.observe(renewed(10), at(0));
    observed.observe(renewed(12), at(14_000));
    observed.observe(renewed(12), at(28_000));
    expect(observed.isFree).toBe(false);
    observed.observe(renewed(12), at(29_000));
    expect(observed.isFree).toBe(true);
    observed.observe(renewed(14), at(30_000));
    expect(observed.isFree).toBe(false);
  });

  it("binds for the duration that its holder wrote (Q51)", () => {
    const observed = new ObservedLease(15_000);
    const lease = leaseOf("other", { leaseDurationSeconds: 40 });
    observed.observe(lease, at(0));
    observed.observe(lease, at(39_000));
    expect(observed.isFree).toBe(false);
    observed.observe(lease, at(40_000));
    expect(observed.isFree).toBe(true);
  });

  it("is not free because the wall clock was set forward, or because the machine's other clock jumped (Q51)", () => {
    const observed = new ObservedLease(15_000);
    observed.observe(leaseOf("other"), at(0));
    observed.observe(leaseOf("other"), at(2000, 3_600_000));
    observed.observe(leaseOf("other"), at(3_600_000, 3_602_000));
    expect(observed.isFree).toBe(false);
  });

  it("loses no more than one interval where the wall clock is set back", () => {
    const observed = new ObservedLease(15_000);
    observed.observe(leaseOf("other"), at(0));
    observed.observe(leaseOf("other"), at(2000, -3_600_000));
    observed.observe(leaseOf("other"), at(16_999, -3_585_001));
    expect(observed.isFree).toBe(false);
    observed.observe(leaseOf("other"), at(17_000, -3_585_000));
    expect(observed.isFree).toBe(true);
  });

  it("binds as long as it would have where it was deleted meanwhile", () => {
    const observed = new ObservedLease(15_000);
    observed.observe(leaseOf("other"), at(0));
    observed.pass(at(14_000));
    expect(observed.isFree).toBe(false);
    observed.pass(at(15_000));
    expect(observed.isFree).toBe(true);
  });
});
