import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { electionSettings } from "../../src/leader-election/leader-elector-options.ts";
import { LeaseLock } from "../../src/leader-election/lease-lock.ts";
import { leaseOf, ScriptedLeases, serverError } from "./scripted-leases.ts";

const never = new AbortController().signal;

function lockOver(leases: ScriptedLeases, identity = "me") {
  const onSlowPath = vi.fn();
  const lock = new LeaseLock(electionSettings({ leases, name: "lock", identity }), onSlowPath);
  return { lock, onSlowPath };
}

/** A lock that holds the lease, its log emptied. */
async function heldLock() {
  const leases = new ScriptedLeases();
  const parts = lockOver(leases);
  await parts.lock.acquire(never);
  leases.log.length = 0;
  return { leases, ...parts };
}

/** Let somebody else take the lease. */
function take(leases: ScriptedLeases, holder: string): void {
  const { resourceVersion } = leases.store.lease?.metadata ?? {};
  leases.store.replace({
    ...leaseOf(holder),
    metadata: { name: "lock", resourceVersion: resourceVersion ?? "" },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("taking the lease", () => {
  it("creates it where there is none, and tells when that request began (Q51, Q53)", async () => {
    const leases = new ScriptedLeases();
    const { lock } = lockOver(leases);
    expect(lock.mayBeHeld).toBe(false);
    leases.next("create", { type: "slow", ms: 3000 });
    const before = performance.now();
    const taking = lock.acquire(never);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await taking).toMatchObject({ monotonicMs: before });
    expect(leases.store.lease?.spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 0 });
    expect(lock).toMatchObject({ holder: "me", mayBeHeld: true });
  });

  it("waits while somebody else renews it, whatever the times inside say (Q51)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const { lock } = lockOver(leases);
    for (let second = 0; second < 60; second += 10) {
      const { lease } = leases.store;
      const renewTime = `2020-01-01T00:01:${second + 10}.000000Z`;
      leases.store.replace({ metadata: lease?.metadata ?? {}, spec: { ...lease?.spec, renewTime } });
      expect(await lock.acquire(never)).toBeUndefined();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(leases.log).not.toContain("replace");
  });

  it("takes it once it has not changed for its duration, and counts the change of hands (Q51, Q53)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const { lock } = lockOver(leases);
    expect(await lock.acquire(never)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(await lock.acquire(never)).toBeUndefined();
    expect(lock.holder).toBe("other");
    await vi.advanceTimersByTimeAsync(1);
    expect(await lock.acquire(never)).toBeDefined();
    expect(leases.store.lease?.spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 4 });
    expect(leases.store.lease?.spec?.acquireTime).toBe(leases.store.lease?.spec?.renewTime);
  });

  it("counts from the answer: what it brought may be younger than the request (Q51)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const { lock } = lockOver(leases);
    leases.next("find", { type: "slow", ms: 4000 });
    const first = lock.acquire(never);
    await vi.advanceTimersByTimeAsync(4000);
    expect(await first).toBeUndefined();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(await lock.acquire(never)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(await lock.acquire(never)).toBeDefined();
  });

  it("takes at once what nobody holds (Q51)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf(""));
    const { lock } = lockOver(leases);
    expect(await lock.acquire(never)).toBeDefined();
  });

  it.each(["create", "replace"] as const)("leaves it to whoever was quicker to %s (Q51)", async (verb) => {
    const leases = new ScriptedLeases();
    if (verb === "replace") leases.store.create(leaseOf(""));
    leases.next(verb, {
      type: "after",
      act: (store) => void (verb === "create" ? store.create(leaseOf("other")) : store.annotate("x")),
    });
    const { lock } = lockOver(leases);
    expect(await lock.acquire(never)).toBeUndefined();
  });

  it("waits for the end of a lease under its own identity that it did not write: a process before it, or one beside it", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("me"));
    const { lock } = lockOver(leases);
    expect(await lock.acquire(never)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await lock.acquire(never)).toBeDefined();
  });

  it.each<{ what: string; fate: Parameters<ScriptedLeases["next"]>[1] }>([
    { what: "whose connection broke", fate: { type: "breaks" } },
    { what: "that was never answered", fate: { type: "hangs", done: true } },
  ])("knows its own write again $what", async ({ fate }) => {
    const leases = new ScriptedLeases();
    const { lock } = lockOver(leases);
    leases.next("create", fate);
    const failed = expect(lock.acquire(never)).rejects.toThrow("lease");
    await vi.advanceTimersByTimeAsync(5000);
    await failed;
    expect(lock.mayBeHeld).toBe(true);
    expect(leases.store.holder).toBe("me");
    expect(await lock.acquire(never)).toBeDefined();
    expect(leases.store.lease?.spec?.leaseTransitions).toBe(0);
  });

  it("remembers no more writes of unknown fate than are worth it", async () => {
    const leases = new ScriptedLeases();
    const { lock } = lockOver(leases);
    leases.next("create", { type: "breaks" });
    await expect(lock.acquire(never)).rejects.toThrow("reset");
    const written = leases.store.lease ?? leaseOf("me");
    leases.store.delete();
    leases.always = { type: "fails", error: serverError };
    for (let attempt = 0; attempt < 40; attempt += 1) {
      leases.next("find", { type: "after", act() {} });
      await vi.advanceTimersByTimeAsync(3000);
      await expect(lock.acquire(never)).rejects.toBe(serverError);
    }
    leases.always = undefined;
    leases.store.create(written);
    // Forgotten by now, it is somebody else's: safe, and a lease's duration late.
    expect(await lock.acquire(never)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await lock.acquire(never)).toBeDefined();
  });

  it("waits for the end of a lease that was deleted while somebody held it", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const { lock } = lockOver(leases);
    expect(await lock.acquire(never)).toBeUndefined();
    leases.store.delete();
    await vi.advanceTimersByTimeAsync(14_000);
    expect(await lock.acquire(never)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await lock.acquire(never)).toBeDefined();
    expect(leases.store.holder).toBe("me");
  });

  it("refuses a lease that is for something else, and writes nothing", async () => {
    const leases = new ScriptedLeases();
    const lease = leaseOf("n1");
    const ownerReferences = [{ apiVersion: "v1", kind: "Node", name: "n1", uid: "u" }];
    leases.store.create({ ...lease, metadata: { ...lease.metadata, ownerReferences } });
    const { lock } = lockOver(leases);
    await expect(lock.acquire(never)).rejects.toMatchObject({ code: "OWNED_BY_ANOTHER" });
    expect(leases.log).toEqual(["find lock"]);
    expect(lock.holder).toBeUndefined();
  });
});

