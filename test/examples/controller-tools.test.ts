import type { Cluster, ControllerCluster, Reconciler } from "kube-reflex";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  applySettings,
  type Buckets,
  countVisit,
  isRelevant,
  Shop,
  shopReconciler,
  tellReady,
} from "../../examples/reconcile-tools.ts";
import { hasSucceeded, replacePod, rollOut } from "../../examples/wait-for-deployment.ts";
import { builtInKinds, ConfigMap, Deployment, Job, Pod } from "../../src/kinds/index.ts";
import { requestFor } from "../controller/request.ts";

let server: TestApiServer;
let cluster: Cluster;

beforeEach(async () => {
  server = await TestApiServer.start({ listen: false, kinds: [...builtInKinds, Shop] });
  cluster = await server.cluster();
});
afterEach(() => server.stop());

const watching = (): Promise<unknown> => server.requests.next({ verb: "watch" });
const podTemplate = { spec: { containers: [{ name: "web", image: "web:1" }] } };

describe("wait-for-deployment", () => {
  it("resolves once the newest version runs everywhere, not before", async () => {
    const counts = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    server.create(Deployment, {
      metadata: { name: "web", namespace: "default" },
      spec: { replicas: 2, selector: { matchLabels: {} }, template: podTemplate },
      status: { observedGeneration: 1, ...counts },
    });
    const rolledOut = rollOut(cluster, "default", "web", "web:2");
    await watching();
    const deployment = cluster.resources(Deployment).inNamespace("default").withName("web");
    await deployment.status.patch({ merge: { status: { observedGeneration: 2, updatedReplicas: 1 } } });
    await deployment.status.patch({ merge: { status: { observedGeneration: 2, ...counts } } });
    const { spec, status } = await rolledOut;
    expect(spec?.template.spec?.containers).toMatchObject([{ name: "web", image: "web:2" }]);
    expect(status).toMatchObject({ observedGeneration: 2, updatedReplicas: 2 });
  });

  it("waits until a pod is gone, also where another takes its name at once", async () => {
    const pod: Pod = {
      metadata: { name: "web-0", namespace: "default", finalizers: ["example.com/keep"] },
      ...podTemplate,
    };
    server.create(Pod, pod);
    const replaced = replacePod(cluster, "default", "web-0");
    await watching();
    server.delete(Pod, "default/web-0");
    server.create(Pod, pod);
    await replaced;
  });

  it.each([
    ["Complete", true],
    ["Failed", false],
  ])("waits for a job's end: %s", async (type, expected) => {
    const job: Job = { metadata: { name: "j", namespace: "default" }, spec: { template: podTemplate } };
    server.create(Job, job);
    const ended = hasSucceeded(cluster, "default", "j");
    await watching();
    server.update(Job, { ...job, status: { conditions: [{ type, status: "True" }] } });
    expect(await ended).toBe(expected);
  });
});

describe("reconcile-tools", () => {
  const shop = (): Shop =>
    server.create(Shop, { metadata: { name: "corner", namespace: "default" }, spec: { greeting: "hello" } });
  const port = (): ControllerCluster => requestFor(cluster, "default/corner").cluster;

  it("leaves out what is not ours, and what changed nothing that counts", () => {
    const ours = { "example.com/managed-by": "operator" };
    const change = (before: object, after: object): boolean =>
      isRelevant({
        type: "MODIFIED",
        previous: { metadata: { generation: 1, ...before } },
        object: { metadata: { generation: 1, ...after } },
        unchanged: false,
      });
    expect(change({ labels: ours }, { labels: ours, generation: 2 })).toBe(true);
    expect(change({ labels: ours }, {})).toBe(true);
    expect(change({ labels: ours }, { labels: ours, annotations: { a: "1" } })).toBe(false);
    expect(change({}, { generation: 2 })).toBe(false);
  });

  it("says what applying did, and leaves to others what they wrote", async () => {
    const corner = shop();
    expect(await applySettings(port(), corner)).toBe("corner-settings created");
    expect(await applySettings(port(), corner)).toBe("corner-settings unchanged");
    const settings = cluster.resources(ConfigMap).inNamespace("default").withName("corner-settings");
    await settings.patch({ merge: { data: { colour: "blue" } } });
    expect(await applySettings(port(), corner)).toBe("corner-settings unchanged");
    expect((await settings.get()).data).toEqual({ greeting: "hello", colour: "blue" });
  });

  it("counts visits of its own, and leaves alone what somebody else controls", async () => {
    const corner = shop();
    expect(await countVisit(port(), corner)).toBe("created");
    expect(await countVisit(port(), corner)).toBe("updated");
    expect(server.get(ConfigMap, "default/visits")?.data).toEqual({ visits: "2" });
    server.delete(ConfigMap, "default/visits");
    server.create(ConfigMap, { metadata: { name: "visits", namespace: "default" } });
    expect(await countVisit(port(), corner)).toBe("unchanged");
  });

  it("writes a condition only where it is news", async () => {
    const corner = shop();
    expect(await tellReady(port(), corner, false)).toBe(true);
    const told = server.get(Shop, "default/corner") ?? corner;
    expect(told.status?.conditions).toMatchObject([
      { type: "Ready", status: "False", observedGeneration: 1 },
    ]);
    expect(await tellReady(port(), told, false)).toBe(false);
    expect(await tellReady(port(), told, true)).toBe(true);
  });

  it("lets no shop go before its bucket has", async () => {
    const log: string[] = [];
    let isEmpty = false;
    const buckets: Buckets = {
      async make(key) {
        log.push(`make ${key} for ${server.get(Shop, key)?.metadata?.finalizers}`);
      },
      async remove(key) {
        log.push(`remove ${key}`);
        return isEmpty;
      },
    };
    const reconcile = shopReconciler(buckets);
    const run = async (): Promise<Awaited<ReturnType<Reconciler<Shop>>>> =>
      reconcile(requestFor(cluster, server.get(Shop, "default/corner") ?? "default/corner"));
    shop();
    await run();
    await cluster.resources(Shop).inNamespace("default").withName("corner").delete();
    expect(await run()).toEqual({ requeueAfterMs: 10_000 });
    isEmpty = true;
    await run();
    expect(server.get(Shop, "default/corner")).toBeUndefined();
    await run();
    expect(log).toEqual([
      "make default/corner for shops.example.com/bucket",
      "remove default/corner",
      "remove default/corner",
    ]);
  });
});
