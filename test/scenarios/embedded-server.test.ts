import type { Cluster, Informer } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settle, until } from "./time.ts";
import { Witness } from "./witness.ts";

let server: TestApiServer;
let cluster: Cluster;
let witness: Witness;
let informer: Informer<Pod>;

const pod = (name: string, phase = "Pending"): Pod => ({
  metadata: { name, namespace: "default" },
  spec: { containers: [] },
  status: { phase },
});

async function follow(streamingList: "auto" | "off" = "auto"): Promise<void> {
  informer = cluster.resources(Pod).informer({ streamingList });
  informer.listen(witness.handlers);
  informer.start();
  await settle();
}

/** What was told adds up, in order, to what the server and the store have. */
function expectTruth(): void {
  witness.expectOrdered();
  // The items of lists carry no apiVersion and no kind, on this server as on any.
  const bodies = (pods: readonly Pod[]): string[] =>
    pods.map(({ metadata, status }) => JSON.stringify([metadata, status])).sort();
  expect(bodies(informer.store.list())).toEqual(bodies(server.list(Pod)));
  const truth = server.list(Pod).map(({ metadata }) => [metadata?.name, metadata?.resourceVersion]);
  expect(Object.fromEntries(witness.state)).toEqual(Object.fromEntries(truth));
  expect(server.openWatches).toBe(1);
}

beforeEach(async () => {
  vi.useFakeTimers();
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
  witness = new Witness();
});

afterEach(async () => {
  await server.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("against the embedded server", () => {
  it.each(["auto", "off"] as const)(
    "P6: tells a name taken anew while disconnected as DELETED, then ADDED (streaming lists %s)",
    async (streamingList) => {
      server.create(Pod, pod("web"));
      await follow(streamingList);
      const old = server.get(Pod, "default/web")?.metadata?.uid;
      server.stallWatches();
      server.delete(Pod, "default/web");
      server.create(Pod, pod("web"));
      server.expire();
      server.cutWatches();
      server.resumeWatches();
      await until(() => witness.seen.length === 3, 5000);
      expect(witness.seen.map(({ type, mark }) => `${type} ${mark}`)).toEqual([
        "ADDED true",
        "DELETED true",
        "ADDED false",
      ]);
      expect(witness.seen[1]?.uid).toBe(old);
      expect(witness.seen[2]?.uid).not.toBe(old);
      expectTruth();
    },
  );

  it.each(["event", "status"] as const)(
    "P8: lists again after a 410 on resuming, given as %s, and tells each change of the gap once",
    async (refuseBy) => {
      server.create(Pod, pod("kept"));
      server.create(Pod, pod("doomed"));
      await follow();
      server.stallWatches();
      server.delete(Pod, "default/doomed");
      server.update(Pod, pod("kept", "Running"));
      server.create(Pod, pod("born"));
      server.expire({ refuseBy });
      server.cutWatches();
      server.resumeWatches();
      await until(() => witness.seen.length === 5, 5000);
      const told = witness.seen.slice(2).map(({ type, name }) => `${type} ${name}`);
      expect(told.sort()).toEqual(["ADDED born", "DELETED doomed", "MODIFIED kept"]);
      expect(informer.health()).toMatchObject({ state: "live", lists: 2 });
      expectTruth();
    },
  );

  it("P8: waits as a 429 and a 503 ask on list and watch, and recovers", async () => {
    server.create(Pod, pod("web"));
    const at = Date.now();
    server.failNext({ verb: "list", status: 429, retryAfterSeconds: 20 });
    server.failNext({ verb: "list", status: 503, retryAfterSeconds: 40, body: "<html></html>" });
    await follow("off");
    await until(() => informer.health().state === "live", 120_000);
    expect(Date.now() - at).toBeGreaterThanOrEqual(60_000);
    expect(Date.now() - at).toBeLessThan(65_000);
    server.failNext({ verb: "watch", status: 503, retryAfterSeconds: 30 });
    server.cutWatches();
    server.update(Pod, pod("web", "Running"));
    await until(() => witness.seen.length === 2, 60_000);
    expect(informer.health().lists).toBe(3);
    for (const { query } of server.requests.filter({ verb: "watch" }))
      expect(query).toMatch(/resourceVersion=\d/);
    expectTruth();
  });

  it("P10: moves the resourceVersion by bookmarks, which no handler sees, and resumes there", async () => {
    server.create(Pod, pod("web"));
    await follow();
    const before = informer.health().resourceVersion;
    const only = cluster.resources(Pod).withLabel("app", "none").informer();
    await only.synced();
    server.update(Pod, pod("web", "Running"));
    await vi.advanceTimersByTimeAsync(61_000);
    // The other informer's objects did not change, but its resourceVersion follows.
    expect(Number(only.health().resourceVersion)).toBeGreaterThan(Number(before));
    expect(only.store.list()).toEqual([]);
    server.cutWatches();
    await until(() => server.openWatches === 2, 5000);
    expect(only.health().lists).toBe(1);
    await only.stop();
    expect(witness.seen.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED"]);
    expectTruth();
  });

  it("P1: replaces in one step when everything changes behind a cut connection", async () => {
    for (let index = 0; index < 50; index += 1) server.create(Pod, pod(`old-${index}`));
    await follow("off");
    server.stallWatches();
    for (let index = 0; index < 50; index += 1) server.delete(Pod, `default/old-${index}`);
    for (let index = 0; index < 50; index += 1) server.create(Pod, pod(`new-${index}`));
    server.expire();
    const sizes = new Set<number>();
    informer.listen({ deleted: () => void sizes.add(informer.store.size) });
    server.cutWatches();
    server.resumeWatches();
    await until(() => witness.seen.length === 150, 5000);
    expect(sizes).toEqual(new Set([50]));
    expectTruth();
  });
});
