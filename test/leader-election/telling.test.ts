import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Leadership } from "../../src/controller/leadership.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { Running, recordsOf, useFakeTime } from "./running.ts";
import { leaseOf, ScriptedLeases, serverError } from "./scripted-leases.ts";

useFakeTime();

describe("the records of an election", () => {
  it("tell when it begins, is acquired, renewed, renewed the slow way, and given back (Q58)", async () => {
    const records = await recordsOf(async () => {
      const running = new Running({ namespace: "shop" });
      await running.pass(2000);
      running.leases.store.annotate("x");
      await running.pass(2000);
      running.end();
      await running.pass(0);
    });
    expect(records).toEqual([
      { lease: "shop/lock", type: "candidate", isLeader: false },
      { lease: "shop/lock", type: "acquired", isLeader: true },
      { lease: "shop/lock", type: "renewed", isLeader: true },
      { lease: "shop/lock", type: "slow-path", isLeader: true },
      { lease: "shop/lock", type: "renewed", isLeader: true },
      { lease: "shop/lock", type: "released", isLeader: false },
    ]);
  });

  it("tell when it is lost, and nothing of one that never led (Q58)", async () => {
    const records = await recordsOf(async () => {
      const running = new Running();
      await running.pass(0);
      running.leases.always = { type: "hangs" };
      await running.pass(10_000);
      const leases = new ScriptedLeases();
      leases.store.create(leaseOf("other"));
      const waiting = new Running({}, leases);
      await waiting.pass(1000);
      waiting.stop.abort();
      await waiting.pass(0);
    });
    expect(records.map(({ type, isLeader }) => `${type} ${isLeader}`)).toEqual([
      "candidate false",
      "acquired true",
      "slow-path true",
      "lost false",
      "candidate false",
    ]);
  });
});

describe("the log of an election", () => {
  it("names the lease and the candidate, and who leads (Q54)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const running = new Running({ namespace: "shop" }, leases);
    await running.pass(20_000);
    expect(running.log.lines).toEqual([
      "info: there is a new leader",
      "info: there is a new leader",
      "info: this process is the leader",
    ]);
    expect(running.log.fields[0]).toEqual({ lease: "shop/lock", identity: "me", leader: "other" });
    running.end();
    await running.pass(0);
    expect(running.log.lines.at(-1)).toBe("info: nobody leads");
  });

  it("names all rights that it needs where one of them is missing", async () => {
    const leases = new ScriptedLeases();
    leases.always = {
      type: "fails",
      error: new ApiError("the lease: forbidden (403)", { status: 403, reason: "Forbidden" }),
    };
    const running = new Running({}, leases);
    await running.pass(0);
    expect(running.log.lines).toEqual([
      "warn: the lease: forbidden (403) (an election needs get, create and update of leases; it is tried again)",
    ]);
  });

  it("warns of a failure once, and again of another one, and tells when it is over", async () => {
    const leases = new ScriptedLeases();
    leases.always = { type: "fails", error: serverError };
    const running = new Running({}, leases);
    await running.pass(20_000);
    leases.always = { type: "fails", error: new KubeError("CONNECTION_FAILED", "the lease: refused") };
    await running.pass(20_000);
    leases.always = undefined;
    await running.pass(5000);
    expect(running.log.lines.filter((line) => !line.startsWith("debug: "))).toEqual([
      "warn: the lease: internal error (500) (it is tried again)",
      "warn: the lease: refused (it is tried again)",
      "info: the lease can be reached again",
      "info: there is a new leader",
      "info: this process is the leader",
    ]);
    expect(running.log.lines.filter((line) => line.startsWith("debug: ")).length).toBeGreaterThan(4);
  });

  it("has the loss as an error", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "fails", error: serverError };
    await running.pass(10_000);
    expect(running.log.lines.at(-1)).toContain("error: Lead by the lease lock: not renewed within 10000 ms");
  });
});

