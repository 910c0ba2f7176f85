import { describe, expect, it, vi } from "vitest";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { Running, useFakeTime } from "./running.ts";
import { ScriptedLeases, serverError } from "./scripted-leases.ts";

useFakeTime();

describe("a leader that is stopped", () => {
  it("keeps the lease until what it does has ended, then gives it back (Q55)", async () => {
    const running = new Running();
    await running.pass(1000);
    const reason = new Error("shutting down");
    running.stop.abort(reason);
    expect(running.signal?.reason).toBe(reason);
    await running.pass(30_000);
    expect(running.outcome).toBeUndefined();
    expect(running.elector.isLeader()).toBe(true);
    expect(running.leases.store.holder).toBe("me");
    running.leases.next("find", {
      type: "after",
      act: () => running.told.push(`released ${running.elector.isLeader()}`),
    });
    running.end();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.leases.store.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    expect(running.told.slice(2)).toEqual(["released false", "leader undefined"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets the next candidate lead at once (Q51, Q55)", async () => {
    const leases = new ScriptedLeases();
    const first = new Running({ identity: "first" }, leases);
    await first.pass(0);
    const second = new Running({ identity: "second" }, leases);
    await second.pass(10_000);
    expect(second.elector.isLeader()).toBe(false);
    first.stop.abort();
    first.end();
    await first.pass(4400);
    expect(second.elector.isLeader()).toBe(true);
    expect(second.told).toContain("leader second");
    expect(leases.store.lease?.spec?.leaseTransitions).toBe(1);
  });

  it("can be lost while what it does ends (Q53)", async () => {
    const running = new Running();
    await running.pass(0);
    running.stop.abort();
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(10_000);
    expect(running.outcome?.error).toMatchObject({ code: "LEADERSHIP_LOST" });
  });

  it("gives the lease back after what it does returned by itself (Q55)", async () => {
    const running = new Running();
    await running.pass(3000);
    running.end();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.leases.store.holder).toBe("");
    expect(running.signal?.aborted).toBe(false);
  });

  it.each([
    { how: "rejects", lead: async () => Promise.reject(new TypeError("broken")) },
    {
      how: "throws",
      lead: () => {
        throw new TypeError("broken");
      },
    },
  ])(
    "gives the lease back, and rejects with the very error, where what it does $how (Q55)",
    async ({ lead }) => {
      const leases = new ScriptedLeases();
      const elector = new LeaderElector({ leases, name: "lock" });
      await expect(elector.run(new AbortController().signal, lead)).rejects.toThrow(new TypeError("broken"));
      expect(leases.store.holder).toBe("");
      expect(elector.isLeader()).toBe(false);
    },
  );

  it("breaks off the renewal that is under way (Q55)", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.next("replace", { type: "slow", ms: 4000 });
    await running.pass(3000);
    running.end();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.leases.store.holder).toBe("");
    await running.pass(10_000);
    expect(running.elector.isLeader()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves the lease to expire where it was told so (Q49)", async () => {
    const running = new Running({ releaseOnStop: false });
    await running.pass(0);
    running.stop.abort();
    running.end();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.leases.store.holder).toBe("me");
    expect(running.leases.log).toEqual(["find lock", "create"]);
  });

  it("resolves though the lease cannot be given back, and says so (Q55)", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "fails", error: serverError };
    running.end();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.log.lines.at(-1)).toBe(
      "warn: the lease: internal error (500) (the lease is not given back)",
    );
  });

  it("tries to give it back for no longer than the deadline (Q55)", async () => {
    const running = new Running();
    await running.pass(0);
    vi.spyOn(running.leases.store, "replace").mockImplementation((lease) =>
      running.leases.store.create(lease),
    );
    running.end();
    await running.pass(9999);
    expect(running.outcome).toBeUndefined();
    await running.pass(1);
    expect(running.outcome).toEqual({});
    expect(vi.getTimerCount()).toBe(0);
  });
});
