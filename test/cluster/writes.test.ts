import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import { ConfigMap, Deployment, Pod, PodDisruptionBudget } from "../../src/kinds/index.ts";
import { describeOnCluster, rejection } from "./real-cluster.ts";
import { podOn } from "./running-pod.ts";

function deployment(name: string, replicas?: number): Deployment {
  return {
    metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", image: "scripted" }] },
      },
    },
  };
}

describeOnCluster("writes on a real kube-apiserver", (cluster) => {
  let namespace: string;
  let deployments: ResourceHandle<Deployment, "scale" | "status">;
  let configMaps: ResourceHandle<ConfigMap>;

  beforeAll(async () => {
    namespace = await cluster().namespace();
    const { admin } = cluster();
    deployments = admin.resources(Deployment).inNamespace(namespace);
    configMaps = admin.resources(ConfigMap).inNamespace(namespace);
  });

  describe("apply by two managers", () => {
    const shop = { fieldManager: "shop" };
    const ops = { fieldManager: "ops" };

    it("shares an object by its fields, and names the manager of a field in conflict", async () => {
      const web = deployments.withName("web");
      const created = await web.apply(deployment("web", 1), shop);
      expect(created.metadata?.managedFields).toMatchObject([{ manager: "shop", operation: "Apply" }]);
      // The same value is no conflict: both own it.
      await web.apply(deployment("web", 1), ops);
      const error = await rejection(web.apply(deployment("web", 3), ops));
      expect(error).toMatchObject({
        status: 409,
        reason: "Conflict",
        details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.replicas" }] },
      });
      expect(error.message).toBe(
        `apply deployments.apps "web" in namespace "${namespace}": conflict: ` +
          'Apply failed with 1 conflict: conflict with "shop": .spec.replicas (409). ' +
          "Leave these fields to their manager, or take them over with { force: true }.",
      );
      const forced = await web.apply(deployment("web", 3), { ...ops, force: true });
      expect(forced.spec?.replicas).toBe(3);
      // It is not shop's any more: without it nothing of shop's is left out.
      const without = await web.apply(deployment("web"), shop);
      expect(without.spec?.replicas).toBe(3);
    });

    it("removes what the manager applied before and applies no more", async () => {
      const settings = configMaps.withName("settings");
      const metadata = { name: "settings" };
      await settings.apply({ metadata, data: { a: "1", b: "2" } }, shop);
      await settings.apply({ metadata, data: { c: "3" } }, ops);
      const { data } = await settings.apply({ metadata, data: { a: "1" } }, shop);
      expect(data).toEqual({ a: "1", c: "3" });
    });

    it("applies the status by itself", async () => {
      await deployments.create(deployment("status"));
      const status = { observedGeneration: 1, replicas: 1, readyReplicas: 1 };
      const applied = await deployments
        .withName("status")
        .status.apply({ ...deployment("status", 9), status }, ops);
      expect(applied.status).toMatchObject({ readyReplicas: 1 });
      expect(applied.spec?.replicas).toBe(1);
    });
  });

  describe("patch", () => {
    beforeEach(async () => {
      await deployments.deleteAll({ gracePeriodSeconds: 0 });
      await deployments.create(deployment("web"));
    });

    it("merges objects and replaces lists by a merge patch", async () => {
      const containers = [{ name: "other", image: "b" }];
      const patched = await deployments.withName("web").patch({
        merge: { metadata: { labels: { tier: "front" } }, spec: { template: { spec: { containers } } } },
      });
      expect(patched.metadata?.labels).toEqual({ tier: "front" });
      expect(patched.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(["other"]);
    });

    it("merges lists by their keys by a strategic patch, and obeys its directives", async () => {
      const web = deployments.withName("web");
      const template = (spec: object) => ({ strategic: { spec: { template: { spec } } } });
      const added = await web.patch(template({ containers: [{ name: "side", image: "b" }] }));
      expect(added.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(["side", "main"]);
      const removed = await web.patch(template({ containers: [{ name: "side", $patch: "delete" }] }));
      expect(removed.spec?.template.spec?.containers.map(({ name, image }) => [name, image])).toEqual([
        ["main", "scripted"],
      ]);
    });

    it("works by operations, all or none, by a JSON patch", async () => {
      const web = deployments.withName("web");
      const patched = await web.patch({
        json: [
          { op: "test", path: "/spec/replicas", value: 1 },
          { op: "replace", path: "/spec/replicas", value: 2 },
          { op: "add", path: "/metadata/labels", value: { "a/b": "c" } },
          { op: "copy", from: "/metadata/labels/a~1b", path: "/metadata/labels/d" },
        ],
      });
      expect([patched.spec?.replicas, patched.metadata?.labels]).toEqual([2, { "a/b": "c", d: "c" }]);
      const failed = await rejection(
        web.patch({
          json: [
            { op: "replace", path: "/spec/replicas", value: 5 },
            { op: "test", path: "/spec/replicas", value: 4 },
          ],
        }),
      );
      expect(failed).toMatchObject({ status: 422, reason: "Invalid" });
      expect((await web.get()).spec?.replicas).toBe(2);
    });

    it("changes metadata through a metadata handle, and answers with it alone", async () => {
      const patched = await deployments
        .withName("web")
        .metadata()
        .patch({ merge: { metadata: { annotations: { seen: "yes" } } } });
      expect(patched).toMatchObject({
        kind: "Deployment",
        metadata: { annotations: { seen: "yes" } },
      });
      expect(patched).not.toHaveProperty("spec");
    });
  });

  it("scales by the subresource, over what is there", async () => {
    await deployments.create(deployment("scaled"));
    const scaled = await deployments.withName("scaled").scale(4);
    expect(scaled).toMatchObject({ kind: "Scale", spec: { replicas: 4 } });
    expect((await deployments.withName("scaled").get()).spec?.replicas).toBe(4);
    const dry = await deployments.withName("scaled").scale(9, { dryRun: true });
    expect(dry.spec?.replicas).toBe(9);
    expect((await deployments.withName("scaled").get()).spec?.replicas).toBe(4);
  });

  it("edits over every other writer's state", async () => {
    await configMaps.create({ metadata: { name: "count" }, data: { n: "0" } });
    const count = configMaps.withName("count");
    await Promise.all(
      Array.from({ length: 4 }, () =>
        count.edit((object) => ({ ...object, data: { n: String(Number(object.data?.n) + 1) } }), {
          attempts: 20,
        }),
      ),
    );
    expect((await count.get()).data).toEqual({ n: "4" });
  });

  it("checks a dry run like the real thing, and keeps nothing", async () => {
    const { admin } = cluster();
    const dryRun = { dryRun: true, fieldManager: "dry" };
    await configMaps.create({ metadata: { name: "dry" } }, dryRun);
    await configMaps.apply({ metadata: { name: "dry" }, data: {} }, dryRun);
    expect(await configMaps.withName("dry").find()).toBeUndefined();
    const pods = admin.resources(Pod).inNamespace(namespace);
    const error = await rejection(
      pods.create({ metadata: { name: "dry" }, spec: { containers: [] } }, dryRun),
    );
    expect(error).toMatchObject({ status: 422, reason: "Invalid" });
    await configMaps.create({ metadata: { name: "kept" } });
    await configMaps.withName("kept").delete({ dryRun: true });
    expect(await configMaps.withName("kept").find()).toBeDefined();
  });

  it("deletes and replaces only the very object that was read", async () => {
    const { metadata } = await configMaps.create({ metadata: { name: "twice" } });
    const twice = configMaps.withName("twice");
    const stale = await rejection(
      twice.delete({ preconditions: { uid: "11111111-0000-4000-8000-000000000000" } }),
    );
    expect(stale).toMatchObject({ status: 409, reason: "Conflict" });
    expect(stale.message).toMatch(/\(409\)\. Read the object again, and decide anew\.$/);
    await twice.patch({ merge: { data: { a: "b" } } });
    const resourceVersion = metadata?.resourceVersion ?? "";
    expect(await rejection(twice.delete({ preconditions: { resourceVersion } }))).toMatchObject({
      status: 409,
    });
    const object = { metadata: { name: "twice", resourceVersion } };
    expect(await rejection(twice.replace(object))).toMatchObject({ status: 409, reason: "Conflict" });
    await twice.delete({ preconditions: { uid: metadata?.uid ?? "" } });
    expect(await twice.find()).toBeUndefined();
  });

  it("evicts as far as disruption budgets allow", async () => {
    const { admin } = cluster();
    const pods = admin.resources(Pod).inNamespace(namespace);
    const budgets = admin.resources(PodDisruptionBudget).inNamespace(namespace);
    await budgets.create({
      metadata: { name: "none-to-spare" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "guarded" } } },
    });
    // No controller counts pods here.
    const counted = { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 };
    await budgets
      .withName("none-to-spare")
      .status.patch({ merge: { status: { ...counted, observedGeneration: 1 } } });
    for (const app of ["guarded", "free"]) {
      await pods.create(podOn(undefined, { name: app, labels: { app } }));
      const conditions = [{ type: "Ready", status: "True" }];
      await pods.withName(app).status.patch({ merge: { status: { phase: "Running", conditions } } });
    }
    const error = await vi.waitFor(async () => {
      const refused = await rejection(pods.withName("guarded").evict({ timeoutMs: 5_000 }));
      expect(refused.status).toBe(429);
      return refused;
    });
    expect(error).toMatchObject({
      reason: "TooManyRequests",
      details: { causes: [{ reason: "DisruptionBudget" }] },
    });
    expect(error.message).toMatch(
      /^create pods\/eviction "guarded" in namespace "[^"]+": too many requests: Cannot evict pod as it would violate the pod's disruption budget \(429\)/,
    );
    expect(await pods.withName("free").evict({ gracePeriodSeconds: 0 })).toMatchObject({ status: "Success" });
    expect(await pods.withName("free").find()).toBeUndefined();
    expect(await pods.withName("guarded").find()).toBeDefined();
  });
});
