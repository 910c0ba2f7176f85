import { describe, expect, it, vi } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import type { ReconcileRequest } from "../../src/controller/reconcile.ts";
import type { ListenerHandlers } from "../../src/informer/handlers.ts";
import {
  added,
  type Pod,
  pass,
  pod,
  Source,
  settle,
  stopNow,
  useFakeTime,
  wait,
} from "../informer/source.ts";
import { held, runController, watchedPods, write } from "./harness.ts";
import { rejection, thrown } from "./request.ts";

useFakeTime();

const one = [{ name: "keys", wakes: ["a/x"] }];

/** A reconciler that ends when its signal aborts, by throwing why. */
const untilAborted = ({ signal }: ReconcileRequest<Pod>): Promise<undefined> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("the stop", () => {
  it("begins no reconcile any more, and lets the running ones end, where Go cancels them at once (Q32)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const { watched } = watchedPods(source);
    const { requests, keys, controller, stop, ended } = runController({
      sources: [watched],
      reconcile: () => wait(20_000),
    });
    await settle();
    stop.abort();
    source.send(added("a/z", "11"));
    await pass(19_999);
    expect(controller.health()).toMatchObject({
      state: "stopping",
      isReady: false,
      running: [{ key: "a/x" }],
    });
    expect(requests[0]?.signal.aborted).toBe(false);
    await pass(1);
    expect(await ended).toBe("resolved");
    expect(keys()).toEqual(["a/x"]);
    expect(controller.health()).toMatchObject({ state: "stopped", running: [], queued: 0, problems: [] });
    expect([vi.getTimerCount(), source.open]).toEqual([0, 0]);
  });

  it("aborts the signals of those that run past the grace period, and waits for them (Q32)", async () => {
    const { requests, stop, ended, errors, log } = runController({ sources: one, reconcile: untilAborted });
    await settle();
    stop.abort();
    await pass(29_999);
    expect(requests[0]?.signal.aborted).toBe(false);
    await pass(1);
    expect(requests[0]?.signal.reason).toMatchObject({
      code: "ABORTED",
      message: expect.stringContaining("the 30000 ms that reconciles have to end are over"),
    });
    expect(await ended).toBe("resolved");
    // Told to end, it ended: that is no failure.
    expect(errors).toEqual([]);
    expect(log.text("error")).toEqual([]);
    expect(log.text("info")).toContain("Reconcile pods a/x: it was cancelled");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives no grace where graceMs is 0", async () => {
    const { stop, ended } = runController({ sources: one, reconcile: untilAborted, graceMs: 0 });
    await settle();
    stop.abort();
    await settle();
    expect(await ended).toBe("resolved");
  });

  it("rejects with TIMEOUT naming the keys that go on regardless, and hears no more of them (Q32)", async () => {
    const late = held();
    const { requests, stop, ended, controller, errors } = runController({
      sources: [{ name: "keys", wakes: ["a/x", "a/y", "a/z"] }],
      concurrency: 2,
      reconcile: late.reconcile,
      graceMs: 1_000,
      reconcileTimeoutMs: 3_600_000,
    });
    const reports = vi.fn();
    controller.on("reconciled", reports);
    await settle();
    stop.abort();
    await pass(5_999);
    expect(controller.health().state).toBe("stopping");
    await pass(1);
    expect(await ended).toMatchObject({
      code: "TIMEOUT",
      message: "Stop the controller pod: 5000 ms after their signals aborted still running: a/x, a/y",
    });
    expect(vi.getTimerCount()).toBe(0);
    // What they come to afterwards changes nothing, and they cannot write.
    const request = requests[0];
    if (request === undefined) throw new Error("not reconciled");
    expect(thrown(() => write(request))).toMatchObject({ code: "STOPPED" });
    late.end({ requeueAfterMs: 10 });
    await pass(1_000);
    expect([requests.length, reports.mock.calls.length, vi.getTimerCount(), errors]).toEqual([2, 0, 0, []]);
  });

  it("hears nothing of one that fails after all was over", async () => {
    const { stop, ended, errors, log } = runController({
      sources: one,
      reconcile: () => wait(10_000).then(() => Promise.reject(new Error("late"))),
      graceMs: 0,
    });
    await settle();
    stop.abort();
    await pass(5_000);
    expect(await ended).toMatchObject({ code: "TIMEOUT" });
    const written = log.lines.length;
    await pass(10_000);
    expect([errors, log.lines.length]).toEqual([[], written]);
  });

  it("reports a reconcile that fails by itself during the grace period, and tries it no more", async () => {
    const { requests, stop, ended, errors } = runController({
      sources: one,
      reconcile: () => wait(100).then(() => Promise.reject(new Error("by itself"))),
    });
    await settle();
    stop.abort();
    await pass(100);
    expect(await ended).toBe("resolved");
    expect([errors.length, requests.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
  });

  it("drops what was to be requeued or tried again, and leaves no timer (Q7)", async () => {
    const { stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["a/later", "a/fails"] }],
      reconcile: ({ key }) => {
        if (key === "a/fails") throw new Error("once");
        return { requeueAfterMs: 1_000 };
      },
    });
    await settle();
    stop.abort();
    expect(await ended).toBe("resolved");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("cancels at once where the context's signal says so, also in the middle of the grace period", async () => {
    const cancelled = new AbortController();
    const { requests, stop, ended } = runController({
      sources: one,
      reconcile: untilAborted,
      context: { cancelled: cancelled.signal },
    });
    await settle();
    stop.abort();
    await pass(1_000);
    cancelled.abort(new Error("time is over"));
    await settle();
    expect(requests[0]?.signal.reason).toMatchObject({ code: "ABORTED" });
    expect(await ended).toBe("resolved");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("can be had by the context's signal alone", async () => {
    const cancelled = new AbortController();
    const { ended } = runController({
      sources: one,
      reconcile: untilAborted,
      context: { cancelled: cancelled.signal },
    });
    await settle();
    cancelled.abort();
    expect(await ended).toBe("resolved");
  });

  it("can be had by stop() too, which waits, any number of times", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { controller, ended } = runController({
      sources: [watchedPods(source).watched],
      reconcile: () => wait(1_000),
    });
    await settle();
    const stops = Promise.all([controller.stop(), controller.stop(), controller[Symbol.asyncDispose]()]);
    await pass(1_000);
    await stops;
    expect(await ended).toBe("resolved");
    expect([vi.getTimerCount(), source.open]).toEqual([0, 0]);
  });

  it("by stop() rejects with TIMEOUT as run does, and leaves other failures to run", async () => {
    const hanging = runController({ sources: one, reconcile: held().reconcile, graceMs: 0 });
    await settle();
    const stopping = rejection(hanging.controller.stop());
    await pass(5_000);
    expect(await stopping).toMatchObject({ code: "TIMEOUT" });
    const source = new Source();
    source.holdList = new Promise(() => {});
    const unsynced = runController({ sources: [watchedPods(source).watched], syncTimeoutMs: 1 });
    await pass(1);
    expect(await unsynced.ended).toMatchObject({ code: "SYNC_TIMEOUT" });
    await unsynced.controller.stop();
  });

  it("before run gives the sources back, and run is refused then", async () => {
    const source = new Source();
    const { watched, informer } = watchedPods(source);
    const { Controller } = await import("../../src/controller/controller.ts");
    const controller = new Controller<Pod>({
      name: "pod",
      sources: [watched],
      objectOf: () => undefined,
      cluster: () => JSON.parse("{}"),
      reconcile: () => {},
    });
    await controller.stop();
    expect(() => informer.start()).toThrow(/was stopped/);
    await expect(controller.run(new AbortController().signal)).rejects.toMatchObject({
      code: "ALREADY_STARTED",
    });
    expect(source.log).toEqual([]);
  });

  it("rejects with what a source cannot be given back for", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { watched, informer } = watchedPods(source);
    // Somebody else's handler on the same lease, which hangs.
    informer.listen({ added: () => new Promise(() => {}) }, { name: "other" });
    const { stop, ended } = runController({ sources: [watched] });
    await settle();
    stop.abort();
    await pass(10_000);
    expect(await ended).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("the handler of other"),
    });
    await stopNow(informer);
  });

  it("asks no mapper any more, whatever a source still tells", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { watched, informer } = watchedPods(source);
    const keysOf = vi.fn((_object: Pod, key: string) => [key]);
    const handlers: ListenerHandlers<Pod>[] = [];
    const { stop, ended } = runController({
      sources: [
        {
          name: "pods",
          keysOf,
          source: {
            listen: (given) => {
              handlers.push(given);
              return informer.listen(given);
            },
            synced: (options) => watched.source.synced(options),
            health: () => watched.source.health(),
            stop: () => watched.source.stop(),
          },
        },
      ],
    });
    await settle();
    stop.abort();
    await ended;
    handlers[0]?.added?.(pod("a/y", "2"), { initial: false, signal: new AbortController().signal });
    expect(keysOf).toHaveBeenCalledTimes(1);
  });

  it("keeps the stores alive until the last reconcile has ended", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { watched, informer } = watchedPods(source);
    const { stop, ended, keys } = runController({ sources: [watched], reconcile: () => wait(1_000) });
    await settle();
    stop.abort();
    await settle();
    source.send(added("a/y", "11"));
    await settle();
    expect(informer.store.has("a/y")).toBe(true);
    await pass(1_000);
    await ended;
    expect(keys()).toEqual(["a/x"]);
  });
});

