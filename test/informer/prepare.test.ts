import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Informer } from "../../src/informer/informer.ts";
import { prepared } from "../../src/informer/prepare.ts";
import type { WatchRequest } from "../../src/reflector/list-watch.ts";
import type { WatchRecord } from "../../src/resource/watch-event.ts";
import {
  added,
  bookmark,
  deleted,
  informerOf,
  modified,
  type Pod,
  pass,
  pod,
  recorder,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

/** Counts its calls; throws for objects named "bad". */
function transformOf(calls: string[]): (object: Pod) => Pod {
  return (object) => {
    calls.push(`${object.metadata?.name}@${object.metadata?.resourceVersion}`);
    if (object.metadata?.name === "bad") throw new SyntaxError('Unexpected token in "hunter2"');
    return { ...object, spec: { nodeName: "seen" } };
  };
}

/** Streams its list: the pods, the marker, then whatever is sent. */
class StreamingSource extends Source {
  override async *watch(request: WatchRequest): AsyncGenerator<readonly WatchRecord<Pod>[], void, void> {
    const rest = super.watch(request);
    if (request.sendInitialEvents) {
      yield [added("a/x", "1"), added("a/y", "2")];
      yield [modified("a/x", "9"), bookmark(this.resourceVersion, true)];
    }
    yield* rest;
  }
}

describe("a transform", () => {
  it("runs before anyone sees the object, once per object and state, deletions included (I26, I27)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/y", "2")]);
    const calls: string[] = [];
    const informer = informerOf(source, { transform: transformOf(calls) });
    const nodes: (string | undefined)[] = [];
    const see = ({ spec }: Pod) => void nodes.push(spec?.nodeName);
    informer.listen({ added: see, modified: see, deleted: see });
    informer.listen({ added: see });
    await sync(informer);
    source.send(modified("a/x", "11"), deleted("a/x", "12"));
    await settle();
    expect(calls).toEqual(["x@1", "y@2", "x@11", "x@12"]);
    source.relist([], "20");
    await settle();
    // The deletion that the relist found shows what was transformed long before.
    expect(calls).toHaveLength(4);
    expect(nodes).toEqual(Array(7).fill("seen"));
    expect(informer.store.list()).toEqual([]);
    await informer.stop();
  });

  it("runs exactly once with a streaming list too (R54)", async () => {
    const calls: string[] = [];
    const source = new StreamingSource();
    const informer = informerOf(source, { transform: transformOf(calls), streamingList: "auto" });
    const { log, ...handlers } = recorder();
    informer.listen(handlers);
    await sync(informer);
    source.send(added("a/z", "11"));
    await settle();
    expect(calls).toEqual(["x@1", "y@2", "x@9", "z@11"]);
    expect(source.log).toEqual(["stream "]);
    expect(log).toEqual(["+a/x@9 initial", "+a/y@2 initial", "+a/z@11"]);
    await informer.stop();
  });

  it("keeps the key, uid and resourceVersion from before it, whatever it makes of the metadata (I26)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, { transform: ({ spec }) => ({ spec: spec ?? {} }) });
    const seen: string[] = [];
    informer.on("MODIFIED", () => seen.push("~")).on("DELETED", () => seen.push("-"));
    await sync(informer);
    expect(informer.store.get("a/x")).toEqual({ spec: {} });
    source.send(modified("a/x", "11"));
    await settle();
    expect(informer.store.resourceVersion).toBe("11");
    source.relist([pod("a/x", "11")], "20");
    await settle();
    source.send(deleted("a/x", "21"));
    await settle();
    expect(seen).toEqual(["~", "-"]);
    await informer.stop();
  });

  it("is taken when the informer is made: later changes of the options do nothing (I25)", async () => {
    const options = { transform: (object: Pod): Pod => ({ ...object, spec: { nodeName: "first" } }) };
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, options);
    options.transform = (object) => ({ ...object, spec: { nodeName: "second" } });
    await sync(informer);
    expect(informer.store.get("a/x")?.spec?.nodeName).toBe("first");
    await informer.stop();
  });

  it("fails the whole list where it throws: relist with back-off, visible, nothing half-written (D28)", async () => {
    const source = new Source([pod("a/x", "1"), pod("a/bad", "2")]);
    const errors: KubeError[] = [];
    const informer = informerOf(source, {
      transform: transformOf([]),
      backoff: { initialMs: 1_000, jitter: 0 },
    });
    informer.on("error", (error) => errors.push(error));
    informer.start();
    await pass(6_999);
    expect(source.log).toEqual(["list ", "list ", "list "]);
    expect(informer.health()).toMatchObject({ state: "syncing", lastError: { code: "TRANSFORM_FAILED" } });
    expect(errors[0]?.message).toBe("Transform a/bad: the transform threw");
    source.pods = [pod("a/x", "1")];
    await pass(1);
    await informer.synced();
    expect(informer.store.keys()).toEqual(["a/x"]);
    await informer.stop();
  });

  it("counts as a failed write where it throws in a watch: the good ones first, then relist with back-off", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, {
      transform: transformOf([]),
      backoff: { initialMs: 1_000, jitter: 0 },
    });
    const { log, ...handlers } = recorder();
    const steps: string[] = [];
    informer.on("progress", (progress) => {
      if (progress.type === "error") steps.push(`${progress.step}: ${progress.error.code}`);
    });
    informer.listen(handlers);
    await sync(informer);
    await pass(5_000);
    source.send(modified("a/x", "11"), added("a/bad", "12"), modified("a/x", "13"));
    await settle();
    expect(log).toEqual(["+a/x@1 initial", "~a/x@11 was 1"]);
    expect(source.log).toEqual(["list ", "watch 10"]);
    source.pods = [pod("a/x", "13")];
    source.resourceVersion = "15";
    await pass(1_000);
    expect(source.log).toEqual(["list ", "watch 10", "list 11", "watch 15"]);
    expect(log).toEqual(["+a/x@1 initial", "~a/x@11 was 1", "~a/x@13 was 11"]);
    expect(steps).toEqual(["store: TRANSFORM_FAILED"]);
    expect(source.open).toBe(1);
    await informer.stop();
  });

  it.each([
    ["undefined", () => undefined],
    ["null", () => null],
    ["a text", () => "text"],
    ["a list", () => [1]],
    ["a promise", async () => ({})],
    ["a promise that rejects", () => Promise.reject(new Error("no"))],
  ])("must return an object, and at once: %s is TRANSFORM_FAILED", async (_, result) => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, { transform: result as unknown as (object: Pod) => Pod });
    informer.start();
    await settle();
    expect(informer.health().lastError).toMatchObject({ code: "TRANSFORM_FAILED" });
    await informer.stop();
  });

  it("leaves bookmarks, errors and skipped frames alone, and passes on what a broken chunk began with", async () => {
    const skipped = { type: "SKIPPED", error: new KubeError("BAD_RESPONSE", "a Table") } as const;
    const error = { type: "ERROR", status: { kind: "Status" } } as const;
    const source = new Source();
    const wrapped = prepared(source, { transform: transformOf([]), freeze: false });
    const request = { resourceVersion: "1", sendInitialEvents: false, timeoutSeconds: 1 };
    const controller = new AbortController();
    const records = wrapped.watch({ ...request, signal: controller.signal, onOpen: () => {} });
    const reading = records[Symbol.asyncIterator]();
    const first = reading.next();
    await settle();
    source.send(bookmark("2"), skipped, error);
    source.send(added("a/x", "3"), added("a/bad", "4"));
    expect((await first).value).toEqual([bookmark("2"), skipped, error]);
    const { value } = await reading.next();
    expect(value).toMatchObject([{ type: "ADDED", key: "a/x", object: { spec: { nodeName: "seen" } } }]);
    await expect(reading.next()).rejects.toMatchObject({ code: "TRANSFORM_FAILED" });
    controller.abort();
    await settle();
  });
});

