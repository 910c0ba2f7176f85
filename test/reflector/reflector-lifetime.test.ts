import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Reflector } from "../../src/reflector/reflector.ts";
import { pass, reflect, settle, useFakeTime } from "./harness.ts";
import {
  aborted,
  added,
  apiError,
  type ListScript,
  listed,
  listFails,
  marker,
  openWatch,
  ScriptedListWatch,
  watch,
  watchFails,
} from "./scripted-list-watch.ts";

const off = { streamingList: "off" } as const;

useFakeTime();

/** Gives one part, and nothing more until it is aborted; then it throws. */
const hangingList: ListScript = async function* ({ signal }) {
  yield { items: [], resourceVersion: "5" };
  await aborted(signal);
  throw new KubeError("ABORTED", "list: aborted");
};

/** Ends without an error when it is aborted. */
const politeList: ListScript = async function* ({ signal }) {
  yield { items: [], resourceVersion: "5" };
  await aborted(signal);
  yield { items: [] };
};

describe("an abort", () => {
  it.each([
    ["during a list that throws then (R19)", { lists: [hangingList] }, { ...off }],
    ["during a list that ends then (R19)", { lists: [politeList] }, { ...off }],
    [
      "during the wait after a failed list",
      { lists: [listFails(apiError(500, "InternalError"))] },
      { ...off },
    ],
    [
      "during a watch (R36, R37)",
      { lists: [listed("5")], watches: [openWatch([added("a", "6")])] },
      { ...off },
    ],
    [
      "during the wait after a refused watch",
      { lists: [listed("5")], watches: [watchFails(apiError(429, "TooManyRequests"))] },
      { ...off },
    ],
    ["during a streaming list", { watches: [openWatch([added("a", "6")])] }, {}],
    [
      "during the wait of a streaming list for 60 s (R42)",
      { watches: [watchFails(apiError(429, "TooManyRequests", { retryAfterMs: 60_000 }))] },
      {},
    ],
    ["during the watch that a streaming list became", { watches: [openWatch([marker("5")])] }, {}],
  ])(
    "%s ends it at once, with everything closed and nothing called any more (P22)",
    async (_, scripts, options) => {
      const { cluster, target, progress, controller, running } = reflect(scripts, options);
      await settle();
      const [requests, writes, told] = [cluster.log.length, target.log.length, progress.length];
      controller.abort();
      await running;
      expect(cluster.open).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
      await pass(600_000);
      expect([cluster.log.length, target.log.length]).toEqual([requests, writes]);
      expect(progress.slice(told)).toEqual([{ type: "stopped" }]);
    },
  );

  it.each([
    ["replace of a list", { lists: [listed("5")] }, off, "replace"],
    ["replace of a streaming list", { watches: [openWatch([marker("5")])] }, {}, "replace"],
    ["apply", { lists: [listed("5")], watches: [openWatch([added("a", "6")])] }, off, "apply"],
  ])(
    "while the target holds up %s ends it at once, and a late rejection harms nobody (P22)",
    async (_, scripts, options, call) => {
      const pending = Promise.withResolvers<void>();
      const { cluster, reflector, progress, controller, running } = reflect(scripts, {
        ...options,
        prepare: (it) => {
          it.before = (text) => (text.startsWith(call) ? pending.promise : undefined);
        },
      });
      await settle();
      const told = progress.length;
      const reached = reflector.lastSyncResourceVersion;
      controller.abort();
      await running;
      pending.reject(new Error("too late"));
      await settle();
      expect(cluster.open).toBe(0);
      expect(reflector.lastSyncResourceVersion).toBe(reached);
      expect(progress.slice(told)).toEqual([{ type: "stopped" }]);
    },
  );

  it("from within the target ends it before the next record", async () => {
    const controller = new AbortController();
    const cluster = new ScriptedListWatch({
      lists: [listed("5")],
      watches: [openWatch([added("a", "6")], [added("b", "7")])],
    });
    const applied: string[] = [];
    const reflector = new Reflector({
      listWatch: cluster,
      streamingList: "off",
      target: {
        replace: () => {},
        apply: ([first]) => {
          applied.push(first?.resourceVersion ?? "");
          controller.abort();
        },
      },
    });
    await reflector.run(controller.signal);
    expect(applied).toEqual(["6"]);
    expect(cluster.open).toBe(0);
  });

  it("before the start makes no request (R36)", async () => {
    const cluster = new ScriptedListWatch({});
    const told: string[] = [];
    const reflector = new Reflector({
      listWatch: cluster,
      target: { replace: () => {}, apply: () => {} },
      onProgress: ({ type }) => told.push(type),
    });
    await reflector.run(AbortSignal.abort());
    expect([cluster.log, told]).toEqual([[], ["stopped"]]);
  });

  it("leaves no listener on the signal", async () => {
    const { controller, cluster, stop } = reflect(
      { lists: [listed("5")], watches: [watch({ openMs: 1000 })] },
      off,
    );
    const add = vi.spyOn(controller.signal, "addEventListener");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    await pass(10_500);
    expect(cluster.log.length).toBeGreaterThan(10);
    // Its own for the watch that is open now.
    expect(add.mock.calls.length - remove.mock.calls.length).toBeLessThanOrEqual(1);
    await stop();
  });
});

