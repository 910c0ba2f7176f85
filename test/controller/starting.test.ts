import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Informer } from "../../src/informer/informer.ts";
import { added, apiError, type Pod, pass, pod, Source, settle, useFakeTime } from "../informer/source.ts";
import { held, runController, watchedPods } from "./harness.ts";

useFakeTime();

const refused = new KubeError("CONNECTION_FAILED", "connect ECONNREFUSED");

/** Sources that are read from servers of their own. */
function several(...servers: Source[]) {
  return servers.map(
    (source, at) => watchedPods(source, { name: `kind-${at + 1}`, isPrimary: at === 0 }).watched,
  );
}

describe("the start", () => {
  it("sends nothing before run, and reads no iterable (Q25, Q42)", async () => {
    const source = new Source();
    const reads = vi.fn();
    const stop = AbortSignal.abort();
    function* keys(): Generator<string> {
      reads();
      yield "a/x";
    }
    const { Controller } = await import("../../src/controller/controller.ts");
    const controller = new Controller<Pod>({
      name: "pod",
      sources: [watchedPods(source).watched, { name: "keys", wakes: keys() }],
      objectOf: () => undefined,
      cluster: () => {
        throw new Error("not asked for");
      },
      reconcile: () => {},
    });
    await settle();
    expect(controller.health()).toMatchObject({ state: "idle", isReady: false, isReconciling: false });
    await controller.run(stop);
    expect(source.log).toEqual([]);
    expect(reads).not.toHaveBeenCalled();
    expect(controller.health().state).toBe("stopped");
  });

  it("follows all sources at once, and reconciles only once every one has synced (Q25)", async () => {
    const [one, two] = [new Source([pod("a/x", "1")]), new Source([pod("a/y", "2")])];
    const list = Promise.withResolvers<void>();
    two.holdList = list.promise;
    const { keys, controller, stop, ended } = runController({ sources: several(one, two) });
    await pass(60_000);
    expect([one.log.length > 0, two.log.length > 0, keys()]).toEqual([true, true, []]);
    expect(controller.health()).toMatchObject({
      state: "starting",
      isReady: false,
      sources: [
        { name: "kind-1", state: "live", hasSynced: true },
        { name: "kind-2", state: "syncing", hasSynced: false },
      ],
      problems: ["kind-2 has not synced yet"],
    });
    list.resolve();
    await settle();
    expect(keys()).toEqual(["a/x", "a/y"]);
    expect(controller.health()).toMatchObject({
      state: "running",
      isReady: true,
      isReconciling: true,
      problems: [],
    });
    stop.abort();
    await ended;
  });

  it("waits for its own handlers to have been told of the whole first list, too (Q26)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2"), pod("a/z", "3")]);
    const queuedAtFirst: number[] = [];
    const { controller, stop, ended } = runController({
      sources: [watchedPods(source).watched],
      reconcile: () => void queuedAtFirst.push(controller.health().queued),
    });
    await settle();
    expect(queuedAtFirst).toEqual([2, 1, 0]);
    stop.abort();
    await ended;
  });

  it("waits for its handlers where those are slower than the list (Q26)", async () => {
    const handlersDone = Promise.withResolvers<void>();
    const { watched } = watchedPods(new Source());
    const { keys, controller, stop, ended } = runController({
      sources: [
        { name: "keys", wakes: ["a/x"] },
        {
          ...watched,
          source: {
            listen: () => ({ synced: () => handlersDone.promise, remove: async () => {} }),
            synced: async () => {},
            health: () => watched.source.health(),
            stop: () => watched.source.stop(),
          },
        },
      ],
    });
    await pass(1_000);
    expect([keys(), controller.health().state]).toEqual([[], "starting"]);
    handlersDone.resolve();
    await settle();
    expect(keys()).toEqual(["a/x"]);
    stop.abort();
    await ended;
  });

  it("rejects with SYNC_TIMEOUT naming the source, the last error as its cause, and leaves nothing (Q25)", async () => {
    const [one, two] = [new Source([pod("a/x", "1")]), new Source()];
    two.isDown = refused;
    const { keys, ended, controller } = runController({ sources: several(one, two), syncTimeoutMs: 5_000 });
    await pass(5_000);
    expect(await ended).toMatchObject({
      code: "SYNC_TIMEOUT",
      message:
        "Start the controller: its source kind-2 has not synced within 5000 ms; last error: connect ECONNREFUSED",
      cause: refused,
    });
    expect(keys()).toEqual([]);
    expect([vi.getTimerCount(), one.open, controller.health().state]).toEqual([0, 0, "stopped"]);
  });

  it("waits for two minutes where nothing else is said (Q25)", async () => {
    const source = new Source();
    source.holdList = new Promise(() => {});
    const { ended } = runController({ sources: several(source) });
    let isSettled = false;
    void ended.then(() => {
      isSettled = true;
    });
    await pass(119_999);
    expect(isSettled).toBe(false);
    await pass(1);
    expect(await ended).toMatchObject({
      code: "SYNC_TIMEOUT",
      message: expect.stringContaining("no answer yet"),
    });
  });

  it("rejects where a source was stopped by somebody else, and gives the others back", async () => {
    const [one, two] = [new Source(), new Source()];
    const { watched, informer } = watchedPods(two);
    await informer.stop();
    const { ended } = runController({ sources: [...several(one), watched] });
    await settle();
    expect(await ended).toMatchObject({ code: "STOPPED" });
    expect([vi.getTimerCount(), one.open]).toEqual([0, 0]);
  });

  it("can be called off while it waits, in peace", async () => {
    const source = new Source();
    source.isDown = apiError(404, "NotFound");
    const { stop, ended } = runController({ sources: several(source) });
    await pass(1_500);
    stop.abort();
    expect(await ended).toBe("resolved");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("happens once: the second run is refused, whether the first goes on or has ended (Q27)", async () => {
    const { controller, stop, ended } = runController({});
    await expect(controller.run(new AbortController().signal)).rejects.toMatchObject({
      code: "ALREADY_STARTED",
    });
    stop.abort();
    expect(await ended).toBe("resolved");
    await expect(controller.run(new AbortController().signal)).rejects.toMatchObject({
      code: "ALREADY_STARTED",
    });
  });
});

