import { ApiError, type Cluster, type LeaderElector } from "kube-reflex";
import { ConfigMap, Lease } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { candidate, count, countAsLeader } from "../../examples/leader-election.ts";

describe("leader-election", () => {
  let server: TestApiServer;
  let cluster: Cluster;

  beforeEach(async () => {
    server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
    server.create(ConfigMap, { metadata: { name: "ticks", namespace: "shop" } });
    cluster = await server.cluster();
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 5 });
    vi.spyOn(console, "log").mockImplementation(() => {});
  });

  afterEach(async () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    await server.stop();
  });

  const ticks = (): number => Number(server.get(ConfigMap, "shop/ticks")?.data?.ticks ?? "0");

  function start(identity: string): { stop: () => void; ended: Promise<void>; elector: LeaderElector } {
    const elector = candidate(cluster, "shop", { identity });
    const stop = new AbortController();
    const ended = countAsLeader(cluster, "shop", elector, stop.signal, 1);
    return { stop: () => stop.abort(), ended, elector };
  }

  it("lets one of two count, and the other one go on where it left off", async () => {
    const first = start("first");
    await vi.waitFor(() => expect(ticks()).toBeGreaterThan(1));
    const second = start("second");
    await vi.waitFor(() => expect(second.elector.leader).toBe("first"));
    expect(second.elector.isLeader()).toBe(false);
    first.stop();
    await first.ended;
    const counted = ticks();
    await vi.advanceTimersByTimeAsync(5000);
    await vi.waitFor(() => expect(ticks()).toBeGreaterThan(counted));
    expect(second.elector.isLeader()).toBe(true);
    expect(console.log).toHaveBeenCalledWith("the leader is", "second");
    second.stop();
    await second.ended;
    expect(server.get(Lease, "shop/ticker")?.spec?.holderIdentity).toBe("");
  });

  it("counts nothing for a process that is no leader", async () => {
    expect(await count(cluster, "shop", candidate(cluster, "shop"))).toBe(false);
    expect(ticks()).toBe(0);
  });

  it("has the server refuse what a leader that was paused in its write sends afterwards", async () => {
    const paused = candidate(cluster, "shop");
    vi.spyOn(paused, "isLeader").mockImplementation(() => {
      // It asked in time, and went on after its successor had written.
      server.update(ConfigMap, { metadata: { name: "ticks", namespace: "shop" }, data: { ticks: "7" } });
      return true;
    });
    const refused = await count(cluster, "shop", paused).catch((error: unknown) => error);
    expect(ApiError.is(refused) && refused.status).toBe(409);
    expect(ticks()).toBe(7);
  });
});
