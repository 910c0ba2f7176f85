import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { ReconcileRequest } from "../../src/controller/reconcile.ts";
import { added, type Pod, pass, pod, Source, settle, useFakeTime, wait } from "../informer/source.ts";
import { held, type Run, runController, watchedPods, write } from "./harness.ts";
import { thrown } from "./request.ts";

useFakeTime();

/** An election whose outcome tests decide. */
function election(isLeader = true): { isLeader: ReturnType<typeof vi.fn<() => boolean>>; lose(): void } {
  const asked = vi.fn(() => isLeader);
  return {
    isLeader: asked,
    lose: () => {
      asked.mockReturnValue(false);
    },
  };
}

const lost = new KubeError("LEADERSHIP_LOST", "the lease was not renewed");

/** A reconciler that ends when its signal aborts. */
const untilAborted = ({ signal }: ReconcileRequest<Pod>): Promise<undefined> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("before it leads", () => {
  it("a controller follows its sources and reconciles nothing; elected, it acts at once (Q33)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const elected = Promise.withResolvers<void>();
    const { keys, controller, stop, ended } = runController({
      sources: [watchedPods(source).watched],
      context: { elected: elected.promise, leadership: election() },
    });
    await pass(3_600);
    expect([source.open, keys()]).toEqual([1, []]);
    // Ready to take over, although it does nothing yet.
    expect(controller.health()).toMatchObject({
      state: "waiting",
      isReady: true,
      isReconciling: false,
      queued: 1,
    });
    source.send(added("a/y", "11"));
    await settle();
    elected.resolve();
    await settle();
    expect(keys()).toEqual(["a/y", "a/x"]);
    expect(source.log.filter((line) => line.startsWith("list"))).toHaveLength(1);
    expect(controller.health()).toMatchObject({ state: "running", isReconciling: true });
    stop.abort();
    expect(await ended).toBe("resolved");
  });

  it("it can be stopped in peace", async () => {
    const { keys, stop, ended, controller } = runController({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      context: { elected: new Promise(() => {}) },
    });
    await settle();
    stop.abort();
    expect(await ended).toBe("resolved");
    expect([keys(), vi.getTimerCount(), controller.health().state]).toEqual([[], 0, "stopped"]);
  });

  it("an election that fails ends it with that error", async () => {
    const error = new Error("no lease");
    const { ended, keys } = runController({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      context: { elected: Promise.reject(error) },
    });
    await settle();
    expect(await ended).toBe(error);
    expect(keys()).toEqual([]);
  });

  it("without a promise of it, it is asked once everything has synced", async () => {
    const leadership = election(false);
    const { ended, keys } = runController({ sources: [{ name: "keys", wakes: ["a/x"] }], leadership });
    await settle();
    expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(keys()).toEqual([]);
  });
});

