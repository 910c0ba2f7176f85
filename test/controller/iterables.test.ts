import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { apiError, pass, pod, Source, settle, useFakeTime, wait } from "../informer/source.ts";
import { held, runController, watchedPods } from "./harness.ts";

useFakeTime();

describe("an iterable", () => {
  it("wakes the keys it names, with their priorities and EXTERNAL as the reason (Q42)", async () => {
    const wakes = ["a/x", { key: "a/low", priority: -5 }, { key: "a/high", priority: 5 }, { key: "a/plain" }];
    const { requests, controller, stop, ended } = runController({
      sources: [
        { name: "held", wakes: ["first"] },
        { name: "keys", wakes },
      ],
      reconcile: ({ key }) => (key === "first" ? wait(10).then(() => undefined) : undefined),
    });
    await pass(10);
    expect(requests.map(({ key }) => key)).toEqual(["first", "a/high", "a/x", "a/plain", "a/low"]);
    expect(requests[1]?.reason).toEqual({ type: "EXTERNAL", source: "keys" });
    expect(controller.health()).toMatchObject({
      state: "running",
      isReady: true,
      sources: [{ state: "ended" }, {}],
    });
    stop.abort();
    await ended;
  });

  it("may be an async generator, and is read on while reconciles run", async () => {
    async function* ticks(): AsyncGenerator<string> {
      for (let tick = 1; ; tick++) {
        await wait(1_000);
        yield `tick-${tick}`;
      }
    }
    const { keys, controller, stop, ended } = runController({ sources: [{ name: "ticks", wakes: ticks() }] });
    await pass(3_010);
    expect(keys()).toEqual(["tick-1", "tick-2", "tick-3"]);
    expect(controller.health().sources).toMatchObject([{ name: "ticks", state: "reading", hasSynced: true }]);
    stop.abort();
    // It waits for its timer, and never gets to its next key.
    expect(await ended).toBe("resolved");
    await pass(10_000);
    expect(keys()).toHaveLength(3);
  });

  it("is read no further ahead of the workers than 1,024 entries (Q42)", async () => {
    let read = 0;
    function* numbers(): Generator<string> {
      for (;;) yield `n-${++read}`;
    }
    const { stop, ended, keys } = runController({
      sources: [{ name: "numbers", wakes: numbers() }],
      reconcile: () => wait(1),
    });
    await settle();
    // One is in a worker's hand.
    expect([read, keys().length]).toEqual([1_025, 1]);
    await pass(10);
    expect([read, keys().length]).toEqual([1_035, 11]);
    stop.abort();
    await pass(1);
    expect(await ended).toBe("resolved");
    expect(read).toBe(1_035);
  });

  it("that names one key without end starves neither others nor the event loop (Q42)", async () => {
    let read = 0;
    function* same(): Generator<string> {
      for (;;) {
        read++;
        yield "same";
      }
    }
    const { stop, ended, keys } = runController({
      sources: [
        { name: "same", wakes: same() },
        { name: "other", wakes: ["other"] },
      ],
      reconcile: () => wait(1),
    });
    await settle();
    // As often as it is named while it waits, it waits once.
    expect(read).toBeLessThanOrEqual(2 * 1_024);
    await pass(10);
    expect(new Set(keys())).toEqual(new Set(["same", "other"]));
    expect(read).toBeLessThanOrEqual(12 * 1_024);
    stop.abort();
    await pass(1);
    expect(await ended).toBe("resolved");
    const readAtEnd = read;
    await pass(1_000);
    expect(read).toBe(readAtEnd);
  });

  it("that throws has ended, visibly; everything else goes on (K8)", async () => {
    const cause = new Error("hunter2");
    async function* broken(): AsyncGenerator<string> {
      yield "a/x";
      await wait(10);
      throw cause;
    }
    const source = new Source([pod("b/y", "1")]);
    const { keys, errors, controller, stop, ended } = runController({
      sources: [{ name: "feed", wakes: broken() }, watchedPods(source).watched],
    });
    await pass(10);
    const message = "Source feed: it threw (Error) and is read no further; see the cause";
    expect(errors).toMatchObject([{ code: "SOURCE_FAILED", message, cause }]);
    expect(controller.health()).toMatchObject({
      state: "degraded",
      isReady: false,
      isReconciling: true,
      problems: ["feed has failed, and wakes nothing any more"],
      sources: [{ state: "failed", lastError: { message } }, { state: "live" }],
    });
    expect(keys()).toEqual(["a/x", "b/y"]);
    stop.abort();
    await ended;
  });

  it("that throws when it is asked for its iterator is one that failed (K8)", async () => {
    const wakes = {
      [Symbol.asyncIterator](): never {
        throw new KubeError("CONNECTION_FAILED", "no");
      },
    };
    const { errors, controller, stop, ended } = runController({ sources: [{ name: "feed", wakes }] });
    await settle();
    expect(errors).toMatchObject([{ code: "SOURCE_FAILED" }]);
    expect(controller.health().state).toBe("degraded");
    stop.abort();
    await ended;
  });

  it("may have entries that are none: they are reported, and the others count (K8)", async () => {
    const wakes = [
      "a/x",
      "",
      "a/b/c",
      null,
      { key: 7 },
      { key: "a/y", priority: Number.NaN },
      { key: "a/z" },
    ];
    const { keys, errors, controller, stop, ended } = runController({
      sources: [{ name: "feed", wakes: JSON.parse(JSON.stringify(wakes).replace("null}", '"high"}')) }],
    });
    await settle();
    expect(keys()).toEqual(["a/x", "a/z"]);
    expect(errors.map(({ message }) => message)).toEqual([
      ...Array.from(
        { length: 4 },
        () => "Source feed: an entry names no key: it is `namespace/name`, or `name`",
      ),
      "Source feed: the entry of a/y has a priority that is no number",
    ]);
    expect(controller.health()).toMatchObject({
      state: "running",
      sources: [{ state: "ended", failures: 5 }],
    });
    stop.abort();
    await ended;
  });

  it("is left at the stop as a loop is, so that it can clean up, and that is waited for", async () => {
    const steps: string[] = [];
    async function* feed(): AsyncGenerator<string> {
      try {
        for (let i = 0; ; i++) yield `n-${i}`;
      } finally {
        steps.push("cleaning up");
        await wait(100);
        steps.push("clean");
      }
    }
    const { reconcile, end } = held();
    const { stop, ended } = runController({ sources: [{ name: "feed", wakes: feed() }], reconcile });
    await settle();
    stop.abort();
    end();
    let isSettled = false;
    void ended.then(() => {
      isSettled = true;
    });
    await pass(99);
    expect(isSettled).toBe(false);
    await pass(1);
    expect(await ended).toBe("resolved");
    expect(steps).toEqual(["cleaning up", "clean"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("whose clean-up hangs or throws does not keep the controller from ending", async () => {
    const hanging = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: `n-${Math.random()}` }),
        return: () => new Promise<never>(() => {}),
      }),
    };
    const throwing = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: `m-${Math.random()}` }),
        return: (): never => {
          throw new Error("cannot");
        },
      }),
    };
    const { reconcile, end } = held();
    const { stop, ended, errors } = runController({
      sources: [
        { name: "hanging", wakes: hanging },
        { name: "throwing", wakes: throwing },
      ],
      reconcile,
    });
    await settle();
    stop.abort();
    end();
    await pass(5_000);
    expect(await ended).toBe("resolved");
    expect(errors).toMatchObject([
      { message: expect.stringContaining("throwing: it threw (Error) when it was left") },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that rejects after the stop is not heard of", async () => {
    async function* late(): AsyncGenerator<string> {
      yield "a/x";
      await wait(1_000);
      throw new Error("late");
    }
    const { stop, ended, errors } = runController({ sources: [{ name: "late", wakes: late() }] });
    await settle();
    stop.abort();
    expect(await ended).toBe("resolved");
    await pass(1_000);
    expect(errors).toEqual([]);
  });

  it("that names something after the stop is not heard of either", async () => {
    async function* late(): AsyncGenerator<string> {
      yield "a/x";
      await wait(1_000);
      yield "no/such/key";
    }
    const { stop, ended, errors, controller } = runController({ sources: [{ name: "late", wakes: late() }] });
    await settle();
    stop.abort();
    expect(await ended).toBe("resolved");
    await pass(1_000);
    expect([errors, controller.health().sources[0]?.state]).toEqual([[], "stopped"]);
  });

  it("is read while the controller waits for its other sources, but no key is reconciled (Q25)", async () => {
    const source = new Source();
    source.isDown = apiError(404, "NotFound");
    const { keys, stop, ended, controller } = runController({
      sources: [{ name: "keys", wakes: ["a/x"] }, watchedPods(source).watched],
    });
    await pass(1_000);
    expect([keys(), controller.health().queued]).toEqual([[], 1]);
    stop.abort();
    await ended;
    expect(keys()).toEqual([]);
  });
});
