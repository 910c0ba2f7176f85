import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ObjectHandle } from "../../src/cluster/object-handle.ts";
import type { WithStatus } from "../../src/controller/wait-conditions.ts";
import * as waitConditions from "../../src/controller/wait-conditions.ts";
import { type WaitHandle, type WaitInformer, waitFor } from "../../src/controller/wait-for.ts";
import { Pod, type PodSubresource } from "../../src/kinds/index.ts";
import { defineKind } from "../../src/resource/kind.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { rejection } from "./request.ts";

let server: TestApiServer;
let cluster: Cluster;
let web: ObjectHandle<Pod, PodSubresource>;

beforeEach(async () => {
  vi.useFakeTimers();
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
  web = cluster.resources(Pod).inNamespace("default").withName("web");
});
afterEach(async () => {
  // Every wait has returned its lease, and left no timer.
  await vi.waitFor(() => expect(server.openWatches).toBe(0));
  await server.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const pod = (phase?: string): Pod => ({
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "web", image: "web:1" }] },
  ...(phase === undefined ? {} : { status: { phase } }),
});
const watching = (): Promise<unknown> => server.requests.next({ verb: "watch" });
const { exists, isPodRunning, not } = waitConditions;

describe("waitFor", () => {
  it("refuses to wait for whichever of several objects comes first, before any request", async () => {
    const pods = cluster.resources(Pod);
    const refused = (why: string): unknown =>
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(why) });
    expect(await rejection(waitFor(pods.withName("web"), exists))).toEqual(
      refused("one for every namespace"),
    );
    const inTwo = pods.inNamespaces("default", "shop").withName("web");
    expect(await rejection(waitFor(inTwo, exists))).toEqual(refused("one for default, shop"));
    // @ts-expect-error a collection is not one object
    expect(await rejection(waitFor(pods, exists))).toEqual(refused("withName(name)"));
    expect(server.requests.length).toBe(0);
  });

  it("resolves to the object at once where the condition holds already", async () => {
    const running = server.create(Pod, pod("Running"));
    const found = await waitFor(web, isPodRunning);
    expect(found).toEqual(running);
    expectTypeOf(found).toEqualTypeOf<WithStatus<Pod>>();
  });

  it("resolves in the first state in which it holds, also where that passes", async () => {
    server.create(Pod, pod("Pending"));
    const waiting = waitFor(web, isPodRunning);
    await watching();
    const running = server.update(Pod, pod("Running"));
    server.update(Pod, pod("Failed"));
    expect(await waiting).toEqual(running);
  });

  it("waits for what is not there yet", async () => {
    const waiting = waitFor(web, exists);
    await watching();
    const made = server.create(Pod, pod());
    expect(await waiting).toEqual(made);
  });

  it("looks only at the object of its name", async () => {
    server.create(Pod, { ...pod("Running"), metadata: { name: "db", namespace: "default" } });
    const waiting = waitFor(web, isPodRunning, { timeoutMs: 1000 });
    const error = rejection(waiting);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await error).toMatchObject({ code: "TIMEOUT" });
  });

  it("resolves to undefined where what is waited for is absence", async () => {
    const gone = await waitFor(web, not(exists));
    expect(gone).toBeUndefined();
    expectTypeOf(gone).toEqualTypeOf<Pod | undefined>();
    const { metadata } = server.create(Pod, pod());
    const waiting = waitFor(web, waitConditions.isDeleted(metadata.uid ?? ""));
    await watching();
    server.delete(Pod, "default/web");
    expect(await waiting).toBeUndefined();
  });

  it("notices that an object was deleted and made anew", async () => {
    const { metadata } = server.create(Pod, pod());
    server.delete(Pod, "default/web");
    const anew = server.create(Pod, pod());
    expect(await waitFor(web, waitConditions.isDeleted(metadata.uid ?? ""))).toEqual(anew);
  });

  it("goes on after the connection was cut", async () => {
    server.create(Pod, pod("Pending"));
    const waiting = waitFor(web, isPodRunning);
    await watching();
    server.cutWatches();
    server.update(Pod, pod("Running"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await waiting).toMatchObject({ status: { phase: "Running" } });
  });

  it("calls the condition no more once it has held", async () => {
    server.create(Pod, pod("Running"));
    const condition = vi.fn(isPodRunning);
    await waitFor(web, (object) => condition(object));
    server.update(Pod, pod("Failed"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(condition).toHaveBeenCalledTimes(1);
  });

  it("leaves no listener at the signal", async () => {
    server.create(Pod, pod("Running"));
    const { signal } = new AbortController();
    await waitFor(web, isPodRunning, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("shares the informer of who follows the object already, and leaves it to them", async () => {
    server.create(Pod, pod("Running"));
    const informer = web.informer();
    await informer.synced();
    const lists = server.requests.filter({ verb: "list" }).length;
    await waitFor(web, isPodRunning);
    expect(server.requests.filter({ verb: "list" })).toHaveLength(lists);
    expect(informer.health().state).toBe("live");
    await informer.stop();
  });
});

describe("waitFor, in vain", () => {
  it("rejects with TIMEOUT, which names the object and what was seen last", async () => {
    const created = server.create(Pod, {
      ...pod(),
      status: {
        phase: "Pending",
        conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady", message: "secret" }],
      },
    });
    const error = rejection(waitFor(web, isPodRunning, { timeoutMs: 2500 }));
    await vi.advanceTimersByTimeAsync(2500);
    expect(await error).toMatchObject({
      code: "TIMEOUT",
      message: `Wait for pods \`web\` in default: not within 2500 ms; last seen: resourceVersion ${created.metadata.resourceVersion}, Pending, Ready=False (ContainersNotReady)`,
    });
  });

  it("waits a minute where it is told no other time", async () => {
    let isOver = false;
    const error = rejection(waitFor(web, exists)).finally(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await error).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("last seen: it is not there"),
    });
  });

  it("says in TIMEOUT what went wrong before (K11)", async () => {
    server.failNext({ verb: "list", status: 503, times: 100 });
    server.failNext({ verb: "watch", status: 503, times: 100 });
    const error = rejection(waitFor(web, exists, { timeoutMs: 3000 }));
    await vi.advanceTimersByTimeAsync(3000);
    const timeout = await error;
    expect(timeout).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(/has not said yet whether it is there; last error: .*503/),
      cause: { status: 503 },
    });
  });

  it.each([401, 403])("rejects at once with the server's %i (K11)", async (status) => {
    server.failNext({ verb: "list", status });
    server.failNext({ verb: "watch", status });
    expect(await rejection(waitFor(web, exists))).toMatchObject({ code: "API", status });
  });

  it("rejects at once where the kind is not served", async () => {
    const Gadget = defineKind()({
      group: "example.com",
      version: "v1",
      kind: "Gadget",
      plural: "gadgets",
      scope: "Namespaced",
    });
    const gadget = cluster.resources(Gadget).inNamespace("default").withName("g");
    expect(await rejection(waitFor(gadget, exists))).toMatchObject({ code: "API", status: 404 });
  });

  it("rejects with the signal's reason, before and while it waits", async () => {
    const lost = new KubeError("LEADERSHIP_LOST", "no longer the leader");
    expect(await rejection(waitFor(web, exists, { signal: AbortSignal.abort(lost) }))).toBe(lost);
    expect(server.requests.length).toBe(0);
    const stop = new AbortController();
    const waiting = rejection(waitFor(web, exists, { signal: stop.signal }));
    await watching();
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
    stop.abort();
    expect(await waiting).toMatchObject({
      code: "ABORTED",
      message: expect.stringContaining("Wait for pods `web` in default"),
    });
  });

  it("rejects where the cluster is closed under it", async () => {
    const condition = vi.fn(() => false);
    const waiting = rejection(waitFor(web, condition));
    // By then the first list is in, and only the watch goes on.
    await vi.waitFor(() => expect(condition).toHaveBeenCalled());
    await cluster.close();
    expect(await waiting).toMatchObject({ code: "STOPPED" });
    expect(await rejection(waitFor(web, exists))).toMatchObject({ code: "STOPPED" });
  });

  it("rejects with what the condition throws as its cause, and not with its text", async () => {
    const failure = new TypeError("secret");
    const failing = waitFor(web, () => {
      throw failure;
    });
    const error = await rejection(failing);
    expect(error).toMatchObject({
      code: "HANDLER_FAILED",
      cause: failure,
      message: expect.stringContaining("TypeError"),
    });
    expect(String(error)).not.toContain("secret");
    server.create(Pod, pod());
    const odd = waitFor(web, () => {
      throw "secret";
    });
    expect(await rejection(odd)).toMatchObject({ message: expect.stringContaining("(string)") });
  });

  it.each([
    ["a promise", Promise.resolve(true)],
    ["nothing", undefined],
    ["a text", "yes"],
  ])("refuses a condition that returns %s", async (_what, answer) => {
    const error = await rejection(waitFor(web, (() => answer) as never));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("what the condition returns"),
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ["handle", () => waitFor(cluster.resources(Pod).inNamespace("default") as never, exists)],
    ["handle.informer", () => waitFor(undefined as never, exists)],
    ["condition", () => waitFor(web, undefined as never)],
    ["options", () => waitFor(web, exists, 5 as never)],
    ["timeoutMs", () => waitFor(web, exists, { timeoutMs: -1 })],
    ["signal", () => waitFor(web, exists, { signal: new AbortController() as never })],
  ])("refuses a bad %s before any request", async (name, call) => {
    expect(await rejection(call())).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
    expect(server.requests.length).toBe(0);
  });
});

