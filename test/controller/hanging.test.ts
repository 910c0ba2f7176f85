import { describe, expect, it, vi } from "vitest";
import type { ReconcileRequest } from "../../src/controller/reconcile.ts";
import { type Pod, pass, settle, useFakeTime, wait } from "../informer/source.ts";
import { runController } from "./harness.ts";

useFakeTime();

const keys = (...wakes: string[]) => [{ name: "keys", wakes }];

const untilAborted = ({ signal }: ReconcileRequest<Pod>): Promise<undefined> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("a reconcile that hangs", () => {
  it("is named in log and health after a minute, once, and when it ends after all", async () => {
    const { controller, log, stop, ended, requests } = runController({
      sources: keys("a/hangs", "a/waits"),
      reconcile: ({ key, log }) => {
        if (key !== "a/hangs") return undefined;
        log.debug({}, "begins");
        return wait(200_000);
      },
    });
    await pass(59_999);
    expect(controller.health()).toMatchObject({
      state: "running",
      running: [{ key: "a/hangs", isHung: false }],
    });
    await pass(1);
    expect(controller.health()).toMatchObject({
      state: "degraded",
      isReady: false,
      problems: ["the reconcile of a/hangs has been running for 60 s"],
      running: [{ key: "a/hangs", attempt: 1, runningMs: 60_000, isHung: true }],
    });
    await pass(100_000);
    expect(log.lines.filter(({ level }) => level === "warn")).toMatchObject([
      {
        fields: { name: "hangs", runningMs: 60_000 },
        message: "Reconcile pods a/hangs: it hangs, or takes long",
      },
    ]);
    // The lines of one reconcile are found by its id.
    const ids = log.lines
      .filter(({ fields }) => fields.name === "hangs")
      .map(({ fields }) => fields.reconcileID);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    expect(requests).toHaveLength(1);
    await pass(40_001);
    expect(log.text("info")).toContain("Reconcile pods a/hangs: it has ended after all");
    expect(controller.health()).toMatchObject({ state: "running", problems: [] });
    expect(requests).toHaveLength(2);
    stop.abort();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is noticed among others that do not, each in its own time", async () => {
    const { log, stop, ended } = runController({
      sources: keys("a/1", "a/2", "a/3"),
      concurrency: 2,
      hungAfterMs: 1_000,
      reconcile: async ({ key }) => {
        if (key === "a/1") await wait(600);
        else await wait(3_000);
      },
      graceMs: 60_000,
    });
    await pass(1_000);
    // a/2 began at 0, a/3 at 600.
    expect(log.text("warn")).toEqual([expect.stringContaining("a/2")]);
    await pass(599);
    expect(log.text("warn")).toHaveLength(1);
    await pass(2);
    expect(log.text("warn")).toEqual([expect.stringContaining("a/2"), expect.stringContaining("a/3")]);
    stop.abort();
    await pass(3_000);
    await ended;
  });

  it("costs no timer while nothing runs, and one for all that run", async () => {
    const { stop, ended } = runController({
      sources: keys("a/1", "a/2", "a/3"),
      concurrency: 3,
      reconcile: () => new Promise(() => {}),
      graceMs: 0,
    });
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    stop.abort();
    await pass(5_000);
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the time limit of a reconcile", () => {
  it("aborts its signal with the reason, and the key is tried again (Q31)", async () => {
    const { requests, errors, controller, stop, ended } = runController({
      sources: keys("a/x"),
      reconcileTimeoutMs: 1_000,
      reconcile: (request) => (request.attempt === 1 ? untilAborted(request) : undefined),
    });
    await pass(1_005);
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(requests[0]?.signal.reason).toMatchObject({
      code: "TIMEOUT",
      message: "Reconcile pods a/x: it ran past its limit of 1000 ms",
    });
    expect(errors).toMatchObject([{ code: "RECONCILE_FAILED", cause: { code: "TIMEOUT" } }]);
    expect(controller.health().failingKeys).toBe(0);
    stop.abort();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may be longer than one timer takes", async () => {
    const timeoutMs = 2 ** 31 + 5_000;
    const { requests, stop, ended } = runController({
      sources: keys("a/x"),
      reconcileTimeoutMs: timeoutMs,
      hungAfterMs: timeoutMs,
      reconcile: (request) => (request.attempt === 1 ? untilAborted(request) : undefined),
    });
    await pass(timeoutMs - 1);
    expect([requests.length, requests[0]?.signal.aborted]).toEqual([1, false]);
    await pass(6);
    expect([requests.length, requests[0]?.signal.aborted]).toEqual([2, true]);
    stop.abort();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not forced: what ends well in spite of it has succeeded (Q31)", async () => {
    const { requests, errors, stop, ended } = runController({
      sources: keys("a/x"),
      reconcileTimeoutMs: 1_000,
      reconcile: () => wait(5_000),
    });
    await pass(60_000);
    expect([requests.length, errors]).toEqual([1, []]);
    stop.abort();
    await ended;
  });

  it("is not felt by a reconcile that asks for its signal later, nor by one that ends in time", async () => {
    const { requests, stop, ended } = runController({
      sources: keys("a/x", "a/y"),
      reconcileTimeoutMs: 1_000,
      reconcile: async (request) => {
        if (request.key === "a/y") return;
        await wait(2_000);
        request.signal.throwIfAborted();
      },
    });
    await pass(2_004);
    expect(requests[0]?.signal.aborted).toBe(true);
    expect(requests[1]?.signal.aborted).toBe(false);
    stop.abort();
    await pass(10_000);
    await ended;
  });
});
