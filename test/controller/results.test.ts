import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { type ReconcileRequest, type ReconcileResult, terminal } from "../../src/controller/reconcile.ts";
import { ExponentialRateLimiter } from "../../src/work-queue/exponential-rate-limiter.ts";
import { modified, type Pod, pass, pod, Source, settle, useFakeTime, wait } from "../informer/source.ts";
import { runController, watchedPods } from "./harness.ts";

useFakeTime();

const once = (key: string) => [{ name: "keys", wakes: [key] }];

/** A reconciler that gives these answers, one after the other, then nothing; functions are called. */
function answers(...list: unknown[]): () => Promise<ReconcileResult | undefined> {
  return async () => {
    const next: unknown = list.shift();
    return (typeof next === "function" ? next() : next) as ReconcileResult | undefined;
  };
}

const fail = (error: unknown) => (): never => {
  throw error;
};

describe("a reconcile that succeeds", () => {
  it("is done with the key until the next event (Q28)", async () => {
    const { keys, stop, ended, controller } = runController({ sources: once("a/x") });
    await pass(3_600_000);
    expect(keys()).toEqual(["a/x"]);
    expect(controller.health()).toMatchObject({ state: "running", queued: 0, failingKeys: 0 });
    stop.abort();
    expect(await ended).toBe("resolved");
  });

  it("comes again after requeueAfterMs, with that as its reason (Q28)", async () => {
    const { requests, stop, ended } = runController({
      sources: once("a/x"),
      reconcile: answers({ requeueAfterMs: 5_000 }),
    });
    await pass(4_999);
    expect(requests).toHaveLength(1);
    await pass(1);
    expect(requests.map(({ reason }) => reason.type)).toEqual(["EXTERNAL", "REQUEUE"]);
    stop.abort();
    await ended;
  });

  it("comes again at once where requeueAfterMs is 0", async () => {
    const { requests, stop, ended } = runController({
      sources: once("a/x"),
      reconcile: answers({ requeueAfterMs: 0 }),
    });
    await settle();
    expect(requests.map(({ reason }) => reason.type)).toEqual(["EXTERNAL", "REQUEUE"]);
    stop.abort();
    await ended;
  });

  it("keeps a due time through a run that says nothing of it, and each due time is one run (Q6, Q17)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended } = runController({
      sources: [watchedPods(source).watched],
      reconcile: answers({ requeueAfterMs: 10_000 }),
    });
    await pass(4_000);
    source.send(modified("a/x", "2"));
    await pass(5_999);
    expect(requests.map(({ reason }) => reason.type)).toEqual(["ADDED", "MODIFIED"]);
    await pass(1);
    expect(requests.map(({ reason }) => reason.type)).toEqual(["ADDED", "MODIFIED", "REQUEUE"]);
    await pass(60_000);
    expect(requests).toHaveLength(3);
    stop.abort();
    await ended;
  });

  it.each([
    ["sets a due time anew", { requeueAfterMs: 20_000 }, [24_000]],
    ["clears a due time with null", { requeueAfterMs: null }, []],
  ])("%s (Q28)", async (_title, second, later) => {
    const source = new Source([pod("a/x", "1")]);
    const at: number[] = [];
    const began = Date.now();
    const { stop, ended } = runController({
      sources: [watchedPods(source).watched],
      reconcile: () => {
        at.push(Date.now() - began);
        return [{ requeueAfterMs: 10_000 }, second][at.length - 1];
      },
    });
    await pass(4_000);
    source.send(modified("a/x", "2"));
    await pass(600_000);
    expect(at).toEqual([0, 4_000, ...later]);
    stop.abort();
    await ended;
  });

  it("keeps a due time through a run that fails, and its retry", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended } = runController({
      sources: [watchedPods(source).watched],
      reconcile: answers({ requeueAfterMs: 10_000 }, fail(new Error("once"))),
    });
    await pass(1_000);
    source.send(modified("a/x", "2"));
    await pass(8_999);
    expect(requests.map(({ reason }) => reason.type)).toEqual(["ADDED", "MODIFIED", "RETRY"]);
    await pass(1);
    expect(requests.at(-1)?.reason.type).toBe("REQUEUE");
    stop.abort();
    await ended;
  });

  it("requeues with the priority it had, or the one it asks for (Q22)", async () => {
    const wakes = ["busy", "low", "raised"].map((key) => ({ key, priority: -50 }));
    const { keys, stop, ended } = runController({
      sources: [{ name: "keys", wakes }],
      reconcile: ({ key, reason }) => {
        if (reason.type !== "EXTERNAL") return key === "busy" ? wait(200).then(() => undefined) : undefined;
        if (key === "busy") return { requeueAfterMs: 900, priority: 100 };
        return { requeueAfterMs: 1_000, priority: key === "raised" ? 7 : undefined };
      },
    });
    await pass(1_200);
    expect(keys()).toEqual(["busy", "low", "raised", "busy", "raised", "low"]);
    stop.abort();
    await ended;
  });
});

