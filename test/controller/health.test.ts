import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { controllerHealth, type HealthParts } from "../../src/controller/controller-health.ts";
import { FailingKeys } from "../../src/controller/failing-keys.ts";
import { sourceProblem } from "../../src/controller/source-problem.ts";
import type { Runnable } from "../../src/manager/runnable.ts";
import { apiError, pass, pod, Source, settle, useFakeTime } from "../informer/source.ts";
import { runController, watchedPods } from "./harness.ts";

useFakeTime();

const source: HealthParts["sources"][number] = {
  name: "pods",
  state: "live",
  hasSynced: true,
  problem: undefined,
  lastError: undefined,
  failures: 0,
  lastFailure: undefined,
};

const parts: HealthParts = {
  name: "pod",
  phase: "running",
  isReconciling: true,
  sources: [source],
  running: [],
  queued: 0,
  failingKeys: 0,
  failing: [],
  lastError: undefined,
};

describe("a controller's health", () => {
  it.each([
    ["live", true, "running", true],
    ["reading", true, "running", true],
    ["ended", true, "running", true],
    ["live", false, "degraded", false],
    ["stale", true, "degraded", false],
    ["failed", false, "degraded", false],
    ["syncing", false, "degraded", false],
    ["stopped", true, "degraded", false],
  ] as const)(
    "with a source that is %s (synced: %s) is %s, and ready: %s",
    (state, hasSynced, is, isReady) => {
      expect(
        controllerHealth({ ...parts, sources: [source, { ...source, state, hasSynced }] }),
      ).toMatchObject({
        state: is,
        isReady,
      });
    },
  );

  it.each(["idle", "starting", "stopping", "stopped"] as const)(
    "is %s whatever its sources are, and not ready",
    (phase) => {
      const stale = { ...source, state: "stale" as const, problem: "stale" };
      const health = controllerHealth({ ...parts, phase, sources: [stale] });
      expect(health).toMatchObject({ state: phase, isReady: false });
      expect(health.problems).toEqual(phase === "starting" || phase === "stopping" ? ["stale"] : []);
    },
  );

  it("turns degraded when a source goes stale, and is well again once the server is heard", async () => {
    const server = new Source([pod("a/x", "1")]);
    const { controller, stop, ended } = runController({ sources: [watchedPods(server).watched] });
    await settle();
    expect(controller.health()).toMatchObject({ state: "running", isReady: true });
    server.isDown = apiError(500, "InternalError");
    server.cut();
    await pass(120_000);
    expect(controller.health()).toMatchObject({
      state: "degraded",
      isReady: false,
      isReconciling: true,
      problems: ["pods is stale: the server has not been heard for too long"],
    });
    server.isDown = undefined;
    await pass(120_000);
    expect(controller.health()).toMatchObject({ state: "running", isReady: true, problems: [] });
    stop.abort();
    await ended;
  });

  it("is what a manager's runnable has", async () => {
    const { controller, stop, ended } = runController({});
    const runnable: Runnable = controller;
    expect(runnable).toMatchObject({ name: "pod", needsLeader: true, warmsUp: true });
    await settle();
    expect(runnable.health?.()).toMatchObject({ isReady: true, problems: [] });
    stop.abort();
    await ended;
  });
});

describe("what is wrong with a source", () => {
  const refused = new KubeError("CONNECTION_FAILED", "refused");
  it.each([
    ["live", true, undefined, undefined],
    ["live", false, undefined, "pods has not synced yet"],
    ["syncing", false, undefined, "pods has not synced yet"],
    ["syncing", false, refused, "pods has not synced yet, last error CONNECTION_FAILED"],
    [
      "failed",
      false,
      apiError(401),
      "waiting for pods: the server does not know who we are (401); check the token or certificate",
    ],
    ["failed", false, refused, "pods has not synced yet, last error CONNECTION_FAILED"],
    ["stopped", true, undefined, "pods was stopped"],
  ] as const)("where it is %s (synced: %s) is said in one line", (state, hasSynced, error, problem) => {
    expect(sourceProblem("pods", state, hasSynced, error)).toBe(problem);
  });
});

describe("the keys that fail", () => {
  const error = (text: string): KubeError => new KubeError("RECONCILE_FAILED", text);

  it("are counted, and forgotten when they succeed (K9)", () => {
    const failing = new FailingKeys();
    failing.failed("a", error("1"));
    failing.failed("a", error("2"));
    failing.failed("b", error("3"));
    expect([failing.size, failing.failures("a"), failing.failures("b"), failing.failures("c")]).toEqual([
      2, 2, 1, 0,
    ]);
    expect(failing.worst(1)).toMatchObject([{ key: "a", attempts: 2, lastError: { message: "2" } }]);
    failing.forget("a");
    failing.forget("c");
    expect([failing.size, failing.failures("a"), failing.worst(10)]).toMatchObject([1, 0, [{ key: "b" }]]);
  });

  it("keep the errors of the last hundred only, whatever their number", () => {
    const failing = new FailingKeys();
    for (let i = 0; i < 1_000; i++) failing.failed(`k-${i}`, error("x"));
    failing.failed("k-900", error("y"));
    expect(failing.size).toBe(1_000);
    const withErrors = failing.worst(1_000).filter(({ lastError }) => lastError !== undefined);
    expect(withErrors).toHaveLength(100);
    // Failing again makes it one of the latest.
    for (let i = 0; i < 99; i++) failing.failed(`later-${i}`, error("z"));
    expect(failing.worst(1)).toMatchObject([{ key: "k-900", attempts: 2, lastError: { message: "y" } }]);
  });
});