describe("a reflector", () => {
  it("runs once: a second run is ALREADY_STARTED, running or stopped (P22)", async () => {
    const { reflector, cluster, stop } = reflect({ lists: [listed("5")] }, off);
    const { signal } = new AbortController();
    await expect(reflector.run(signal)).rejects.toMatchObject({ code: "ALREADY_STARTED" });
    await settle();
    await stop();
    await expect(reflector.run(signal)).rejects.toMatchObject({ code: "ALREADY_STARTED" });
    expect(cluster.log).toHaveLength(2);
  });

  it("makes no request and sets no timer before it runs (P25)", () => {
    const listWatch = new ScriptedListWatch({});
    const reflector = new Reflector({ listWatch, target: { replace: () => {}, apply: () => {} } });
    expect(reflector.lastSyncResourceVersion).toBe("");
    expect([listWatch.log, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it.each([
    [{ minWatchTimeoutSeconds: 0 }, /minWatchTimeoutSeconds/],
    [{ markerDeadlineMs: -1 }, /markerDeadlineMs/],
    [{ streamingListMaxMs: Number.NaN }, /streamingListMaxMs/],
    [{ backoff: { resetAfterMs: -1 } }, /backoff.resetAfterMs/],
    [{ backoff: { factor: 0 } }, /backoff.factor/],
  ])("throws INVALID_ARGUMENT for %o", (options, message) => {
    const listWatch = new ScriptedListWatch({});
    const target = { replace: () => {}, apply: () => {} };
    expect(() => new Reflector({ listWatch, target, ...options })).toThrow(message);
  });

  it.each(["streamingList", "initialResourceVersion"])(
    "throws INVALID_ARGUMENT for an unknown %s",
    (name) => {
      const options = {
        listWatch: new ScriptedListWatch({}),
        target: { replace: () => {}, apply: () => {} },
      };
      Object.assign(options, { [name]: "on" });
      expect(() => new Reflector(options)).toThrow(/Expected `.*` to be ".*" or ".*", got `"on"`/);
    },
  );

  it("goes on when a progress listener throws", async () => {
    const { target, stop } = reflect(
      { lists: [listed("5", "a")] },
      {
        ...off,
        onProgress: () => {
          throw new Error("a listener's own mistake");
        },
      },
    );
    await settle();
    expect(target.log).toEqual(['replace [a] at "5"']);
    await stop();
  });

  it("reads nothing more while the target holds it up, and goes on after", async () => {
    const pending = Promise.withResolvers<void>();
    const { target, reflector, stop } = reflect(
      { lists: [listed("5")], watches: [openWatch([added("a", "6")], [added("b", "7")])] },
      {
        ...off,
        prepare: (it) => {
          it.before = (call) => (call === "apply ADDED a" ? pending.promise : undefined);
        },
      },
    );
    await pass(5000);
    expect(target.log).toEqual(['replace [] at "5"', "apply ADDED a"]);
    expect(reflector.lastSyncResourceVersion).toBe("5");
    pending.resolve();
    await settle();
    expect(target.log.at(-1)).toBe("apply ADDED b");
    expect(reflector.lastSyncResourceVersion).toBe("7");
    await stop();
  });

  it("waits for a stream to be closed before it lists (P1)", async () => {
    const closing = Promise.withResolvers<void>();
    const slowToClose = async function* () {
      try {
        yield [added("a", "6")];
      } finally {
        await closing.promise;
      }
    };
    const { cluster, stop } = reflect(
      { lists: [listed("5"), listed("9")], watches: [slowToClose, openWatch()] },
      {
        ...off,
        prepare: (it) => {
          it.before = (call) => (call.startsWith("apply") ? Promise.reject(new Error("no")) : undefined);
        },
      },
    );
    await pass(60_000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"']);
    closing.resolve();
    await pass(800);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'list "5"', 'watch "9"']);
    await stop();
  });
});