describe("a listener that throws", () => {
  it("becomes a process warning, and harms nothing", async () => {
    const warnings: (string | Error)[] = [];
    const emit = vi
      .spyOn(process, "emitWarning")
      .mockImplementation((warning) => void warnings.push(warning));
    const { controller, stop, ended, keys } = runController({
      sources: [{ name: "keys", wakes: ["a", "b"] }],
    });
    controller.on("reconciled", () => {
      throw new Error("listener");
    });
    await settle();
    stop.abort();
    expect(await ended).toBe("resolved");
    expect(keys()).toEqual(["a", "b"]);
    expect(warnings).toHaveLength(2);
    emit.mockRestore();
  });
});

describe("the events", () => {
  it("tell how each reconcile ended", async () => {
    const { controller, stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["a", "b"] }],
      reconcile: ({ key }) => {
        if (key === "b") throw new Error("b");
        return { requeueAfterMs: 60_000 };
      },
    });
    const reports: unknown[] = [];
    controller.on("reconciled", (report) => void reports.push(report));
    await settle();
    const error: KubeError = expect.objectContaining({ code: "RECONCILE_FAILED" });
    const same = { attempt: 1, durationMs: expect.any(Number), wasCancelled: false };
    expect(reports).toEqual([
      { key: "a", outcome: "requeue_after", error: undefined, ...same },
      { key: "b", outcome: "error", error, ...same },
    ]);
    stop.abort();
    await ended;
  });
});
