import { beforeEach, describe, expect, it } from "vitest";
import { retryOnConflict } from "../../src/client/retry-on-conflict.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import { ConfigMap, Deployment, Pod } from "../../src/kinds/index.ts";
import { type ServerUnderTest, Widget } from "./server-under-test.ts";

const shop = { fieldManager: "shop" };
const ops = { fieldManager: "ops" };

function deployment(name: string, replicas?: number): Deployment {
  const labels = { app: name };
  const containers = [{ name: "main", image: "i:1" }];
  return {
    metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** What the client's handles offer beside the everyday verbs, on either server. */
export function describeVerbs(server: () => ServerUnderTest): void {
  describe("the client's verbs", () => {
    let cluster: Cluster;
    let namespace: string;
    let configMaps: ResourceHandle<ConfigMap>;
    let deployments: ResourceHandle<Deployment, "scale" | "status">;

    beforeEach(async () => {
      namespace = await server().namespace();
      cluster = await server().connect();
      configMaps = cluster.resources(ConfigMap).inNamespace(namespace);
      deployments = cluster.resources(Deployment).inNamespace(namespace);
    });

    it("apply: two managers share an object, and conflict over a field until one takes it by force", async () => {
      const web = deployments.withName("web");
      expect((await web.apply(deployment("web", 1), shop)).spec?.replicas).toBe(1);
      await expect(deployments.apply(deployment("web", 3), ops)).rejects.toMatchObject({
        status: 409,
        reason: "Conflict",
        details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.replicas" }] },
        message: expect.stringContaining('conflict with "shop": .spec.replicas (409)'),
      });
      expect((await web.apply(deployment("web", 3), { ...ops, force: true })).spec?.replicas).toBe(3);
      const settings = configMaps.withName("settings");
      const metadata = { name: "settings" };
      await settings.apply({ metadata, data: { a: "1", b: "2" } }, shop);
      await settings.apply({ metadata, data: { c: "3" } }, ops);
      expect((await settings.apply({ metadata, data: { a: "1" } }, shop)).data).toEqual({ a: "1", c: "3" });
    });

    it("patch: strategic merges lists by key, merge replaces them, json is all or none; custom resources take no strategic one", async () => {
      await deployments.create(deployment("web", 1));
      const web = deployments.withName("web");
      const names = ({ spec }: Deployment) => spec?.template.spec?.containers.map(({ name }) => name);
      const template = (containers: object[]) => ({ spec: { template: { spec: { containers } } } });
      const side = { name: "side", image: "i:2" };
      expect(names(await web.patch({ strategic: template([side]) }))).toEqual(["side", "main"]);
      expect(names(await web.patch({ strategic: template([{ name: "side", $patch: "delete" }]) }))).toEqual([
        "main",
      ]);
      expect(names(await web.patch({ merge: template([side]) }))).toEqual(["side"]);
      const json = (...values: number[]) => [
        { op: "replace" as const, path: "/spec/replicas", value: values[0] },
        { op: "test" as const, path: "/spec/replicas", value: values[1] },
      ];
      await expect(web.patch({ json: json(5, 4) })).rejects.toMatchObject({ status: 422, reason: "Invalid" });
      expect((await web.get()).spec?.replicas).toBe(1);
      expect((await web.patch({ json: json(5, 5) })).spec?.replicas).toBe(5);

      const widgets = cluster.resources(Widget).inNamespace(namespace);
      await widgets.create({ metadata: { name: "w" }, spec: { size: 1 } });
      await expect(widgets.withName("w").patch({ strategic: { spec: { size: 2 } } })).rejects.toMatchObject({
        status: 415,
        message: expect.stringContaining("Custom resources take no strategic patches"),
      });
    });

    it("status: is replaced, patched, applied and edited by itself, and leaves the rest as it is", async () => {
      const created = await deployments.create(deployment("web", 1));
      const { status } = deployments.withName("web");
      const replaced = await status.replace({
        ...created,
        spec: deployment("web", 9).spec as NonNullable<Deployment["spec"]>,
        status: { replicas: 1 },
      });
      expect([replaced.spec?.replicas, replaced.status?.replicas]).toEqual([1, 1]);
      expect((await status.patch({ merge: { status: { readyReplicas: 1 } } })).status).toMatchObject({
        replicas: 1,
        readyReplicas: 1,
      });
      const applied = await status.apply({ ...deployment("web", 9), status: { observedGeneration: 1 } }, ops);
      expect([applied.spec?.replicas, applied.status?.observedGeneration]).toEqual([1, 1]);
      const edited = await status.edit((read) => ({ ...read, status: { ...read.status, replicas: 2 } }));
      expect(edited.status).toMatchObject({ replicas: 2, readyReplicas: 1 });
      expect((await status.get()).status).toEqual(edited.status);
    });

    it("scale: sets the replicas of what scales, by the method and by the subresource", async () => {
      await deployments.create(deployment("web", 1));
      const web = deployments.withName("web");
      expect(await web.scale(4)).toMatchObject({ kind: "Scale", spec: { replicas: 4 } });
      expect((await web.get()).spec?.replicas).toBe(4);
      expect((await web.scale(9, { dryRun: true })).spec?.replicas).toBe(9);
      expect(await web.subresource("scale").get()).toMatchObject({ kind: "Scale", spec: { replicas: 4 } });
    });

    it("edit and retryOnConflict: lose nothing to others who write at the same time", async () => {
      await configMaps.create({ metadata: { name: "count" }, data: { n: "0" } });
      const count = configMaps.withName("count");
      const more = (read: ConfigMap) => ({ ...read, data: { n: String(Number(read.data?.n) + 1) } });
      await Promise.all([
        ...Array.from({ length: 3 }, () => count.edit(more, { attempts: 20 })),
        retryOnConflict(async () => count.replace(more(await count.get())), { attempts: 20 }),
      ]);
      expect((await count.get()).data).toEqual({ n: "4" });
    });

    it("dryRun: answers like the real thing, and keeps nothing, whatever the verb", async () => {
      const dry = { dryRun: true, fieldManager: "dry" };
      await configMaps.create({ metadata: { name: "dry" } }, dry);
      await configMaps.apply({ metadata: { name: "dry" } }, dry);
      expect(await configMaps.withName("dry").find()).toBeUndefined();
      const kept = await configMaps.create({ metadata: { name: "kept" }, data: { k: "v" } });
      const one = configMaps.withName("kept");
      expect((await one.replace({ ...kept, data: { k: "w" } }, dry)).data).toEqual({ k: "w" });
      expect((await one.patch({ merge: { data: { k: "w" } } }, dry)).data).toEqual({ k: "w" });
      await one.delete({ dryRun: true });
      await configMaps.withField("metadata.name", "kept").deleteAll({ dryRun: true });
      expect(await one.get()).toEqual(kept);
      const invalid = configMaps.create({ metadata: { name: "Bad_Name" } }, dry);
      await expect(invalid).rejects.toMatchObject({ status: 422, reason: "Invalid" });
    });

    it("delete: tells by propagation what becomes of dependents, and keeps what a finalizer holds", async () => {
      const finalizers = ["example.com/hold"];
      await configMaps.create({ metadata: { name: "held", finalizers } });
      const held = configMaps.withName("held");
      expect(await held.delete({ propagation: "Background" })).toMatchObject({
        kind: "ConfigMap",
        metadata: { deletionTimestamp: expect.any(String), finalizers },
      });
      await held.patch({ json: [{ op: "remove", path: "/metadata/finalizers" }] });
      expect(await held.find()).toBeUndefined();
      await configMaps.create({ metadata: { name: "owner" } });
      const orphaning = await configMaps.withName("owner").delete({ propagation: "Orphan" });
      expect(orphaning).toMatchObject({ metadata: { finalizers: ["orphan"] } });
    });

    it("evict, logs, exec, attach and port-forward of a pod on no node: gone, nothing to read, typed errors", async () => {
      const pods = cluster.resources(Pod).inNamespace(namespace);
      const spec = { containers: [{ name: "c", image: "i" }], nodeSelector: { is: "nowhere" } };
      await pods.create({ metadata: { name: "p" }, spec });
      const pod = pods.withName("p");
      expect(await pod.logs().text()).toBe("");
      const unassigned = { code: "API", status: 400, reason: "BadRequest" };
      await expect(pod.exec(["true"])).rejects.toMatchObject(unassigned);
      await expect(pod.run(["true"])).rejects.toMatchObject(unassigned);
      await expect(pod.attach()).rejects.toMatchObject(unassigned);
      await expect((await pod.portForward(80)).open()).rejects.toMatchObject(unassigned);
      expect(await pod.evict({ gracePeriodSeconds: 0 })).toMatchObject({ status: "Success" });
      expect(await pod.find()).toBeUndefined();
    });

    it("metadata(): gets, lists, patches and deletes without contents (H15)", async () => {
      await configMaps.create({ metadata: { name: "a", labels: { app: "web" } }, data: { k: "v" } });
      const metadata = configMaps.metadata();
      const one = metadata.withName("a");
      const patched = await one.patch({ merge: { metadata: { annotations: { seen: "yes" } } } });
      const { items } = await metadata.withLabel("app", "web").list();
      expect(items).toHaveLength(1);
      for (const object of [patched, await one.get(), ...items]) {
        expect(object).toMatchObject({ metadata: { name: "a", annotations: { seen: "yes" } } });
        expect(object).not.toHaveProperty("data");
      }
      await one.delete();
      expect(await one.find()).toBeUndefined();
    });

    it("discovery: a kind that is known only at run time is read and written by what the server says of it", async () => {
      const apiVersion = `${Widget.group}/${Widget.version}`;
      const widgets = (await cluster.resources({ apiVersion, kind: "Widget" })).inNamespace(namespace);
      expect(widgets.kind).toMatchObject({ plural: "widgets", scope: "Namespaced" });
      expect([...widgets.kind.subresources].sort()).toEqual(["scale", "status"]);
      await widgets.create({ metadata: { name: "w" } });
      expect(await widgets.withName("w").get()).toMatchObject({ apiVersion, kind: "Widget" });
      await expect(cluster.resources({ apiVersion, kind: "Wigdet" })).rejects.toMatchObject({
        code: "UNKNOWN_KIND",
        message: expect.stringContaining(`Widget of ${apiVersion}`),
      });
    });

    it("cluster.apply, raw, version and health", async () => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: ${namespace} }\ndata: { k: v }\n`;
      expect(await cluster.apply(text, shop)).toMatchObject([{ kind: "ConfigMap", outcome: "created" }]);
      expect(await cluster.apply(text, shop)).toMatchObject([{ kind: "ConfigMap", outcome: "applied" }]);
      const answer = await cluster.raw(`/api/v1/namespaces/${namespace}/configmaps/a`);
      expect(answer.json()).toMatchObject({ data: { k: "v" } });
      expect((await cluster.version()).gitVersion).toMatch(/^v1\.\d+/);
      expect(await cluster.health()).toMatchObject({ live: true, ready: true });
    });
  });
}