describe("a source that the server forbids", () => {
  it("is not waited for where it is not the primary one: health names it, the others go on (K7)", async () => {
    const [one, two] = [new Source([pod("a/x", "1")]), new Source()];
    two.isDown = apiError(403, "Forbidden");
    const { keys, controller, stop, ended, log } = runController({ sources: several(one, two) });
    await settle();
    expect(keys()).toEqual(["a/x"]);
    expect(controller.health()).toMatchObject({
      state: "degraded",
      isReady: false,
      isReconciling: true,
      problems: ["waiting for kind-2: listing or watching it is forbidden (403); allow it by RBAC"],
      sources: [{ state: "live" }, { name: "kind-2", state: "failed", lastError: { status: 403 } }],
    });
    expect(log.text("warn")).toEqual([
      expect.stringMatching(/kind-2.*\(403\).*the controller starts without it/),
    ]);
    // Neither slower than without it.
    one.send(added("a/y", "11"));
    await settle();
    expect(keys()).toEqual(["a/x", "a/y"]);
    stop.abort();
    await ended;
  });

  it("joins in once it is allowed (K7)", async () => {
    const [one, two] = [new Source(), new Source([pod("b/late", "1")])];
    two.isDown = apiError(403, "Forbidden");
    const { keys, controller, stop, ended, log } = runController({ sources: several(one, two) });
    await pass(10_000);
    expect(keys()).toEqual([]);
    two.isDown = undefined;
    await pass(60_000);
    expect(keys()).toEqual(["b/late"]);
    expect(controller.health()).toMatchObject({ state: "running", isReady: true, problems: [] });
    expect(log.text("info")).toContain("the source is there now, and has synced");
    stop.abort();
    await ended;
  });

  it("is waited for until the deadline where it is the primary one", async () => {
    const source = new Source();
    source.isDown = apiError(403, "Forbidden");
    const { ended, log } = runController({ sources: several(source), syncTimeoutMs: 30_000 });
    await pass(30_000);
    expect(await ended).toMatchObject({ code: "SYNC_TIMEOUT", cause: { status: 403 } });
    // Said once, however often it was looked at.
    expect(log.text("warn")).toEqual([expect.stringContaining("the controller waits for it")]);
  });
});

