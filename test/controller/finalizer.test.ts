import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { type Finalizer, withFinalizers } from "../../src/controller/finalizer.ts";
import { type Reconciler, TerminalError, terminal } from "../../src/controller/reconcile.ts";
import { ConfigMap, Namespace } from "../../src/kinds/index.ts";
import type { ObjectMeta } from "../../src/resource/object.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { inFakeTime, rejection, requestFor, scripted, thrown } from "./request.ts";

const first = "example.com/first";
const second = "example.com/second";
const foreign = "other.org/keep";

let server: TestApiServer;
let cluster: Cluster;

beforeEach(async () => {
  vi.useFakeTimers();
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
});
afterEach(async () => {
  await server.stop();
  vi.useRealTimers();
});

const make = (metadata: ObjectMeta = {}): ConfigMap =>
  server.create(ConfigMap, { metadata: { name: "a", namespace: "default", ...metadata } });
const finalizersNow = (): string[] | undefined => server.get(ConfigMap, "default/a")?.metadata.finalizers;
const patches = (): number => server.requests.filter({ verb: "patch" }).length;
const reads = (): number => server.requests.filter({ verb: "get" }).length;

/** Marked as deleted by a request, as a user does. */
async function deleting(metadata: ObjectMeta): Promise<ConfigMap> {
  make(metadata);
  await cluster.resources(ConfigMap).inNamespace("default").withName("a").delete();
  const object = server.get(ConfigMap, "default/a");
  if (object === undefined) throw new Error("nothing holds it");
  return object;
}

/** Cleanups that write down what they are called with, and then do what they are told. */
function recorded(acts: Partial<Record<string, Finalizer<ConfigMap>["cleanup"]>> = {}) {
  const log: string[] = [];
  const finalizer = (name: string): Finalizer<ConfigMap> => ({
    name,
    cleanup: (request) => {
      log.push(`clean ${name} of ${request.object.metadata.finalizers}`);
      return acts[name]?.(request);
    },
  });
  const reconciler: Reconciler<ConfigMap> = ({ object }) => {
    log.push(`reconcile ${object?.metadata.finalizers ?? "gone"}`);
    return { requeueAfterMs: 7 };
  };
  return { log, finalizer, reconciler };
}