describe("keeping the lease", () => {
  it("is one request while nothing goes wrong (Q52)", async () => {
    const { leases, lock, onSlowPath } = await heldLock();
    const before = leases.store.lease?.spec;
    for (let count = 0; count < 3; count += 1) {
      await vi.advanceTimersByTimeAsync(2000);
      expect(await lock.renew(never)).toMatchObject({ monotonicMs: performance.now() });
    }
    expect(leases.log).toEqual(["replace", "replace", "replace"]);
    expect(onSlowPath).not.toHaveBeenCalled();
    const { renewTime, ...kept } = leases.store.lease?.spec ?? {};
    expect(kept).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: before?.acquireTime,
      leaseTransitions: 0,
    });
    expect(renewTime).not.toBe(before?.renewTime);
  });

  it("looks, and writes over what it finds, where the one request fails (Q52, Q53)", async () => {
    const { leases, lock, onSlowPath } = await heldLock();
    const before = leases.store.lease?.spec;
    leases.store.annotate("by somebody else");
    await vi.advanceTimersByTimeAsync(2000);
    expect(await lock.renew(never)).toMatchObject({ monotonicMs: performance.now() });
    expect(leases.log).toEqual(["replace", "find lock", "replace"]);
    expect(onSlowPath).toHaveBeenCalledTimes(1);
    expect(leases.store.lease?.spec).toMatchObject({ acquireTime: before?.acquireTime, leaseTransitions: 0 });
    expect(leases.store.lease?.metadata.annotations).toEqual({ text: "by somebody else" });
    await lock.renew(never);
    expect(leases.log).toEqual(["replace", "find lock", "replace", "replace"]);
  });

  it("tells when the request began that succeeded, not when its answer came (Q53)", async () => {
    const { leases, lock } = await heldLock();
    const began = performance.now();
    leases.next("replace", { type: "slow", ms: 4500 });
    const renewing = lock.renew(never);
    await vi.advanceTimersByTimeAsync(4500);
    expect(await renewing).toMatchObject({ monotonicMs: began });
  });

  it("knows its own renewal again whose answer was lost (Q52)", async () => {
    const { leases, lock } = await heldLock();
    leases.next("replace", { type: "breaks" });
    expect(await lock.renew(never)).toBeDefined();
    expect(leases.log).toEqual(["replace", "find lock", "replace"]);
  });

  it("tries both ways again after both failed", async () => {
    const { leases, lock } = await heldLock();
    leases.next("replace", { type: "fails", error: serverError });
    leases.next("find", { type: "fails", error: serverError });
    await expect(lock.renew(never)).rejects.toBe(serverError);
    expect(await lock.renew(never)).toBeDefined();
    expect(leases.log).toEqual(["replace", "find lock", "find lock", "replace"]);
  });

  it.each([
    { holder: "other", message: 'Lead by the lease lock: the lease is held by "other" now' },
    { holder: "me", message: 'Lead by the lease lock: the lease is held by "me" now' },
    { holder: "", message: "Lead by the lease lock: the lease was given back by somebody else now" },
  ])("ends where somebody else wrote the holder $holder (Q53)", async ({ holder, message }) => {
    const { leases, lock } = await heldLock();
    take(leases, holder);
    await expect(lock.renew(never)).rejects.toMatchObject({ code: "LEADERSHIP_LOST", message });
    expect(leases.log).toEqual(["replace", "find lock"]);
  });

  it("creates the lease anew where somebody deleted it", async () => {
    const { leases, lock } = await heldLock();
    leases.store.delete();
    expect(await lock.renew(never)).toBeDefined();
    expect(leases.store.holder).toBe("me");
  });

  it("does not look where it was told to end", async () => {
    const { leases, lock, onSlowPath } = await heldLock();
    leases.next("replace", { type: "hangs" });
    const stop = new AbortController();
    const renewing = lock.renew(stop.signal);
    stop.abort();
    await expect(renewing).rejects.toMatchObject({ code: "ABORTED" });
    expect(leases.log).toEqual(["replace"]);
    expect(onSlowPath).not.toHaveBeenCalled();
  });
});

