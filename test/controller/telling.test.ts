import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { type ReconcileRecord, reconcileChannel } from "../../src/base/reconcile-telemetry.ts";
import { type Span, spanChannel } from "../../src/base/span.ts";
import { workQueueChannel } from "../../src/base/work-queue-telemetry.ts";
import { type ReconcileRequest, terminal } from "../../src/controller/reconcile.ts";
import { defineKind } from "../../src/resource/kind.ts";
import { type Pod, pass, settle, useFakeTime, wait } from "../informer/source.ts";
import { runController } from "./harness.ts";

useFakeTime();

const keys = (...wakes: string[]) => [{ name: "keys", wakes }];

/** What is published on a channel during a test. */
function published<T>(channel: string): T[] {
  const messages: T[] = [];
  const note = (message: unknown): void => void messages.push(message as T);
  beforeEach(() => {
    messages.length = 0;
    subscribe(channel, note);
  });
  afterEach(() => {
    unsubscribe(channel, note);
  });
  return messages;
}

describe("telemetry", () => {
  const records = published<ReconcileRecord>(reconcileChannel);
  const queues = published<{ queue: string; type: string }>(workQueueChannel);

  it("tells of the start, and of each reconcile with how it ended (Q35)", async () => {
    const outcomes: Record<string, () => unknown> = {
      "a/1": () => undefined,
      "a/2": () => ({ requeueAfterMs: 60_000 }),
      "a/3": () => (records.length < 7 ? { requeueAfterMs: 0 } : undefined),
      "a/4": () => Promise.reject(new TypeError("bug")),
      "a/5": () => Promise.reject(new KubeError("CONNECTION_FAILED", "refused")),
      "a/6": () => Promise.reject(terminal("never")),
      "a/7": () => "rubbish",
    };
    const { stop, ended } = runController({
      sources: keys(...Object.keys(outcomes)),
      concurrency: 3,
      reconcile: (request) =>
        request.attempt === 1 ? (outcomes[request.key]?.() as undefined) : wait(1).then(() => undefined),
    });
    await settle();
    const endings = records.flatMap((record) => {
      if (record.type !== "reconcile-ended") return [];
      const { outcome, isTerminal, isTimeout, isPanic } = record;
      return [{ outcome, isTerminal, isTimeout, isPanic }];
    });
    const usual = { isTerminal: false, isTimeout: false, isPanic: false };
    expect(records[0]).toEqual({ type: "controller-started", controller: "pod", concurrency: 3 });
    expect(endings).toHaveLength(8);
    for (const ending of [
      { ...usual, outcome: "success" },
      { ...usual, outcome: "requeue_after" },
      { ...usual, outcome: "requeue" },
      { ...usual, outcome: "error", isPanic: true },
      { ...usual, outcome: "error" },
      { ...usual, outcome: "error", isTerminal: true },
    ]) {
      expect(endings).toContainEqual(ending);
    }
    expect(records.filter(({ type }) => type === "reconcile-started")).toHaveLength(8);
    expect(records.every(({ controller }) => controller === "pod")).toBe(true);
    stop.abort();
    await pass(1);
    await ended;
  });

  it("tells how long a reconcile took, and that it ran past its limit (Q31, Q35)", async () => {
    const { stop, ended } = runController({
      sources: keys("a/x"),
      reconcileTimeoutMs: 100,
      reconcile: () => wait(250),
    });
    await pass(250);
    expect(records.at(-1)).toMatchObject({ outcome: "success", durationMs: 250, isTimeout: true });
    stop.abort();
    await ended;
  });

  it("names the queue after the controller (Q12)", async () => {
    const { stop, ended } = runController({ sources: keys("a/x") });
    await settle();
    expect(queues.map(({ queue, type }) => `${queue} ${type}`)).toEqual([
      "pod created",
      "pod added",
      "pod taken",
      "pod done",
    ]);
    stop.abort();
    await ended;
  });
});

describe("a span", () => {
  const starts = published<Span>(`tracing:${spanChannel}:start`);
  const errors = published<Span & { error: unknown }>(`tracing:${spanChannel}:error`);

  it("is made of each reconcile, and knows of its failure", async () => {
    const { stop, ended } = runController({ sources: keys("a/x"), reconcile: () => JSON.parse('"rubbish"') });
    await settle();
    expect(starts).toMatchObject([
      {
        name: "reconcile pod",
        kind: "internal",
        attributes: { "kube_reflex.controller": "pod", "kube_reflex.key": "a/x", "kube_reflex.attempt": 1 },
      },
    ]);
    expect(errors).toMatchObject([{ name: "reconcile pod", error: { code: "RECONCILE_FAILED" } }]);
    stop.abort();
    await ended;
  });
});

describe("the log of a reconcile", () => {
  it("carries controller, kind, object, attempt and an id of its own (Q36)", async () => {
    const Deployment = defineKind<Pod>()({
      group: "apps",
      version: "v1",
      kind: "Deployment",
      plural: "deployments",
      scope: "Namespaced",
    });
    const reconcile = ({ log }: ReconcileRequest<Pod>): void => {
      log.info({ step: 1 }, "one");
      log.warn({ step: 2 }, "two");
    };
    const { log, stop, ended } = runController({
      sources: keys("shop/web", "web"),
      kind: Deployment,
      reconcile,
    });
    await settle();
    const lines = log.lines.filter(({ fields }) => "step" in fields).map(({ fields }) => fields);
    const same = { controller: "pod", controllerGroup: "apps", controllerKind: "Deployment", attempt: 1 };
    const reconcileID = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(lines).toEqual([
      {
        ...same,
        Deployment: { namespace: "shop", name: "web" },
        namespace: "shop",
        name: "web",
        reconcileID,
        step: 1,
      },
      {
        ...same,
        Deployment: { namespace: "shop", name: "web" },
        namespace: "shop",
        name: "web",
        reconcileID,
        step: 2,
      },
      { ...same, Deployment: { name: "web" }, name: "web", reconcileID, step: 1 },
      { ...same, Deployment: { name: "web" }, name: "web", reconcileID, step: 2 },
    ]);
    expect(lines[0]?.reconcileID).toBe(lines[1]?.reconcileID);
    expect(lines[0]?.reconcileID).not.toBe(lines[2]?.reconcileID);
    stop.abort();
    await ended;
  });

  it("does without a kind", async () => {
    const { log, stop, ended, errors } = runController({
      sources: keys("shop/web"),
      kind: undefined,
      reconcile: ({ log, attempt }) => {
        log.debug({}, "here");
        if (attempt === 1) throw new Error("once");
      },
    });
    await settle();
    expect(log.lines.find(({ message }) => message === "here")?.fields).toEqual({
      controller: "pod",
      namespace: "shop",
      name: "web",
      reconcileID: expect.any(String),
      attempt: 1,
    });
    expect(errors[0]?.message).toMatch(/^Reconcile pod shop\/web: /);
    stop.abort();
    await ended;
  });
});