describe("freezing", () => {
  afterEach(() => vi.unstubAllEnvs());

  const nodeOf = async (freeze?: boolean): Promise<Pod> => {
    const source = new Source([pod("a/x", "1", "u", { nodeName: "n1" })]);
    const informer = new Informer<Pod>(
      { listWatch: source },
      { streamingList: "off", ...(freeze === undefined ? {} : { freeze }) },
    );
    await sync(informer);
    const stored = informer.store.get("a/x");
    await informer.stop();
    return stored ?? {};
  };

  it.each(["test", "development"])(
    "is on in %s: a mutation of a cached object throws, at any depth",
    async (env) => {
      vi.stubEnv("NODE_ENV", env);
      const { spec, metadata } = await nodeOf();
      expect(() => Object.assign(spec ?? {}, { nodeName: "n2" })).toThrow(TypeError);
      expect(Object.isFrozen(metadata)).toBe(true);
    },
  );

  it("is off in production, and as the informer says", async () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(Object.isFrozen((await nodeOf()).spec)).toBe(false);
    expect(Object.isFrozen((await nodeOf(true)).spec)).toBe(true);
    vi.stubEnv("NODE_ENV", "test");
    expect(Object.isFrozen((await nodeOf(false)).spec)).toBe(false);
  });

  it("comes after the transform, which may still write", async () => {
    const source = new Source([pod("a/x", "1", "u", { nodeName: "n1" })]);
    const informer = informerOf(source, {
      transform: (object) => {
        delete object.spec;
        return object;
      },
    });
    await sync(informer);
    expect(informer.store.get("a/x")).not.toHaveProperty("spec");
    expect(Object.isFrozen(informer.store.get("a/x")?.metadata)).toBe(true);
    await informer.stop();
  });
});