describe("giving the lease back", () => {
  it("looks first, then leaves it to anybody, for a second (Q55)", async () => {
    const { leases, lock } = await heldLock();
    expect(await lock.release(never)).toBe(true);
    expect(leases.log).toEqual(["find lock", "replace"]);
    expect(leases.store.lease?.spec).toMatchObject({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
    });
    expect(lock.holder).toBeUndefined();
  });

  it("tries again where a renewal that was broken off came in between (Q55)", async () => {
    const { leases, lock } = await heldLock();
    leases.next("replace", { type: "after", act: (store) => store.annotate("in between") });
    const releasing = lock.release(never);
    await vi.advanceTimersByTimeAsync(20);
    expect(await releasing).toBe(true);
    expect(leases.log).toEqual(["find lock", "replace", "find lock", "replace"]);
  });

  it.each([
    { what: "somebody else's by now", change: (leases: ScriptedLeases) => take(leases, "other") },
    { what: "another process' of the same identity", change: (leases: ScriptedLeases) => take(leases, "me") },
    { what: "gone", change: (leases: ScriptedLeases) => leases.store.delete() },
  ])("writes nothing where it is $what (Q55)", async ({ change }) => {
    const { leases, lock } = await heldLock();
    change(leases);
    const before = leases.store.lease;
    expect(await lock.release(never)).toBe(false);
    expect(leases.log).toEqual(["find lock"]);
    expect(leases.store.lease).toEqual(before);
  });

  it("rejects with what else a request fails of (Q55)", async () => {
    const { leases, lock } = await heldLock();
    leases.next("replace", { type: "fails", error: serverError });
    await expect(lock.release(never)).rejects.toBe(serverError);
  });
});