describe("a reconcile that fails", () => {
  it("is tried again with a delay per key that doubles, and counts its attempts (Q9, Q23, Q28, K9)", async () => {
    const at: number[] = [];
    const began = Date.now();
    const { requests, stop, ended, controller } = runController({
      sources: [{ name: "keys", wakes: ["a/bad", "a/good"] }],
      reconcile: ({ key }) => {
        if (key !== "a/bad") return;
        at.push(Date.now() - began);
        throw new Error("always");
      },
    });
    await pass(75);
    expect(at).toEqual([0, 5, 15, 35, 75]);
    const bad = requests.filter(({ key }) => key === "a/bad");
    expect(bad.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(bad.map(({ reason }) => reason.type)).toEqual(["EXTERNAL", "RETRY", "RETRY", "RETRY", "RETRY"]);
    expect(requests.filter(({ key }) => key === "a/good")).toHaveLength(1);
    expect(controller.health().failing).toEqual([
      { key: "a/bad", attempts: 5, lastError: expect.objectContaining({ code: "RECONCILE_FAILED" }) },
    ]);
    await pass(3_000_000);
    expect((at.at(-1) ?? 0) - (at.at(-2) ?? 0)).toBe(1_000_000);
    stop.abort();
    await ended;
  });

  it("begins at the first attempt again once it has succeeded (Q28, K9)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended, controller } = runController({
      sources: [watchedPods(source).watched],
      reconcile: answers(fail(new Error("1")), fail(new Error("2")), {}, fail(new Error("3"))),
    });
    await pass(100);
    expect(controller.health().failingKeys).toBe(0);
    source.send(modified("a/x", "2"));
    await pass(5);
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1, 2]);
    stop.abort();
    await ended;
  });

  it("follows the rate limiter that it is given", async () => {
    const { requests, stop, ended } = runController({
      sources: once("a/x"),
      rateLimiter: new ExponentialRateLimiter({ initialMs: 1_000, maxMs: 1_000 }),
      reconcile: fail(new Error("always")),
    });
    await pass(3_000);
    expect(requests).toHaveLength(4);
    stop.abort();
    await ended;
  });

  it("is told of as RECONCILE_FAILED with the error as its cause, whose text is not repeated", async () => {
    const cause = new TypeError("cannot read hunter2");
    const { errors, log, stop, ended, controller } = runController({
      sources: once("a/x"),
      rateLimiter: new ExponentialRateLimiter({ initialMs: 60_000 }),
      reconcile: fail(cause),
    });
    await settle();
    expect(errors).toEqual([
      expect.objectContaining({
        code: "RECONCILE_FAILED",
        message: "Reconcile pods a/x: it threw (TypeError); see the cause",
        cause,
      }),
    ]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ err: errors[0], name: "x", attempt: 1 }) }),
    ]);
    expect(controller.health().lastError).toBe(errors[0]);
    stop.abort();
    await ended;
  });

  it("repeats the text of this library's own errors, which quote no contents", async () => {
    const { errors, stop, ended } = runController({
      sources: once("a/x"),
      rateLimiter: new ExponentialRateLimiter({ initialMs: 60_000 }),
      reconcile: fail(new KubeError("CONNECTION_FAILED", "Get pods a/x: refused")),
    });
    await settle();
    expect(errors[0]?.message).toBe("Reconcile pods a/x: Get pods a/x: refused");
    stop.abort();
    await ended;
  });

  it.each([["a text"], [undefined], [null], [Object.create(null)], [42]])(
    "takes whatever was thrown, %s too (Q30)",
    async (value) => {
      const { requests, errors, stop, ended } = runController({
        sources: once("a/x"),
        reconcile: answers(() => Promise.reject(value)),
      });
      await pass(5);
      expect(requests).toHaveLength(2);
      expect(errors[0]).toMatchObject({ code: "RECONCILE_FAILED" });
      stop.abort();
      await ended;
    },
  );

  it("does not end the worker, nor the process, by a synchronous throw (Q30)", async () => {
    const { keys, stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["a/x", "a/y"] }],
      reconcile: ({ key }) => {
        if (key === "a/x") throw new RangeError("sync");
      },
    });
    await settle();
    expect(keys()).toEqual(["a/x", "a/y"]);
    stop.abort();
    expect(await ended).toBe("resolved");
  });
});