describe("a kind that the server does not serve", () => {
  it("is waited for, named in log and health, and recovers when its CRD appears (Q26)", async () => {
    const [one, two] = [new Source([pod("a/x", "1")]), new Source([pod("a/y", "2")])];
    two.isDown = apiError(404, "NotFound");
    const { keys, controller, stop, ended, log } = runController({ sources: several(one, two) });
    await pass(30_000);
    expect(keys()).toEqual([]);
    expect(controller.health()).toMatchObject({
      state: "starting",
      problems: ["waiting for kind-2: the server does not serve it (404); is its CRD installed?"],
    });
    expect(log.lines.filter(({ level }) => level === "warn")).toEqual([
      {
        level: "warn",
        fields: {
          controller: "pod",
          controllerGroup: "",
          controllerKind: "Pod",
          source: "kind-2",
          status: 404,
          err: expect.objectContaining({ status: 404, message: expect.stringContaining("list pods") }),
        },
        message: expect.stringContaining("is its CRD installed?; the controller waits for it"),
      },
    ]);
    two.isDown = undefined;
    await pass(60_000);
    expect(keys()).toEqual(["a/x", "a/y"]);
    expect(controller.health().state).toBe("running");
    stop.abort();
    await ended;
  });

  it("ends the start at the deadline, with the 404 as the cause", async () => {
    const source = new Source();
    source.isDown = apiError(404, "NotFound");
    const { ended } = runController({ sources: several(source), syncTimeoutMs: 10_500 });
    await pass(10_500);
    expect(await ended).toMatchObject({ code: "SYNC_TIMEOUT", cause: { status: 404 } });
  });

  it("is not waited for any longer where it turns out to be forbidden (K7)", async () => {
    const [one, two] = [new Source([pod("a/x", "1")]), new Source()];
    two.isDown = apiError(404, "NotFound");
    const { keys, controller, stop, ended } = runController({ sources: several(one, two) });
    await pass(5_000);
    expect(keys()).toEqual([]);
    two.isDown = apiError(403, "Forbidden");
    await pass(60_000);
    expect(keys()).toEqual(["a/x"]);
    expect(controller.health().state).toBe("degraded");
    stop.abort();
    await ended;
  });
});

describe("concurrency", () => {
  it("is 1 where nothing is said, and never two reconciles of one key at once (Q24, Q2)", async () => {
    let running = 0;
    let most = 0;
    const waits: (() => void)[] = [];
    const reconcile = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => waits.push(resolve));
      running--;
    };
    const { stop, ended, keys } = runController({
      sources: [{ name: "keys", wakes: ["a", "b", "c"] }],
      reconcile,
    });
    for (let i = 0; i < 3; i++) {
      await settle();
      waits.shift()?.();
    }
    await settle();
    expect([most, keys()]).toEqual([1, ["a", "b", "c"]]);
    stop.abort();
    await ended;
  });

  it("lets that many keys be reconciled at once, each in one hand only (Q24)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2"), pod("a/z", "3")]);
    const { reconcile, end } = held();
    const { controller, stop, ended, keys } = runController({
      sources: [watchedPods(source).watched],
      reconcile,
      concurrency: 2,
    });
    await settle();
    source.send(added("a/x", "11"), added("a/y", "12"));
    await settle();
    expect(keys()).toEqual(["a/x", "a/y"]);
    expect(controller.health()).toMatchObject({ running: [{ key: "a/x" }, { key: "a/y" }] });
    end();
    await settle();
    expect(keys().toSorted()).toEqual(["a/x", "a/x", "a/y", "a/y", "a/z"]);
    stop.abort();
    await ended;
  });
});

describe("an informer over a literal list", () => {
  it("is enough of a source to run a controller on (Q25)", async () => {
    const informer = new Informer<Pod>({ listWatch: new Source([pod("shop/web-0", "7")]), name: "pods" });
    const { keys, stop, ended } = runController({
      sources: [{ name: "pods", source: informer, keysOf: (_object, key) => [key] }],
    });
    await pass(11_000);
    expect(keys()).toEqual(["shop/web-0"]);
    stop.abort();
    expect(await ended).toBe("resolved");
    expect(() => informer.start()).toThrow(/was stopped/);
  });
});
