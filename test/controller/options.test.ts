import { describe, expect, it } from "vitest";
import { Controller } from "../../src/controller/controller.ts";
import { type Pod, Source } from "../informer/source.ts";
import { podKind, runController, watchedPods } from "./harness.ts";
import { rejection, thrown } from "./request.ts";

/** Options that make a controller, with some of them exchanged for what TypeScript would not allow. */
function make(change: Record<string, unknown>): Controller<Pod> {
  const options = {
    name: "pod",
    kind: podKind,
    reconcile: () => {},
    sources: [{ name: "keys", wakes: [] }],
    objectOf: () => undefined,
    cluster: () => JSON.parse("{}"),
  };
  return new Controller<Pod>(Object.assign(options, change));
}

describe("the options of a controller", () => {
  const source = watchedPods(new Source()).watched;

  it.each([
    ["name", undefined],
    ["name", ""],
    ["name", 7],
    ["kind", "Pod"],
    ["kind", { kind: "Pod" }],
    ["reconcile", undefined],
    ["reconcile", {}],
    ["objectOf", undefined],
    ["objectOf", "store"],
    ["cluster", undefined],
    ["cluster", {}],
    ["sources", undefined],
    ["sources", []],
    ["sources", "a/x"],
    ["concurrency", 0],
    ["concurrency", 1.5],
    ["concurrency", "4"],
    ["concurrency", Number.POSITIVE_INFINITY],
    ["concurrency", Number.MAX_SAFE_INTEGER],
    ["rateLimiter", {}],
    ["rateLimiter", null],
    ["syncTimeoutMs", -1],
    ["syncTimeoutMs", Number.POSITIVE_INFINITY],
    ["reconcileTimeoutMs", Number.NaN],
    ["hungAfterMs", "60"],
    ["graceMs", -1],
    ["log", null],
    ["log", "console"],
    ["log", { info() {} }],
    ["leadership", true],
    ["leadership", { isLeader: true }],
  ])("refuses %s: %j before anything is sent", (name, value) => {
    const error = thrown(() => make({ [name]: value }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(`\`${name}`) });
  });

  it.each([
    ["a source that is none", 7, "sources[0]"],
    ["a source that is nothing", null, "sources[0]"],
    ["a source without a name", { wakes: [] }, "sources[0].name"],
    ["an iterable that is none", { name: "keys", wakes: 7 }, "sources[0].wakes"],
    ["a text, which would be read by its letters", { name: "keys", wakes: "a/x" }, "sources[0].wakes"],
    ["no informer", { ...source, source: undefined }, "sources[0].source"],
    ["what is no informer", { ...source, source: { listen() {} } }, "sources[0].source.synced"],
    ["no mapper", { ...source, keysOf: undefined }, "sources[0].keysOf"],
    ["a predicate that is none", { ...source, where: "spec" }, "sources[0].where"],
  ])("refuse %s", (_title, wrong, argument) => {
    const error = thrown(() => make({ sources: [wrong] }));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${argument}\``),
    });
  });

  it("must be there", () => {
    expect(thrown(() => new Controller<Pod>(JSON.parse("null")))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("take console, and functions with methods, for a logger", () => {
    expect(make({ log: console }).name).toBe("pod");
    const log = Object.assign(() => {}, { debug() {}, info() {}, warn() {}, error() {} });
    expect(make({ log }).name).toBe("pod");
  });

  it("are those of the moment: an array of sources that changes later changes nothing", () => {
    const sources = [{ name: "keys", wakes: [] }];
    const controller = make({ sources });
    sources.length = 0;
    expect(controller.health()).toEqual({
      name: "pod",
      state: "idle",
      isReady: false,
      isReconciling: false,
      problems: [],
      sources: [
        {
          name: "keys",
          state: "idle",
          hasSynced: false,
          problem: undefined,
          lastError: undefined,
          failures: 0,
          lastFailure: undefined,
        },
      ],
      running: [],
      queued: 0,
      failingKeys: 0,
      failing: [],
      lastError: undefined,
    });
  });
});

describe("run", () => {
  it.each([
    ["signal", undefined, {}],
    ["signal", new AbortController(), {}],
    ["context", new AbortController().signal, []],
    ["context.leadership.isLeader", new AbortController().signal, { leadership: {} }],
    ["context.elected", new AbortController().signal, { elected: true }],
    ["context.cancelled", new AbortController().signal, { cancelled: new AbortController() }],
  ])("refuses a wrong %s, and can be called rightly then", async (argument, signal, context) => {
    const controller = make({});
    const run = Reflect.apply(controller.run, controller, [signal, context]);
    expect(await rejection(run)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${argument}\``),
    });
    await controller.run(AbortSignal.abort());
  });
});

describe("on", () => {
  it("refuses events that are none, and listeners that are none", () => {
    const controller = make({});
    expect(thrown(() => Reflect.apply(controller.on, controller, ["ADDED", () => {}]))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'Expected `event` to be error or reconciled, got `"ADDED"`',
    });
    for (const listener of [undefined, "log"]) {
      const error = thrown(() => Reflect.apply(controller.on, controller, ["error", listener]));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});

describe("a rate limiter that throws", () => {
  it("ends the controller with that error: keys would be lost silently", async () => {
    const cause = new Error("no more");
    const rateLimiter = {
      delayMs: (): never => {
        throw cause;
      },
      forget() {},
      retries: () => 0,
    };
    const { ended } = runController({
      sources: [{ name: "keys", wakes: ["a/x"] }],
      rateLimiter,
      reconcile: () => {
        throw new Error("fails");
      },
    });
    expect(await ended).toBe(cause);
  });
});