describe("a terminal error", () => {
  it("is not tried again, is counted, and the next event begins anew with the first delay (Q28, Q29)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const at: number[] = [];
    const began = Date.now();
    const list = [
      new Error("1"),
      new Error("2"),
      terminal(new Error("spec.size is negative")),
      new Error("4"),
    ];
    const { requests, errors, log, stop, ended, controller } = runController({
      sources: [watchedPods(source).watched],
      reconcile: () => {
        at.push(Date.now() - began);
        const next = list.shift();
        if (next !== undefined) throw next;
      },
    });
    await pass(1_000);
    expect(at).toEqual([0, 5, 15]);
    expect(controller.health().failingKeys).toBe(0);
    source.send(modified("a/x", "2"));
    await pass(1_000);
    expect(at).toEqual([0, 5, 15, 1_000, 1_005]);
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1, 2]);
    expect(errors).toHaveLength(4);
    expect(log.text("error")[2]).toContain("not tried again");
    stop.abort();
    await ended;
  });

  it("is one also where it is the cause of what was thrown, or of another copy of this package", async () => {
    class TerminalError extends Error {
      override get name(): string {
        return "TerminalError";
      }
    }
    const { requests, stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["a", "b", "c"] }],
      reconcile: ({ key }) => {
        if (key === "a") throw new Error("outer", { cause: terminal("text") });
        if (key === "b") throw new TerminalError("other copy");
      },
    });
    await pass(60_000);
    expect(requests).toHaveLength(3);
    stop.abort();
    await ended;
  });
});

describe("a retry that is overtaken by an event", () => {
  it.each([
    ["succeeded", undefined],
    ["failed for good", fail(terminal(new Error("no use")))],
  ])("is none any more where that run %s (Q28)", async (_title, second) => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended, controller } = runController({
      sources: [watchedPods(source).watched],
      rateLimiter: new ExponentialRateLimiter({ initialMs: 10_000 }),
      reconcile: answers(fail(new Error("once")), second),
    });
    await pass(4_000);
    source.send(modified("a/x", "2"));
    await pass(20_000);
    expect(requests.map(({ reason, attempt }) => [reason.type, attempt])).toEqual([
      ["ADDED", 1],
      ["MODIFIED", 2],
    ]);
    expect(controller.health()).toMatchObject({ state: "running", queued: 0, failingKeys: 0 });
    // What fails after it is tried again as ever.
    source.send(modified("a/x", "3"));
    await settle();
    expect(requests.at(-1)).toMatchObject({ attempt: 1, reason: { type: "MODIFIED" } });
    stop.abort();
    await ended;
  });

  it("that comes while that run goes on, either", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended } = runController({
      sources: [watchedPods(source).watched],
      rateLimiter: new ExponentialRateLimiter({ initialMs: 10_000 }),
      reconcile: answers(fail(new Error("once")), () => wait(20_000)),
    });
    await pass(4_000);
    source.send(modified("a/x", "2"));
    await pass(600_000);
    expect(requests).toHaveLength(2);
    stop.abort();
    await ended;
  });
});

describe("a reconciler that throws what cannot even be looked at", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const evil = (member: string): Error =>
    Object.defineProperty(new Error("x"), member, {
      get() {
        throw new TypeError("no");
      },
    });
  it.each([
    ["a revoked proxy", revoked.proxy],
    ["an error whose name throws", evil("name")],
    ["an error whose cause throws", evil("cause")],
  ])("costs that key a retry, and not the controller: %s", async (_title, value) => {
    const { requests, errors, stop, ended } = runController({
      sources: once("a/x"),
      reconcile: answers(fail(value)),
    });
    await pass(5);
    expect(requests).toHaveLength(2);
    expect(errors).toMatchObject([{ code: "RECONCILE_FAILED" }]);
    stop.abort();
    expect(await ended).toBe("resolved");
  });

  it("may be terminal all the same", () => {
    expect(terminal(Object.create(null)).message).toBe("an object was thrown");
  });
});