describe("withFinalizers, of an object that lives", () => {
  it("adds the finalizers before the first reconcile, which gets the patched object in the same run (Q44)", async () => {
    const { log, finalizer, reconciler } = recorded();
    const object = make();
    const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
    expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toEqual({ requeueAfterMs: 7 });
    expect(log).toEqual([`reconcile ${first},${second}`]);
    expect(finalizersNow()).toEqual([first, second]);
    expect([patches(), reads()]).toEqual([1, 0]);
  });

  it("sends nothing once they are there, and hands the object on as it is", async () => {
    const object = make({ finalizers: [second, foreign, first] });
    const reconciler = vi.fn();
    const { finalizer } = recorded();
    const request = requestFor(cluster, object);
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler)(request));
    expect(reconciler.mock.calls).toEqual([[request]]);
    expect(patches()).toBe(0);
  });

  it("puts its own behind those of others, whose order stays", async () => {
    const object = make({ finalizers: ["z.org/z", "a.org/a"] });
    const { finalizer, reconciler } = recorded();
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(finalizersNow()).toEqual(["z.org/z", "a.org/a", first]);
  });

  it("reads and tries again where somebody was faster, and keeps what they added", async () => {
    const object = make();
    server.update(ConfigMap, { metadata: { name: "a", namespace: "default", finalizers: [foreign] } });
    const { log, finalizer, reconciler } = recorded();
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(log).toEqual([`reconcile ${foreign},${first}`]);
    expect([patches(), reads()]).toEqual([2, 1]);
  });

  it("does not add what an old copy in the store lacks and the object has (Q44)", async () => {
    const object = make();
    server.update(ConfigMap, { metadata: { name: "a", namespace: "default", finalizers: [first] } });
    const { log, finalizer, reconciler } = recorded();
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(log).toEqual([`reconcile ${first}`]);
    expect(patches()).toBe(1);
  });

  it("adds nothing to an object that is being deleted meanwhile, and does not reconcile it", async () => {
    const object = make({ finalizers: [foreign] });
    await cluster.resources(ConfigMap).inNamespace("default").withName("a").delete();
    const { log, finalizer, reconciler } = recorded();
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(log).toEqual([]);
    expect(finalizersNow()).toEqual([foreign]);
    expect([patches(), reads()]).toEqual([1, 1]);
  });

  it("ends in peace, and does not reconcile, where the object is gone or another has its name", async () => {
    const { log, finalizer, reconciler } = recorded();
    const reconcile = withFinalizers(ConfigMap, [finalizer(first)], reconciler);
    const object = make();
    server.delete(ConfigMap, object);
    expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toBeUndefined();
    make();
    expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toBeUndefined();
    expect(log).toEqual([]);
    expect(finalizersNow()).toBeUndefined();
  });

  it("ends in peace where the object goes between the refusal and the next read", async () => {
    const conflict = new ApiError("patch: conflict", { status: 409, reason: "Conflict" });
    const reconcile = withFinalizers(ConfigMap, [recorded().finalizer(first)], () => {
      throw new Error("not to be called");
    });
    const mock = scripted<ConfigMap>({
      patch: () => Promise.reject(conflict),
      find: () => Promise.resolve(undefined),
    });
    expect(await inFakeTime(reconcile(requestFor(mock, { metadata: { name: "a" } })))).toBeUndefined();
  });

  it("reaches objects without a namespace", async () => {
    const object = server.create(Namespace, { metadata: { name: "team" } });
    const reconciler = vi.fn();
    const finalizers = [{ name: first, cleanup() {} }];
    await inFakeTime(withFinalizers(Namespace, finalizers, reconciler)(requestFor(cluster, object)));
    expect(server.get(Namespace, "team")?.metadata.finalizers).toEqual([first]);
    expect(reconciler).toHaveBeenCalledOnce();
  });

  it("reconciles an object that is gone: without it (Q43)", async () => {
    const { log, finalizer, reconciler } = recorded();
    const reconcile = withFinalizers(ConfigMap, [finalizer(first)], reconciler);
    expect(await inFakeTime(reconcile(requestFor<ConfigMap>(cluster, "default/a")))).toEqual({
      requeueAfterMs: 7,
    });
    expect(log).toEqual(["reconcile gone"]);
  });

  it("only reconciles, where there are no finalizers at all", async () => {
    const { log, reconciler } = recorded();
    await inFakeTime(withFinalizers(ConfigMap, [], reconciler)(requestFor(cluster, make())));
    expect([log, patches()]).toEqual([["reconcile gone"], 0]);
  });
});

