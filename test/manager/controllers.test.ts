import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ControllerBuilder } from "../../src/controller/controller-builder.ts";
import type { Reconciler } from "../../src/controller/reconcile.ts";
import { ConfigMap, Lease, Pod } from "../../src/kinds/index.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { Manager, type ManagerOptions } from "../../src/manager/manager.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { pass, quiet, rejection, useFakeTime } from "./fakes.ts";

useFakeTime();

const log = quiet;
const Gadget = defineKind<KubeObject>()({
  group: "example.com",
  version: "v1",
  kind: "Gadget",
  plural: "gadgets",
  scope: "Namespaced",
});

let server: TestApiServer;
let cluster: Cluster;

beforeEach(async () => {
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
});
afterEach(() => server.stop());

const controller = (): ControllerBuilder<ConfigMap> => cluster.controller(ConfigMap, { log });

function elector(identity: string): LeaderElector {
  const leases = cluster.resources(Lease).inNamespace("default");
  return new LeaderElector({ leases, name: "test", identity, log });
}

const holder = (): string | undefined => server.get(Lease, "default/test")?.spec?.holderIdentity;

/** Run a manager of one controller, until it is told to stop. */
function managed(
  builder: ControllerBuilder<ConfigMap>,
  reconcile: Reconciler<ConfigMap> = () => {},
  options: ManagerOptions = {},
): { manager: Manager; stop: () => Promise<void>; run: Promise<void> } {
  const stop = new AbortController();
  const manager = new Manager({ log, ...options }).add(builder.reconcile(reconcile));
  const run = manager.run(stop.signal);
  run.catch(() => {});
  return {
    manager,
    run,
    stop: () => {
      stop.abort();
      return run;
    },
  };
}

const problems = (manager: Manager): readonly string[] =>
  manager.health().runnables.flatMap((report) => report.problems);

/** A reconcile that runs until its signal aborts. */
const untilAborted: Reconciler<ConfigMap> = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

describe("a manager of real controllers", () => {
  it("is ready once they have synced, and tells of a kind that the server does not serve", async () => {
    const ready = managed(controller());
    const waiting = managed(controller().watches(Gadget, () => undefined));
    await pass(100);
    expect(ready.manager.health()).toMatchObject({ isReady: true, isLive: true });
    expect(waiting.manager.health()).toMatchObject({ isReady: false, isLive: true });
    expect(problems(waiting.manager)).toEqual([
      "waiting for gadgets.example.com: the server does not serve it (404); is its CRD installed?",
    ]);
    await Promise.all([ready.stop(), waiting.stop()]);
  });

  it("is not ready while a source is forbidden, stale, or a reconcile hangs, and says which", async () => {
    const allow = server.forbid({ resource: "pods" });
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const builder = controller()
      .watches(Pod, () => undefined)
      .timeouts({ hungAfterMs: 30_000 });
    const { manager, stop } = managed(builder, untilAborted, { graceMs: 1_000 });
    await pass(100);
    expect(problems(manager)).toEqual([
      "waiting for pods: listing or watching it is forbidden (403); allow it by RBAC",
    ]);
    allow();
    await pass(60_000);
    expect(problems(manager)).toEqual([
      expect.stringMatching(/^the reconcile of default\/a has been running for \d+ s$/),
    ]);
    server.stallWatches();
    await pass(1_000_000);
    expect(problems(manager)).toContainEqual(expect.stringContaining("configmaps is stale"));
    expect(manager.health()).toMatchObject({ isReady: false, isLive: true });
    const stopped = stop();
    await pass(10_000);
    await stopped;
  });

  it("takes over with full stores: the next leader lists nothing (Q33)", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const seen: string[] = [];
    const replica = (name: string) =>
      managed(controller(), ({ key }) => void seen.push(`${name} ${key}`), { leaderElector: elector(name) });
    const first = replica("first");
    await pass(5_000);
    const second = replica("second");
    await pass(30_000);
    expect(seen).toEqual(["first default/a"]);
    expect(second.manager.health()).toMatchObject({ isReady: true, isLeader: false });
    const lists = server.requests.filter({ resource: "configmaps" }).length;
    const stopped = first.stop();
    await pass(10_000);
    await stopped;
    expect(second.manager.health().isLeader).toBe(true);
    expect(seen).toEqual(["first default/a", "second default/a"]);
    expect(server.requests.filter({ resource: "configmaps" })).toHaveLength(lists);
    const ended = second.stop();
    await pass(10_000);
    await ended;
  });

  it("holds the lease until the last reconcile has ended (Q47)", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const finished = Promise.withResolvers<void>();
    const { stop } = managed(controller(), () => finished.promise, { leaderElector: elector("me") });
    await pass(5_000);
    const stopped = stop();
    await pass(20_000);
    expect(holder()).toBe("me");
    finished.resolve();
    await pass(100);
    await stopped;
    expect(holder()).toBe("");
  });

  it("aborts reconciles at the end of the grace period (Q47)", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const reasons: unknown[] = [];
    const reconcile: Reconciler<ConfigMap> = async (request) => {
      await Promise.resolve(untilAborted(request)).catch((error) => reasons.push(error));
    };
    const { stop } = managed(controller(), reconcile, { graceMs: 3_000, leaderElector: elector("me") });
    await pass(5_000);
    const stopped = stop();
    await pass(2_999);
    expect(reasons).toEqual([]);
    await pass(1);
    await stopped;
    expect(reasons).toHaveLength(1);
    expect(holder()).toBe("");
  });

  it("keeps the lease where a reconcile heeds nothing, whose key the error names (Q47)", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const forever = Promise.withResolvers<void>();
    const { stop } = managed(controller(), () => forever.promise, {
      graceMs: 3_000,
      leaderElector: elector("me"),
    });
    await pass(5_000);
    const stopped = rejection(stop());
    await pass(9_000);
    expect(await stopped).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("default/a") });
    await pass(60_000);
    expect(holder()).toBe("me");
  });

  it("aborts reconciles at once where the lease cannot be renewed, and rejects with LEADERSHIP_LOST (Q48)", async () => {
    server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    const reasons: unknown[] = [];
    const reconcile: Reconciler<ConfigMap> = async (request) => {
      await Promise.resolve(untilAborted(request)).catch((error) => reasons.push(error));
    };
    const { run } = managed(controller(), reconcile, { leaderElector: elector("me") });
    await pass(5_000);
    server.failNext({ resource: "leases", status: 500, times: 1_000 });
    const lost = rejection(run);
    await pass(12_000);
    expect(await lost).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(reasons).toMatchObject([{ code: "LEADERSHIP_LOST" }]);
  });
});