describe("a reconciler that returns rubbish", () => {
  it.each([
    [null, "returned null"],
    ["soon", "returned a text"],
    [5_000, "returned 5000"],
    [[1], "returned an array"],
    [() => () => {}, "returned a function"],
    // People who come from Go return them; they have no members of their own, as `{}` has none.
    [new Error("hunter2"), "returned an error; throw it"],
    [new Date(0), "returned something else"],
    [new Map([["requeueAfterMs", 5]]), "returned something else"],
    [{ requeueAfterMs: -1 }, "as `requeueAfterMs` -1: it is a duration"],
    [{ requeueAfterMs: Number.NaN }, "as `requeueAfterMs` NaN"],
    [{ requeueAfterMs: Number.POSITIVE_INFINITY }, "as `requeueAfterMs` Infinity"],
    [{ requeueAfterMs: "5s" }, "as `requeueAfterMs` a text"],
    [{ requeueAfter: 5 }, "returned `requeueAfter`; did you mean `requeueAfterMs`?"],
    [{ requeue: true }, "returned `requeue`; did you mean `requeueAfterMs`?"],
    [{ metadata: {}, password: "hunter2" }, "and returned something else"],
    [{ priority: Number.NaN }, "as `priority` NaN: it is a number"],
  ])("fails, and is tried again: %j", async (value, message) => {
    const { requests, errors, stop, ended } = runController({
      sources: once("a/x"),
      reconcile: answers(value),
    });
    await pass(5);
    expect(requests).toHaveLength(2);
    expect(errors[0]).toMatchObject({ code: "RECONCILE_FAILED" });
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]?.message).not.toContain("hunter2");
    stop.abort();
    await ended;
  });
});

describe("the object of a request", () => {
  it("comes from the store, and is undefined once it is gone, which is no failure (Q43)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { watched, informer } = watchedPods(source);
    const { requests, stop, ended, errors } = runController({
      sources: [watched],
      objectOf: (key) => informer.store.get(key),
    });
    await settle();
    source.relist([], "20");
    await settle();
    expect(requests.map(({ object }) => object?.metadata?.resourceVersion)).toEqual(["1", undefined]);
    expect(errors).toEqual([]);
    stop.abort();
    await ended;
  });

  it("is undefined for a key that never was, such as one from outside", async () => {
    const source = new Source([]);
    const { watched, informer } = watchedPods(source);
    const { requests, stop, ended } = runController({
      sources: [watched, { name: "keys", wakes: ["a/ghost"] }],
      objectOf: (key) => informer.store.get(key),
    });
    await settle();
    expect(requests).toMatchObject([{ key: "a/ghost", namespace: "a", name: "ghost" }]);
    expect(requests[0]?.object).toBeUndefined();
    stop.abort();
    await ended;
  });

  it("cannot be changed in development: the write throws, and the reconcile is tried again", async () => {
    const source = new Source([pod("a/x", "1", "u", { nodeName: "n1" })]);
    const { watched, informer } = watchedPods(source);
    const { errors, stop, ended } = runController({
      sources: [watched],
      objectOf: (key) => informer.store.get(key),
      rateLimiter: new ExponentialRateLimiter({ initialMs: 60_000 }),
      reconcile: ({ object }) => {
        if (object?.spec !== undefined) object.spec.nodeName = "n2";
      },
    });
    await settle();
    expect(errors[0]).toMatchObject({ code: "RECONCILE_FAILED", cause: expect.any(TypeError) });
    expect(informer.store.get("a/x")?.spec?.nodeName).toBe("n1");
    stop.abort();
    await ended;
  });

  it("fails the reconcile where it cannot be read", async () => {
    const { errors, requests, stop, ended } = runController({
      sources: once("a/x"),
      objectOf: vi.fn<() => Pod | undefined>().mockImplementationOnce(fail(new Error("not yet"))),
    });
    await pass(5);
    expect(errors).toHaveLength(1);
    expect(requests).toHaveLength(1);
    stop.abort();
    await ended;
  });
});

describe("a request", () => {
  it("can be copied by spreading, and keeps its signal, cluster and log", async () => {
    const copies: ReconcileRequest<Pod>[] = [];
    const { requests, stop, ended } = runController({
      sources: [{ name: "keys", wakes: ["node-1"] }],
      reconcile: (request) => {
        copies.push({ ...request });
      },
    });
    await settle();
    expect(copies[0]).toEqual({
      key: "node-1",
      namespace: undefined,
      name: "node-1",
      object: undefined,
      attempt: 1,
      reason: { type: "EXTERNAL", source: "keys" },
      signal: expect.any(AbortSignal),
      cluster: requests[0]?.cluster,
      log: requests[0]?.log,
    });
    expect(copies[0]?.signal).toBe(requests[0]?.signal);
    stop.abort();
    await ended;
  });
});