describe("the handlers of an election", () => {
  it("cannot disturb it by what they throw or reject with (Q54)", async () => {
    const running = new Running();
    running.elector
      .on("leader", () => {
        throw new TypeError("secret");
      })
      .on("acquired", async () => Promise.reject(new RangeError("secret")));
    await running.pass(10_000);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.log.lines.filter((line) => line.startsWith("error"))).toEqual([
      "error: the handler of the event leader threw",
      "error: the handler of the event acquired threw",
    ]);
    expect(running.log.fields.map((fields) => ("error" in fields ? fields.error : ""))).toContain(
      "RangeError",
    );
    expect(JSON.stringify(running.log)).not.toContain("secret");
  });

  it("are called for events that there are", () => {
    const { elector } = new Running();
    const on: (event: unknown, handler?: unknown) => unknown = elector.on.bind(elector) as never;
    expect(() => on("leading", () => {})).toThrow("Expected `event` to be leader, acquired or lost");
    expect(() => on("leader")).toThrow("Expected `handler` to be a function");
  });
});

describe("the health of an election", () => {
  it("is healthy while it waits, and says what it fails of (Q56)", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("other"));
    const running = new Running({}, leases);
    expect(running.elector.check()).toMatchObject({ isHealthy: true, state: "candidate" });
    leases.next("find", { type: "fails", error: serverError });
    await running.pass(0);
    await running.pass(1000);
    leases.next("find", { type: "fails", error: serverError });
    await running.pass(4400);
    expect(running.elector.check()).toMatchObject({
      isHealthy: true,
      state: "candidate",
      leader: "other",
    });
    leases.always = { type: "fails", error: serverError };
    await running.pass(600_000);
    expect(running.elector.check()).toMatchObject({ isHealthy: true, lastError: serverError });
    leases.always = undefined;
    await running.pass(4400);
    expect(running.elector.check().lastError).toBeUndefined();
  });

  it("is healthy while it leads, and tells for how long the lease has not been renewed (Q56)", async () => {
    const running = new Running();
    await running.pass(3000);
    expect(running.elector.check()).toEqual({
      isHealthy: true,
      state: "leader",
      leader: "me",
      lastError: undefined,
      renewedAgoMs: 1000,
    });
  });

  it("is unhealthy where a leader lost the lease long ago, and the process is still there (Q56)", async () => {
    const running = new Running();
    await running.pass(0);
    running.leases.always = { type: "hangs" };
    await running.pass(35_000);
    expect(running.elector.check()).toMatchObject({ isHealthy: true, state: "lost", renewedAgoMs: 35_000 });
    expect(running.elector.check({ toleranceMs: 0 }).isHealthy).toBe(false);
    await running.pass(1);
    expect(running.elector.check()).toMatchObject({
      isHealthy: false,
      state: "lost",
      problem: "Lead by the lease lock: not renewed for 35001 ms, and the process still runs",
    });
  });

  it("is healthy after an end in order, for ever (Q56)", async () => {
    const running = new Running();
    await running.pass(0);
    running.end();
    await running.pass(600_000);
    expect(running.elector.check()).toMatchObject({ isHealthy: true, state: "stopped" });
  });

  it("is healthy before it runs (Q56)", () => {
    const elector = new LeaderElector({ leases: new ScriptedLeases(), name: "lock" });
    expect(elector.check()).toMatchObject({ isHealthy: true, state: "idle" });
  });

  it("refuses a tolerance that is no time", () => {
    expect(() => new Running().elector.check({ toleranceMs: -1 })).toThrow("Expected `toleranceMs`");
  });
});

it("an elector is what a controller needs to know of an election (K10)", async () => {
  const running = new Running();
  const leadership: Leadership = running.elector;
  expect(leadership.isLeader()).toBe(false);
  await running.pass(0);
  expect(leadership.isLeader()).toBe(true);
});
