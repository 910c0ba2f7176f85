import { describe, expect, it } from "vitest";
import type { ApiWarning } from "../../src/client/warnings.ts";
import { builtInKinds } from "../../src/kinds/built-in-kinds.ts";
import { ConfigMap, Endpoints, NodeMetrics, Pod, Service } from "../../src/kinds/index.ts";
import { apiVersionOf } from "../../src/resource/kind.ts";
import { describeOnCluster, rejection } from "./real-cluster.ts";
import { podOn } from "./running-pod.ts";

describeOnCluster("what a real kube-apiserver tells of itself", (cluster) => {
  it("has a version", async () => {
    const version = await cluster().admin.version();
    expect(version.gitVersion).toMatch(/^v1\.\d+\.\d+/);
    expect(version).toMatchObject({ major: "1", minor: expect.stringMatching(/^\d+\+?$/) });
  });

  it("is live and ready, check by check", async () => {
    const health = await cluster().admin.health();
    expect(health).toMatchObject({ live: true, ready: true });
    expect(health.checks).toContainEqual({ name: "etcd", ok: true });
    expect(health.checks.every(({ ok }) => ok)).toBe(true);
  });

  it("answers raw requests of every kind: text, JSON, a write, a failure", async () => {
    const { admin } = cluster();
    expect((await admin.raw("/metrics")).text()).toMatch(/^apiserver_request_total\{/m);
    const groups = (await admin.raw("/apis")).json();
    expect(groups).toMatchObject({ kind: "APIGroupList" });
    const namespace = await cluster().namespace();
    const created = await admin.raw(`/api/v1/namespaces/${namespace}/configmaps`, {
      method: "POST",
      query: { dryRun: "All" },
      body: { metadata: { name: "raw" }, data: { a: "b" } },
    });
    expect([created.status, created.json()]).toMatchObject([201, { kind: "ConfigMap", data: { a: "b" } }]);
    const error = await rejection(admin.raw("/apis/example.org/v9"));
    expect(error).toMatchObject({ status: 404 });
    expect((await admin.raw("/nowhere", { okStatuses: [404] })).status).toBe(404);
  });

  describe("discovery", () => {
    it("finds every built-in kind that is served, as the library defines it", async () => {
      const found = await cluster().admin.discover();
      expect(found.length).toBeGreaterThan(60);
      const byName = new Map(found.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]));
      const shared = builtInKinds.filter((kind) => byName.has(`${apiVersionOf(kind)} ${kind.kind}`));
      expect(shared.length).toBeGreaterThan(55);
      for (const { group, version, kind, plural, scope } of shared) {
        const same = { group, version, kind, plural, scope };
        expect(byName.get(`${group === "" ? version : `${group}/${version}`} ${kind}`)).toMatchObject(same);
      }
    });

    it("reads and writes a kind that is known only at run time", async () => {
      const namespace = await cluster().namespace();
      const kinds = await cluster().admin.resources({ apiVersion: "v1", kind: "ConfigMap" });
      expect(kinds.kind).toMatchObject({ plural: "configmaps", scope: "Namespaced" });
      await kinds.inNamespace(namespace).create({ metadata: { name: "late" }, data: { a: "b" } });
      expect(
        await cluster().admin.resources(ConfigMap).inNamespace(namespace).withName("late").get(),
      ).toMatchObject({
        data: { a: "b" },
      });
    });

    it("names the closest kinds where there is none of this name", async () => {
      const error = await rejection(cluster().admin.resources({ apiVersion: "apps/v1", kind: "Deploymnet" }));
      expect(error).toMatchObject({ code: "UNKNOWN_KIND" });
      expect(error.message).toContain("Deployment");
    });
  });

  describe("warnings", () => {
    it("tells of a deprecated version, at every answer of it (H21)", async () => {
      const warnings: ApiWarning[] = [];
      const client = await cluster().connect({ onWarning: (warning) => warnings.push(warning) });
      await client.resources(Endpoints).inNamespace("default").list();
      expect(warnings).toEqual([
        {
          step: 'list endpoints in namespace "default"',
          message: expect.stringMatching(
            /^v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1/,
          ),
        },
      ]);
    });

    it("tells of fields that the server does not know, or fails where it shall be strict", async () => {
      const namespace = await cluster().namespace();
      const warnings: string[] = [];
      const client = await cluster().connect();
      client.on("warning", ({ message }) => warnings.push(message));
      const pods = client.resources(Pod).inNamespace(namespace);
      const spec = { containers: [{ name: "a", image: "b", imagePolicy: "Always" }] };
      await pods.create({ metadata: { name: "a" }, spec }, { dryRun: true, fieldValidation: "Warn" });
      expect(warnings).toEqual(['unknown field "spec.containers[0].imagePolicy"']);
      const strict = pods.create({ metadata: { name: "a" }, spec }, { fieldValidation: "Strict" });
      expect(await rejection(strict)).toMatchObject({
        status: 400,
        message: expect.stringContaining('unknown field "spec.containers[0].imagePolicy"'),
      });
    });
  });

  it("says that nobody measures where no metrics server runs", async () => {
    const { admin, access } = cluster();
    if (access.origin === "given") return;
    const error = await rejection(admin.resources(NodeMetrics).list());
    expect(error).toMatchObject({ status: 404, reason: "NotFound" });
    expect(error.message).toBe(
      "list nodes.metrics.k8s.io: not found: the server has no such path (404). " +
        "Does this server serve nodes.metrics.k8s.io in metrics.k8s.io/v1beta1?",
    );
  });

  describe("proxy", () => {
    it("passes on what the server says of a service without endpoints and a pod without an address", async () => {
      const { admin } = cluster();
      const namespace = await cluster().namespace();
      const services = admin.resources(Service).inNamespace(namespace);
      await services.create({ metadata: { name: "shop" }, spec: { ports: [{ port: 80 }] } });
      const noEndpoints = await rejection(services.withName("shop").proxy("/"));
      // Without a controller there is not even an empty list of endpoints, and it is a 404.
      expect([404, 503]).toContain(noEndpoints.status);
      expect(noEndpoints.message).toMatch(/service.*"shop"/);
      const pods = admin.resources(Pod).inNamespace(namespace);
      await pods.create(podOn(undefined));
      const noAddress = await rejection(pods.withName("web-0").proxy("/"));
      expect(noAddress).toMatchObject({ status: 400, reason: "BadRequest" });
      expect(noAddress.message).toContain("address not allowed");
    });
  });
});
