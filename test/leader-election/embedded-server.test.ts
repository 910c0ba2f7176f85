import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Lease } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { Running, useFakeTime } from "./running.ts";

useFakeTime();

describe("an election on the embedded API server", () => {
  let server: TestApiServer;
  let cluster: Cluster;

  beforeEach(async () => {
    server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
    cluster = await server.cluster();
  });

  afterEach(async () => {
    await server.stop();
  });

  const candidate = (identity: string): Running =>
    new Running({ identity, leases: cluster.resources(Lease).inNamespace("shop"), labels: { app: "shop" } });

  const lease = (): Lease | undefined => server.get(Lease, "shop/lock");

  it("has one leader, and another one at once when that is stopped (Q51, Q52, Q53, Q55)", async () => {
    const first = candidate("first");
    await first.pass(100);
    const second = candidate("second");
    await first.pass(30_000);
    expect([first, second].map(({ elector }) => elector.isLeader())).toEqual([true, false]);
    expect(second.elector.leader).toBe("first");
    expect(lease()?.metadata.labels).toEqual({ app: "shop" });
    const writes = server.requests.filter(({ method }) => method !== "GET");
    expect(writes.length).toBe(16);
    first.stop.abort();
    first.end();
    await first.pass(4400);
    expect(first.outcome).toEqual({});
    expect(second.elector.isLeader()).toBe(true);
    expect(lease()?.spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
    expect(lease()?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("takes over from a leader that vanished, after its lease has expired (Q51)", async () => {
    server.create(Lease, {
      metadata: { name: "lock", namespace: "shop" },
      spec: { holderIdentity: "dead", leaseDurationSeconds: 30, leaseTransitions: 7 },
    });
    const running = candidate("heir");
    await running.pass(29_000);
    expect(running.elector.isLeader()).toBe(false);
    await running.pass(6000);
    expect(running.elector.isLeader()).toBe(true);
    expect(lease()?.spec).toMatchObject({
      holderIdentity: "heir",
      leaseTransitions: 8,
      leaseDurationSeconds: 15,
    });
  });

  it("survives refused and broken requests, and writes of others to the same object (Q52)", async () => {
    const running = candidate("first");
    await running.pass(100);
    server.failNext({ resource: "leases", verb: "update", status: "reset" });
    server.failNext({ resource: "leases", verb: "update", status: 503 });
    await running.pass(10_000);
    const found = lease();
    if (found === undefined) throw new Error("no lease");
    server.update(Lease, { ...found, metadata: { ...found.metadata, annotations: { note: "by hand" } } });
    await running.pass(10_000);
    expect(running.elector.isLeader()).toBe(true);
    expect(running.told).toEqual(["leader first", "acquired true"]);
    expect(lease()?.metadata.annotations).toEqual({ note: "by hand" });
  });

  it("waits for permission, and says what is missing", async () => {
    const allow = server.forbid({ user: "admin", verb: "get", resource: "leases" });
    const running = candidate("first");
    await running.pass(10_000);
    expect(running.outcome).toBeUndefined();
    expect(running.elector.check()).toMatchObject({ isHealthy: true, state: "candidate" });
    expect(running.elector.check().lastError?.message).toMatch(
      /^get leases\.coordination\.k8s\.io "lock" .*\(403\)/,
    );
    allow();
    await running.pass(4400);
    expect(running.elector.isLeader()).toBe(true);
  });

  it("is told at once that a handle of no namespace leads nowhere", async () => {
    const running = new Running({ leases: cluster.resources(Lease) });
    await running.pass(0);
    expect(running.outcome?.error).toMatchObject({ code: "INVALID_ARGUMENT" });
    const placed = new Running({ leases: cluster.resources(Lease), namespace: "shop" });
    await placed.pass(100);
    expect(placed.elector.isLeader()).toBe(true);
    expect(lease()?.spec?.holderIdentity).toBe("me");
  });

  it("ends when its cluster is closed", async () => {
    server.create(Lease, {
      metadata: { name: "lock", namespace: "shop" },
      spec: { holderIdentity: "other" },
    });
    const running = candidate("first");
    await running.pass(100);
    await cluster.close();
    await running.pass(4400);
    expect(running.outcome?.error).toMatchObject({ code: "STOPPED" });
  });
});
