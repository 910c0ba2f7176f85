import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Lease } from "../../src/kinds/index.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import type { LeaderElectorOptions } from "../../src/leader-election/leader-elector-options.ts";
import type { Interceptor } from "../../src/transport/port.ts";
import { describeOnCluster, rejection } from "./real-cluster.ts";

/** Short, so that taking over does not take long. */
const short = { leaseDurationMs: 2000, renewDeadlineMs: 1500, retryPeriodMs: 200 };

/** A candidate that runs. */
function start(leases: LeaderElectorOptions["leases"], options: Partial<LeaderElectorOptions>) {
  const elector = new LeaderElector({ leases, name: "lock", ...short, ...options });
  const stop = new AbortController();
  const leading = Promise.withResolvers<AbortSignal>();
  const running = elector.run(stop.signal, async (signal) => {
    leading.resolve(signal);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  });
  return { elector, running, leading: leading.promise, stop: () => stop.abort() };
}

describeOnCluster("leader election on a real kube-apiserver", (cluster) => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await cluster().namespace();
  });

  const leasesOf = (client: Cluster) => client.resources(Lease).inNamespace(namespace);
  const read = (name: string) => leasesOf(cluster().admin).withName(name).get();

  it("creates the lease, renews it by one request each, and gives it back to the next (Q51, Q52, Q53, Q55)", async () => {
    const sent: string[] = [];
    const counting: Interceptor = (next) => (request) => {
      sent.push(request.method);
      return next(request);
    };
    const client = await cluster().connect({ interceptors: [counting] });
    const first = start(leasesOf(client), { identity: "first", labels: { app: "shop" } });
    await first.leading;
    await vi.waitFor(() => expect(sent).toEqual(["GET", "POST", "PUT", "PUT", "PUT"]), { timeout: 10_000 });
    const renewed = await read("lock");
    expect(renewed.metadata.labels).toEqual({ app: "shop" });
    expect(renewed.spec).toMatchObject({
      holderIdentity: "first",
      leaseDurationSeconds: 2,
      leaseTransitions: 0,
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    const second = start(leasesOf(cluster().admin), { identity: "second" });
    await vi.waitFor(() => expect(second.elector.leader).toBe("first"), { timeout: 10_000 });
    expect(second.elector.isLeader()).toBe(false);
    first.stop();
    await first.running;
    await second.leading;
    expect(first.elector.isLeader()).toBe(false);
    expect((await read("lock")).spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
    second.stop();
    await second.running;
    expect((await read("lock")).spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  it("knows its own write again whose answer was lost, goes on after writes of others, and is lost without answers (Q52, Q53)", async () => {
    let fault: "none" | "lose-answers" | "lose-all" = "none";
    const faulty: Interceptor = (next) => async (request) => {
      if (fault === "lose-all") throw new Error("the test cut the connection");
      const response = await next(request);
      if (fault === "none" || request.method === "GET") return response;
      for await (const _ of response.body);
      throw new Error("the test lost the answer");
    };
    const client = await cluster().connect({ interceptors: [faulty] });
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    fault = "lose-answers";
    const running = start(leasesOf(client), { name: "lost", identity: "me", log });
    await vi.waitFor(async () => expect((await read("lost")).spec?.holderIdentity).toBe("me"), {
      timeout: 10_000,
    });
    fault = "none";
    const signal = await running.leading;
    const { spec } = await read("lost");
    expect(spec?.leaseTransitions).toBe(0);
    await leasesOf(cluster().admin)
      .withName("lost")
      .patch({ merge: { metadata: { annotations: { note: "by hand" } } } });
    await vi.waitFor(async () => expect((await read("lost")).spec?.renewTime).not.toBe(spec?.renewTime), {
      timeout: 10_000,
    });
    expect(running.elector.isLeader()).toBe(true);
    fault = "lose-all";
    const lost = await rejection(running.running);
    expect(lost.code).toBe("LEADERSHIP_LOST");
    expect(signal.reason).toBe(lost);
    expect(running.elector.isLeader()).toBe(false);
    expect((await read("lost")).spec?.holderIdentity).toBe("me");
  });

  describe("a lease that is for something else", () => {
    it("is refused as a node's heartbeat and as an API server's, and stays as it was", async () => {
      const leases = leasesOf(cluster().admin);
      const heartbeat = await leases.create({
        metadata: {
          name: "n1",
          ownerReferences: [
            { apiVersion: "v1", kind: "Node", name: "n1", uid: "11111111-1111-1111-1111-111111111111" },
          ],
        },
        spec: { holderIdentity: "n1", leaseDurationSeconds: 40 },
      });
      const refused = await rejection(start(leases, { name: "n1" }).running);
      expect(refused.code).toBe("OWNED_BY_ANOTHER");
      expect((await read("n1")).metadata.resourceVersion).toBe(heartbeat.metadata.resourceVersion);
      const system = cluster().admin.resources(Lease).inNamespace("kube-system");
      const { items } = await system.withLabels("apiserver.kubernetes.io/identity").list();
      for (const { metadata } of items) {
        const error = await rejection(start(system, { name: metadata.name ?? "" }).running);
        expect(error.code).toBe("OWNED_BY_ANOTHER");
      }
    });
  });
});
