import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import type { ReconcileRequest } from "../../src/controller/reconcile.ts";
import type { ThreadsPorts } from "../../src/controller/threads.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { Store } from "../../src/store/store.ts";
import { serve } from "../../src/worker-thread/serve.ts";
import { protocol, type ThreadData } from "../../src/workers/messages.ts";
import type { ThreadHost } from "../../src/workers/thread-host.ts";
import { WorkerThreads } from "../../src/workers/worker-threads.ts";
import { moduleOf } from "./harness.ts";
import { Widget } from "./widget.ts";

const log: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const never = new AbortController().signal;
const ports: ThreadsPorts = { log, failed() {}, startTimeoutMs: 60_000, signal: never };

function record(key: string, rv: string): ParsedRecord<KubeObject> {
  const [namespace = "", name = ""] = key.split("/");
  return new ParsedRecord<KubeObject>(key, key, rv, {
    metadata: { namespace, name, uid: key, resourceVersion: rv },
  });
}

/** A host over a store that tests write. */
function hostOf(store: Store<KubeObject>): ThreadHost {
  return {
    parts: () => [{ kind: Widget, isMetadata: false, namespaces: [], labels: "", store }],
    userAgent: "tests",
    fieldManager: undefined,
    transport: () => Promise.reject(new Error("not used")),
    scopeOf: () => undefined,
    take() {},
    onChange: () => () => {},
    warned() {},
  };
}

function requestOf(key: string, signal: AbortSignal = never): ReconcileRequest<Widget> {
  const cluster: unknown = {};
  return {
    key,
    namespace: "shop",
    name: key.slice(5),
    object: undefined,
    attempt: 1,
    reason: { type: "ADDED" },
    signal,
    cluster: cluster as ReconcileRequest<Widget>["cluster"],
    log,
  };
}

const plan = { kind: Widget, controller: "widget", count: 1, keysPerThread: 1, module: moduleOf("look") };

describe("worker threads", { timeout: 20_000 }, () => {
  it("reconcile what the main thread's store has, though shared memory takes longer to get there", async () => {
    const store = new Store<KubeObject>();
    const threads = new WorkerThreads<Widget>(plan, hostOf(store));
    await threads.start(ports);
    store.replace([record("shop/w-29999", "3")], "5");
    expect(await threads.reconcile(requestOf("shop/w-29999"))).toMatchObject({ requeueAfterMs: 3 });
    store.replace(
      Array.from({ length: 30_000 }, (_, i) => record(`shop/w-${i}`, "7")),
      "9",
    );
    expect(await threads.reconcile(requestOf("shop/w-29999"))).toMatchObject({ requeueAfterMs: 7 });
    await threads.stop();
  });

  it("keep nobody waiting whose signal aborts, and let the next one have his turn", async () => {
    const store = new Store<KubeObject>();
    store.replace([record("shop/a", "3")], "5");
    const threads = new WorkerThreads<Widget>(plan, hostOf(store));
    await threads.start(ports);
    const abort = new AbortController();
    const first = threads.reconcile(requestOf("shop/a"));
    const second = threads.reconcile(requestOf("shop/b", abort.signal));
    const third = threads.reconcile(requestOf("shop/a"));
    await Promise.resolve();
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: "ABORTED" });
    expect(await Promise.all([first, third])).toHaveLength(2);
    await threads.stop();
    expect(threads.report()).toMatchObject({ ready: 0, crashes: 0 });
  });

  it("refuse a module that brings another version of what they say to each other", () => {
    const data = { protocol: protocol + 1 } as ThreadData;
    expect(() => serve(() => {}, data)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });
});