describe("withFinalizers, of an object that is being deleted", () => {
  it("cleans up in order instead of reconciling, and removes each once that succeeded (Q44)", async () => {
    const { log, finalizer, reconciler } = recorded();
    const object = await deleting({ finalizers: [second, foreign, first] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
    expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toBeUndefined();
    expect(log).toEqual([
      `clean ${first} of ${second},${foreign},${first}`,
      `clean ${second} of ${second},${foreign}`,
    ]);
    expect(finalizersNow()).toEqual([foreign]);
  });

  it("lets the object go with its last finalizer", async () => {
    const { log, finalizer, reconciler } = recorded();
    const object = await deleting({ finalizers: [first] });
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(log).toHaveLength(1);
    expect(server.get(ConfigMap, "default/a")).toBeUndefined();
  });

  it("neither reconciles nor cleans up for finalizers that the object does not have (Q44)", async () => {
    const { log, finalizer, reconciler } = recorded();
    const object = await deleting({ finalizers: [foreign, second] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
    await inFakeTime(reconcile(requestFor(cluster, object)));
    expect(log).toEqual([`clean ${second} of ${foreign},${second}`]);
    const left = server.get(ConfigMap, "default/a");
    expect(await inFakeTime(reconcile(requestFor(cluster, left ?? "default/a")))).toBeUndefined();
    expect(log).toHaveLength(1);
  });

  it("keeps the finalizer of a cleanup that fails, and throws its own error", async () => {
    const failure = new Error("bucket is in use");
    const { finalizer, reconciler } = recorded({ [first]: () => Promise.reject(failure) });
    const object = await deleting({ finalizers: [first] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first)], reconciler);
    expect(await rejection(inFakeTime(reconcile(requestFor(cluster, object))))).toBe(failure);
    expect([finalizersNow(), patches()]).toEqual([[first], 0]);
  });

  it("goes on after a failed cleanup, and throws all failures as one (Q44)", async () => {
    const third = "example.com/third";
    const failures = [new Error("one"), new Error("three")];
    const { log, finalizer, reconciler } = recorded({
      [first]: () => {
        throw failures[0];
      },
      [third]: () => Promise.reject(failures[1]),
    });
    const object = await deleting({ finalizers: [first, second, third] });
    const reconcile = withFinalizers(
      ConfigMap,
      [finalizer(first), finalizer(second), finalizer(third)],
      reconciler,
    );
    const error = await rejection(inFakeTime(reconcile(requestFor(cluster, object))));
    expect(error).toMatchObject({
      code: "RECONCILE_FAILED",
      message: `Clean up configmaps \`default/a\`: the cleanup failed for ${first}, ${third}; see the cause`,
      cause: { errors: failures },
    });
    expect(log).toHaveLength(3);
    expect(finalizersNow()).toEqual([first, third]);
  });

  /** As another copy of the package makes it: of another class, but of that name. */
  const fromElsewhere = Object.assign(new Error("b"), { name: "TerminalError" });

  it.each([
    ["terminal, where all of them are", [terminal(new Error("a")), terminal(new Error("b"))], true],
    ["terminal, also where another copy of the package made one", [terminal("a"), fromElsewhere], true],
    ["to be repeated, where one may succeed", [terminal(new Error("a")), new Error("b")], false],
  ])("makes of several failures one that is %s (Q28, Q44)", async (_what, failures, isTerminal) => {
    const { finalizer, reconciler } = recorded({
      [first]: () => Promise.reject(failures[0]),
      [second]: () => Promise.reject(failures[1]),
    });
    const object = await deleting({ finalizers: [first, second] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
    const error = await rejection(inFakeTime(reconcile(requestFor(cluster, object))));
    expect(error instanceof TerminalError).toBe(isTerminal);
  });

  it("keeps the finalizer of a cleanup that is not finished, and comes back when the first wants it", async () => {
    const { log, finalizer, reconciler } = recorded({
      [first]: () => ({ requeueAfterMs: 9000, priority: 1 }),
      [second]: async () => ({ requeueAfterMs: 4000, priority: 2 }),
    });
    const third = "example.com/third";
    const object = await deleting({ finalizers: [first, second, third] });
    const finalizers = [finalizer(first), finalizer(second), finalizer(third)];
    const reconcile = withFinalizers(ConfigMap, finalizers, reconciler);
    expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toEqual({
      requeueAfterMs: 4000,
      priority: 2,
    });
    expect(log).toHaveLength(3);
    expect(finalizersNow()).toEqual([first, second]);
  });

  it.each([undefined, {}, { requeueAfterMs: undefined }, { requeueAfterMs: null }])(
    "takes %j for finished",
    async (result) => {
      const { finalizer, reconciler } = recorded({ [first]: () => result });
      const object = await deleting({ finalizers: [first] });
      await inFakeTime(
        withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)),
      );
      expect(server.get(ConfigMap, "default/a")).toBeUndefined();
    },
  );

  it.each([
    ...[false, null, "done", [1]],
    // Misspelt, "not yet" must not pass for "done"; nor must an error that is returned, as in Go.
    ...[{ requeueAfter: 5_000 }, { requeue: true }, new Error("no answer"), { requeueAfterMs: "5s" }],
  ])("keeps the finalizer where a cleanup returns %j", async (result) => {
    const { finalizer, reconciler } = recorded({ [first]: () => result as never });
    const object = await deleting({ finalizers: [first] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first)], reconciler);
    expect(await rejection(inFakeTime(reconcile(requestFor(cluster, object))))).toMatchObject({
      code: "RECONCILE_FAILED",
      message: expect.stringContaining(first),
    });
    expect(finalizersNow()).toEqual([first]);
  });

  it("removes its own from the newest list where others changed theirs, and cleans up once", async () => {
    const { log, finalizer, reconciler } = recorded({
      [first]: () => {
        const now = server.get(ConfigMap, "default/a");
        if (now === undefined) throw new Error("gone");
        const metadata = { ...now.metadata, finalizers: ["new.org/new", first] };
        server.update(ConfigMap, { ...now, metadata });
      },
    });
    // The server lets nobody add finalizers to what is being deleted: one was taken away.
    const object = await deleting({ finalizers: [foreign, "new.org/new", first] });
    await inFakeTime(withFinalizers(ConfigMap, [finalizer(first)], reconciler)(requestFor(cluster, object)));
    expect(log).toHaveLength(1);
    expect(finalizersNow()).toEqual(["new.org/new"]);
    expect([patches(), reads()]).toEqual([2, 1]);
  });

  it("has succeeded where the object is gone, or another of its name lives", async () => {
    const replacement = (): void => {
      server.delete(ConfigMap, "default/a");
      make({ finalizers: [first] });
    };
    for (const act of [() => void server.delete(ConfigMap, "default/a"), replacement]) {
      const { log, finalizer, reconciler } = recorded({ [first]: act });
      const object = await deleting({ finalizers: [first, second] });
      const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
      expect(await inFakeTime(reconcile(requestFor(cluster, object)))).toBeUndefined();
      expect(log).toHaveLength(1);
    }
    expect(finalizersNow()).toEqual([first]);
  });

  it("begins no cleanup once the signal has aborted", async () => {
    const lost = new AbortController();
    const reason = new KubeError("LEADERSHIP_LOST", "no longer the leader");
    const { log, finalizer, reconciler } = recorded({ [first]: () => lost.abort(reason) });
    const object = await deleting({ finalizers: [first, second] });
    const reconcile = withFinalizers(ConfigMap, [finalizer(first), finalizer(second)], reconciler);
    const error = await rejection(inFakeTime(reconcile(requestFor(cluster, object, lost.signal))));
    expect(error).toBe(reason);
    expect(log).toHaveLength(1);
    expect(finalizersNow()).toEqual([first, second]);
  });
});

describe("withFinalizers, told nonsense", () => {
  const cleanup = (): void => {};

  it.each([
    "",
    "cleanup",
    "/cleanup",
    "example.com/",
    "Example.com/x",
    "a/b/c",
    "example.com/a b",
    undefined,
  ])("refuses the name %j where it is made", (name) => {
    const error = thrown(() => withFinalizers(ConfigMap, [{ name: name as never, cleanup }], cleanup));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("`finalizer.name`"),
    });
  });

  it.each([
    ["kind", () => withFinalizers("configmaps" as never, [], cleanup)],
    ["finalizers", () => withFinalizers(ConfigMap, { name: first, cleanup } as never, cleanup)],
    ["finalizer", () => withFinalizers(ConfigMap, [undefined as never], cleanup)],
    [
      "finalizers",
      () =>
        withFinalizers(
          ConfigMap,
          [
            { name: first, cleanup },
            { name: first, cleanup },
          ],
          cleanup,
        ),
    ],
    [`the cleanup of ${first}`, () => withFinalizers(ConfigMap, [{ name: first } as never], cleanup)],
    ["reconciler", () => withFinalizers(ConfigMap, [{ name: first, cleanup }], undefined as never)],
  ])("refuses a bad %s", (name, call) => {
    expect(thrown(call)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
  });
});