describe("leadership", () => {
  const start = (more: Parameters<typeof runController>[0] = {}): Run & ReturnType<typeof election> => {
    const leading = election();
    const run = runController({ leadership: leading, ...more });
    return { ...run, ...leading };
  };

  it("is asked before each reconcile: once it is lost, none begins", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { keys, lose, ended, isLeader, controller } = start({ sources: [watchedPods(source).watched] });
    await settle();
    const asked = isLeader.mock.calls.length;
    source.send(added("a/y", "11"));
    await settle();
    expect(isLeader.mock.calls.length).toBe(asked + 1);
    lose();
    source.send(added("a/z", "12"));
    await settle();
    expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(keys()).toEqual(["a/x", "a/y"]);
    expect([vi.getTimerCount(), source.open, controller.health().state]).toEqual([0, 0, "stopped"]);
  });

  it("is asked before each write, which is refused once it is lost; every signal aborts then", async () => {
    const { requests, lose, ended, errors } = start({
      sources: [{ name: "keys", wakes: ["a/x", "a/y"] }],
      concurrency: 2,
      reconcile: async (request) => {
        if (request.key === "a/y") return untilAborted(request);
        write(request);
        await wait(100);
        write(request);
        throw new Error("not reached");
      },
    });
    await settle();
    lose();
    await pass(100);
    expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(requests.map(({ signal }) => signal.reason)).toMatchObject([
      { code: "LEADERSHIP_LOST" },
      { code: "LEADERSHIP_LOST" },
    ]);
    expect(errors).toEqual([]);
  });

  it("names the write that is refused", async () => {
    const { requests, lose, ended } = start({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      reconcile: (request) => {
        lose();
        write(request);
      },
    });
    await settle();
    await ended;
    const request = requests[0];
    if (request === undefined) throw new Error("not reconciled");
    expect(thrown(() => write(request))).toMatchObject({
      code: "LEADERSHIP_LOST",
      message: "patch pods a/x: this process is not the leader any more",
    });
  });

  it("that comes back is another term: what was refused stays so", async () => {
    const { requests, isLeader, lose, ended } = start({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      reconcile: async (request) => {
        lose();
        expect(thrown(() => write(request))).toMatchObject({ code: "LEADERSHIP_LOST" });
        isLeader.mockReturnValue(true);
        write(request);
      },
    });
    await settle();
    expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(requests).toHaveLength(1);
  });

  it.each(["signal", "cancelled"] as const)(
    "is lost where the %s aborts with that error: all signals abort at once, without grace",
    async (which) => {
      const cancelled = new AbortController();
      const { requests, stop, ended, log } = start({
        sources: [{ name: "keys", wakes: ["a/x"] }],
        reconcile: untilAborted,
        context: { cancelled: cancelled.signal },
      });
      await settle();
      expect(requests[0]?.signal.aborted).toBe(false);
      (which === "signal" ? stop : cancelled).abort(lost);
      expect(requests[0]?.signal.reason).toBe(lost);
      expect(await ended).toBe(lost);
      expect(log.text("error")).toEqual([lost.message]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("that is lost during the grace period ends it", async () => {
    const cancelled = new AbortController();
    const { requests, stop, ended } = start({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      reconcile: untilAborted,
      context: { cancelled: cancelled.signal },
    });
    await settle();
    stop.abort();
    await pass(1_000);
    cancelled.abort(lost);
    expect(requests[0]?.signal.aborted).toBe(true);
    expect(await ended).toBe(lost);
  });

  it("counts for more than that a reconcile goes on regardless", async () => {
    const { stop, ended } = start({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      reconcile: held().reconcile,
    });
    await settle();
    stop.abort(lost);
    await pass(5_000);
    expect(await ended).toBe(lost);
  });

  it("counts for more than the failure that came before", async () => {
    const cancelled = new AbortController();
    const { ended } = start({
      sources: [{ name: "keys", wakes: ["a/x", "a/y"] }],
      concurrency: 2,
      context: { cancelled: cancelled.signal },
      rateLimiter: {
        delayMs: () => {
          throw new Error("no more");
        },
        forget() {},
        retries: () => 0,
      },
      reconcile: (request) => {
        if (request.key === "a/y") return untilAborted(request);
        throw new Error("fails");
      },
    });
    await settle();
    cancelled.abort(lost);
    expect(await ended).toBe(lost);
  });

  it("that nobody can tell is none", async () => {
    const cause = new Error("no clock");
    const { isLeader, ended, keys } = start({ sources: [{ name: "keys", wakes: ["a/x"] }] });
    isLeader.mockImplementation(() => {
      throw cause;
    });
    await settle();
    expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST", cause });
    expect(keys()).toEqual([]);
  });

  it("is the context's where the controller has one of its own, too", async () => {
    const own = election(false);
    const { keys, stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      leadership: own,
      context: { leadership: election() },
    });
    await settle();
    expect(keys()).toEqual(["a/x"]);
    expect(own.isLeader).not.toHaveBeenCalled();
    stop.abort();
    await ended;
  });
});