describe("waitFor over a handle of one's own", () => {
  it("asks nothing more of it than an informer, and returns the lease", async () => {
    const stop = vi.fn(async () => {});
    const informer: WaitInformer<Pod> = {
      listen(handlers) {
        const context = { signal: new AbortController().signal };
        handlers.added?.(pod("Pending"), { ...context, initial: true });
        handlers.modified?.(pod("Running"), pod("Pending"), { ...context, unchanged: false });
        handlers.modified?.(pod("Failed"), pod("Running"), { ...context, unchanged: false });
        return { synced: async () => {}, remove: async () => {} };
      },
      synced: async () => {},
      on: () => {},
      health: () => web.informer().health(),
      stop,
    };
    const handle: WaitHandle<Pod> = { informer: () => informer };
    const condition = vi.fn(isPodRunning);
    const found = await waitFor(handle, (object) => condition(object));
    expect(found).toMatchObject({ status: { phase: "Running" } });
    expect(condition).toHaveBeenCalledTimes(2);
    expect(stop).toHaveBeenCalledOnce();
  });

  it("names what it knows of it", async () => {
    const informer = web.informer();
    const handle: WaitHandle<Pod> = { informer: () => informer, selection: { namespaces: ["a"] } };
    const error = rejection(waitFor(handle, exists, { timeoutMs: 100 }));
    await vi.advanceTimersByTimeAsync(100);
    expect(await error).toMatchObject({
      message: expect.stringMatching(/^Wait for the object in a: not within/),
    });
  });
});
