import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { Running, useFakeTime } from "./running.ts";
import { leaseOf, ScriptedLeases, serverError } from "./scripted-leases.ts";

useFakeTime();

describe("a candidate", () => {
  it("leads at once where there is no lease, and is the leader before it is told (Q51, Q54)", async () => {
    const running = new Running();
    expect(running.elector.isLeader()).toBe(false);
    await running.pass(0);
    expect(running.told).toEqual(["leader me", "acquired true"]);
    expect(running.signal?.aborted).toBe(false);
    expect(running.elector).toMatchObject({ leader: "me", identity: "me" });
    expect(running.outcome).toBeUndefined();
  });

  it("tries again after the retry period, up to 2.2 times as long, without end (Q51)", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const leases = new ScriptedLeases();
    leases.always = { type: "fails", error: serverError };
    const running = new Running({}, leases);
    await running.pass(1999);
    expect(leases.log).toHaveLength(1);
    await running.pass(1);
    expect(leases.log).toHaveLength(2);
    random.mockReturnValue(1);
    await running.pass(2000);
    expect(leases.log).toHaveLength(3);
    await running.pass(4399);
    expect(leases.log).toHaveLength(3);
    await running.pass(1);
    expect(leases.log).toHaveLength(4);
    await running.pass(3_600_000);
    expect(running.outcome).toBeUndefined();
    leases.always = undefined;
    await running.pass(4400);
    expect(running.elector.isLeader()).toBe(true);
  });

  it("waits while another one leads, and takes over once that one's lease has expired (Q51, Q54)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const running = new Running({}, leases);
    await running.pass(14_000);
    expect(running.elector.isLeader()).toBe(false);
    expect(running.told).toEqual(["leader other"]);
    await running.pass(6000);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.told).toEqual(["leader other", "leader me", "acquired true"]);
  });

  it("resolves when it is stopped, having asked for nothing more (Q54)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const running = new Running({}, leases);
    await running.pass(3000);
    const asked = leases.log.length;
    running.stop.abort();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(leases.log).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
    expect(running.signal).toBeUndefined();
  });

  it("asks for nothing where it was stopped before (Q54)", async () => {
    const leases = new ScriptedLeases();
    const elector = new LeaderElector({ leases, name: "lock" });
    await elector.run(AbortSignal.abort(), () => {});
    expect(leases.log).toEqual([]);
    expect(elector.check().state).toBe("stopped");
  });

  it("gives back what it may have taken with a request that was broken off (Q55)", async () => {
    const running = new Running();
    running.leases.next("create", { type: "hangs", done: true });
    await running.pass(1000);
    running.stop.abort();
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.leases.store.holder).toBe("");
    expect(running.signal).toBeUndefined();
  });

  it("does not lead where it takes the lease while it is being stopped (Q55)", async () => {
    const running = new Running();
    running.leases.next("create", { type: "after", act: () => running.stop.abort() });
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.signal).toBeUndefined();
    expect(running.leases.store.holder).toBe("");
  });

  it("does not lead where it is stopped as soon as it has the lease (Q55)", async () => {
    const running = new Running();
    running.elector.on("leader", () => running.stop.abort());
    await running.pass(0);
    expect(running.outcome).toEqual({});
    expect(running.signal).toBeUndefined();
    expect(running.leases.store.holder).toBe("");
  });

  it("does not lead by an answer that came after the time that it brought", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const running = new Running();
    running.leases.next("create", {
      type: "after",
      act: () => {
        running.wallSkewMs = 10_000;
      },
    });
    await running.pass(0);
    expect(running.signal).toBeUndefined();
    expect(running.elector.isLeader()).toBe(false);
    await running.pass(4400);
    expect(running.signal).toBeDefined();
    expect(running.leases.log).toEqual(["find lock", "create", "find lock", "replace"]);
  });

  it("rejects where the lease is for something else, and writes nothing", async () => {
    const leases = new ScriptedLeases();
    leases.store.create({ ...leaseOf("n1"), metadata: { namespace: "kube-node-lease", name: "lock" } });
    const running = new Running({}, leases);
    await running.pass(0);
    expect(running.outcome?.error).toMatchObject({ code: "OWNED_BY_ANOTHER" });
    expect(leases.log).toEqual(["find lock"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["INVALID_ARGUMENT", "STOPPED"] as const)(
    "rejects where no request can ever be sent: %s",
    async (code) => {
      const leases = new ScriptedLeases();
      leases.always = { type: "fails", error: new KubeError(code, "the lease: no") };
      const running = new Running({}, leases);
      await running.pass(0);
      expect(running.outcome?.error).toMatchObject({ code });
    },
  );

  it("runs once", async () => {
    const running = new Running();
    await expect(running.elector.run(running.stop.signal, () => {})).rejects.toMatchObject({
      code: "ALREADY_STARTED",
    });
    running.stop.abort();
    await running.pass(0);
    await expect(running.elector.run(new AbortController().signal, () => {})).rejects.toMatchObject({
      code: "ALREADY_STARTED",
    });
  });

  it("needs something to do as the leader, and a signal (Q50)", async () => {
    const elector = new LeaderElector({ leases: new ScriptedLeases(), name: "lock" });
    const run: (signal?: unknown, lead?: unknown) => Promise<void> = elector.run.bind(elector) as never;
    await expect(run(new AbortController().signal)).rejects.toThrow("Expected `lead` to be a function");
    await expect(run(undefined, () => {})).rejects.toThrow("Expected `signal` to be an AbortSignal");
    await expect(run(new AbortController(), () => {})).rejects.toThrow("Expected `signal`");
  });
});

describe("a leader", () => {
  it("renews every retry period by one request, for as long as it leads (Q52, Q53)", async () => {
    const running = new Running();
    await running.pass(60_000);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.leases.log).toEqual(["find lock", "create", ...Array(30).fill("replace")]);
    expect(running.leases.store.lease?.spec).toMatchObject({ leaseTransitions: 0 });
  });

  it("survives an outage that is shorter than the deadline by a retry period (Q53)", async () => {
    const running = new Running();
    await running.pass(4000);
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(7999);
    expect(running.elector.isLeader()).toBe(true);
    running.leases.always = undefined;
    await running.pass(10_000);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.told).toEqual(["leader me", "acquired true"]);
  });

  it("is lost at the deadline, counted from the start of the last request that succeeded (Q53, Q54)", async () => {
    const running = new Running();
    await running.pass(1000);
    running.leases.next("replace", { type: "slow", ms: 4000 });
    await running.pass(5000);
    // Renewed by the request that began at 2 s.
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(5999);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.signal?.aborted).toBe(false);
    await running.pass(1);
    expect(running.elector.isLeader()).toBe(false);
    expect(running.outcome?.error).toMatchObject({
      code: "LEADERSHIP_LOST",
      message:
        "Lead by the lease lock: not renewed within 10000 ms; last error: the lease: internal error (500)",
      cause: serverError,
    });
    expect(running.signal?.reason).toBe(running.outcome?.error);
    expect(running.told).toEqual(["leader me", "acquired true", "lost LEADERSHIP_LOST"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is lost though no request comes back at all (Q49, Q53)", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "hangs" };
    await running.pass(9999);
    expect(running.elector.isLeader()).toBe(true);
    await running.pass(1);
    expect(running.outcome?.error).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(running.leases.log).toEqual(["find lock", "create", "replace", "find lock"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    { what: "the machine slept", skew: 10_000 },
    { what: "the process was paused", skew: 0 },
  ])(
    "knows at its next question that its time is over, before any timer fires: $what (Q53)",
    async ({ skew }) => {
      const running = new Running();
      await running.pass(0);
      // No timer fires: only the clocks go on.
      const now = performance.now();
      if (skew === 0) vi.spyOn(performance, "now").mockImplementation(() => now + 10_000);
      running.wallSkewMs = skew;
      expect(running.elector.isLeader()).toBe(false);
      expect(running.signal?.aborted).toBe(false);
      await running.pass(0);
      expect(running.signal?.aborted).toBe(true);
      expect(running.outcome?.error).toMatchObject({ code: "LEADERSHIP_LOST" });
    },
  );

  it("stays the leader where the wall clock is set back", async () => {
    const running = new Running();
    await running.pass(0);
    running.wallSkewMs = -3_600_000;
    await running.pass(60_000);
    expect(running.elector.isLeader()).toBe(true);
  });

  it("is lost at once where somebody else holds the lease (Q53, Q54)", async () => {
    const running = new Running();
    await running.pass(0);
    const { metadata } = running.leases.store.lease ?? {};
    running.leases.store.replace({ ...leaseOf("other"), metadata: metadata ?? {} });
    await running.pass(2000);
    expect(running.outcome?.error).toMatchObject({
      code: "LEADERSHIP_LOST",
      message: 'Lead by the lease lock: the lease is held by "other" now',
    });
    expect(running.told.slice(2)).toEqual(["leader other", "lost LEADERSHIP_LOST"]);
    expect(running.elector.leader).toBe("other");
  });

  it("is lost where its lease has become something else's", async () => {
    const running = new Running();
    await running.pass(0);
    const { metadata, spec } = running.leases.store.lease ?? {};
    running.leases.store.replace({
      metadata: metadata ?? {},
      spec: { ...spec, strategy: "OldestEmulationVersion" },
    });
    await running.pass(2000);
    expect(running.outcome?.error).toMatchObject({
      code: "LEADERSHIP_LOST",
      message: expect.stringContaining("coordinated leader election"),
      cause: expect.objectContaining({ code: "OWNED_BY_ANOTHER" }),
    });
  });

  it("does not wait for what it did when it is lost, and does not give the lease back (Q54, Q55)", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(10_000);
    expect(running.outcome?.error).toMatchObject({ code: "LEADERSHIP_LOST" });
    running.leases.always = undefined;
    running.end();
    await running.pass(60_000);
    expect(running.leases.store.holder).toBe("me");
  });

  it("is lost, not ended, where what it does returns because it saw the loss first", async () => {
    const running = new Running();
    await running.pass(0);
    running.wallSkewMs = 10_000;
    if (!running.elector.isLeader()) running.end();
    await running.pass(0);
    expect(running.outcome?.error).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(running.leases.store.holder).toBe("me");
  });

  it.each([
    { what: "an error of its own", error: new TypeError("secret"), isTold: true },
    { what: "the loss", error: undefined, isTold: false },
    { what: "an abort", error: new KubeError("ABORTED", "aborted"), isTold: false },
    { what: "a refused write", error: new KubeError("LEADERSHIP_LOST", "refused"), isTold: false },
  ])("tells the log where what it did fails with $what after the loss", async ({ error, isTold }) => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(10_000);
    running.end(error ?? running.outcome?.error);
    await running.pass(0);
    const line = "warn: what this process led has failed after leadership was lost";
    expect(running.log.lines.includes(line)).toBe(isTold);
    expect(running.log.lines.join()).not.toContain("secret");
    if (isTold) expect(running.log.fields.at(-1)).toMatchObject({ error: "TypeError" });
  });
});
