import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import { createOrApply, createOrUpdate } from "../../src/controller/create-or-apply.ts";
import { type Finalizer, withFinalizers } from "../../src/controller/finalizer.ts";
import { setControllerReference } from "../../src/controller/owner-reference.ts";
import type { Reconciler } from "../../src/controller/reconcile.ts";
import * as waitConditions from "../../src/controller/wait-conditions.ts";
import { waitFor } from "../../src/controller/wait-for.ts";
import { ConfigMap, CustomResourceDefinition, Deployment, Namespace } from "../../src/kinds/index.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { requestFor } from "../controller/request.ts";
import { describeOnCluster, describeOnStarted, rejection } from "./real-cluster.ts";

const first = "real.example.com/first";
const second = "real.example.com/second";
const foreign = "other.example.org/keep";

describeOnCluster("the tools of reconcilers on a real kube-apiserver", (cluster) => {
  let namespace: string;
  let configMaps: ResourceHandle<ConfigMap>;

  beforeAll(async () => {
    namespace = await cluster().namespace();
    configMaps = cluster().admin.resources(ConfigMap).inNamespace(namespace);
  });

  describe("withFinalizers", () => {
    const log: string[] = [];
    const finalizer = (name: string): Finalizer<ConfigMap> => ({
      name,
      cleanup: ({ object }) => void log.push(`clean ${name} of ${object.metadata.finalizers}`),
    });
    const reconciler: Reconciler<ConfigMap> = ({ object }) =>
      void log.push(`reconcile ${object?.metadata.finalizers}`);
    const run = async (object: ConfigMap): Promise<unknown> =>
      withFinalizers(
        ConfigMap,
        [finalizer(first), finalizer(second)],
        reconciler,
      )(requestFor(cluster().admin, object));
    const named = (name: string) => configMaps.withName(name);

    it("adds them to an object that has none, and lets it go after the cleanups (Q44)", async () => {
      log.length = 0;
      const object = await configMaps.create({ metadata: { name: "plain" } });
      await run(object);
      const held = await named("plain").get();
      expect(held.metadata.finalizers).toEqual([first, second]);
      await named("plain").delete();
      await run(await named("plain").get());
      expect(await named("plain").find()).toBeUndefined();
      expect(log).toEqual([
        `reconcile ${first},${second}`,
        `clean ${first} of ${first},${second}`,
        `clean ${second} of ${second}`,
      ]);
    });

    it("wins over what was written since the object was read, with and without a list (Q44)", async () => {
      log.length = 0;
      for (const [name, finalizers] of [
        ["stale-none", []],
        ["stale-some", [foreign]],
      ] as const) {
        const old = await configMaps.create({ metadata: { name, finalizers: [...finalizers] } });
        await named(name).patch({
          merge: { metadata: { finalizers: ["new.example.org/x", ...finalizers] } },
        });
        await run(old);
        expect((await named(name).get()).metadata.finalizers).toEqual([
          "new.example.org/x",
          ...finalizers,
          first,
          second,
        ]);
        await named(name).delete();
        const deleting = await named(name).get();
        await named(name).patch({ merge: { metadata: { finalizers: [...finalizers, first, second] } } });
        await run(deleting);
        expect((await named(name).find())?.metadata.finalizers ?? []).toEqual(finalizers);
        if (finalizers.length > 0) await named(name).patch({ merge: { metadata: { finalizers: null } } });
      }
    });

    it("adds none to an object that was deleted since it was read, and does not reconcile it", async () => {
      log.length = 0;
      const old = await configMaps.create({ metadata: { name: "going", finalizers: [foreign] } });
      await named("going").delete();
      await run(old);
      expect((await named("going").get()).metadata.finalizers).toEqual([foreign]);
      await named("going").patch({ merge: { metadata: { finalizers: null } } });
      await run(old);
      expect(log).toEqual([]);
    });

    it("leaves alone an object that was made anew under the name", async () => {
      log.length = 0;
      const old = await configMaps.create({ metadata: { name: "anew" } });
      await named("anew").delete();
      await configMaps.create({ metadata: { name: "anew" } });
      await run(old);
      expect((await named("anew").get()).metadata.finalizers).toBeUndefined();
      expect(log).toEqual([]);
    });
  });

  describe("createOrApply and createOrUpdate", () => {
    const options = { fieldManager: "real-operator" };
    const web = (replicas: number) => ({
      metadata: { name: "web" },
      spec: {
        replicas,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image: "scripted" }] },
        },
      },
    });

    it("tell created, unchanged and updated by what the server did (Q45)", async () => {
      const deployments = cluster().admin.resources(Deployment).inNamespace(namespace);
      const outcomes: string[] = [];
      for (const replicas of [1, 1, 2]) {
        outcomes.push((await createOrApply(deployments, web(replicas), options)).outcome);
      }
      expect(outcomes).toEqual(["created", "unchanged", "updated"]);
    });

    it("bring an owner's reference up to date, and refuse a second controller (Q45)", async () => {
      const make = async (name: string) => ({
        object: await configMaps.create({ metadata: { name } }),
        kind: ConfigMap,
      });
      const owner = await make("owner");
      const owned = { metadata: { name: "owned" }, data: { a: "1" } };
      await createOrApply(configMaps, owned, { ...options, owner });
      await configMaps.withName("owner").delete();
      const later = await make("owner");
      const { outcome, object } = await createOrApply(configMaps, owned, { ...options, owner: later });
      expect(outcome).toBe("updated");
      expect(object.metadata.ownerReferences).toMatchObject([{ uid: later.object.metadata.uid }]);
      const other = await make("other");
      const taken = createOrApply(configMaps, owned, { ...options, owner: other });
      expect(await rejection(taken)).toMatchObject({ code: "OWNED_BY_ANOTHER" });
    });

    it("create, update, and leave alone what mutate leaves alone (Q45)", async () => {
      const owner = await configMaps.create({ metadata: { name: "mutator" } });
      const outcomes: string[] = [];
      for (const value of ["1", "1", "2"]) {
        const written = await createOrUpdate(configMaps, "mutated", (existing) =>
          setControllerReference(owner, ConfigMap, {
            ...(existing ?? { metadata: { name: "mutated", namespace } }),
            data: { value },
          }),
        );
        outcomes.push(written.outcome);
      }
      expect(outcomes).toEqual(["created", "unchanged", "updated"]);
    });
  });

  describe("waitFor", () => {
    it("waits for an object to come, and for that very object to go", async () => {
      const later = configMaps.withName("later");
      const coming = waitFor(later, waitConditions.exists, { timeoutMs: 20_000 });
      const created = await configMaps.create({ metadata: { name: "later" } });
      expect(await coming).toEqual(created);
      const { uid = "" } = created.metadata;
      const going = waitFor(later, waitConditions.isDeleted(uid), { timeoutMs: 20_000 });
      await later.delete();
      await going;
    });

    it("rejects with TIMEOUT, and says what was seen last", async () => {
      await configMaps.create({ metadata: { name: "never" } });
      const error = await rejection(
        waitFor(configMaps.withName("never"), waitConditions.hasCondition("Ready"), { timeoutMs: 500 }),
      );
      expect(error.code).toBe("TIMEOUT");
      expect(error.message).toMatch(
        /^Wait for configmaps `never` in real-\w+: not within 500 ms; last seen: resourceV/,
      );
    });

    it("waits for a namespace's status", async () => {
      const own = cluster().admin.resources(Namespace).withName(namespace);
      const active = await waitFor(own, (object) => object?.status?.phase === "Active", {
        timeoutMs: 20_000,
      });
      expect(active?.metadata.name).toBe(namespace);
    });
  });
});

interface Gizmo extends KubeObject {
  spec?: { size?: number };
}
const Gizmo = defineKind<Gizmo>()({
  group: "tools.example.com",
  version: "v1",
  kind: "Gizmo",
  plural: "gizmos",
  scope: "Namespaced",
});
const gizmoDefinition: CustomResourceDefinition = {
  metadata: { name: "gizmos.tools.example.com" },
  spec: {
    group: Gizmo.group,
    scope: "Namespaced",
    names: { kind: Gizmo.kind, plural: Gizmo.plural, singular: Gizmo.singular },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "integer", minimum: 1 } } } },
          },
        },
      },
    ],
  },
};

// It defines a kind for everybody, which a cluster of somebody else should not get.
describeOnStarted(
  "the tools of reconcilers, with a kind of one's own, on a real kube-apiserver",
  (cluster) => {
    let namespace: string;

    beforeAll(async () => {
      namespace = await cluster().namespace();
    });
    afterAll(() =>
      cluster().admin.resources(CustomResourceDefinition).withName("gizmos.tools.example.com").delete(),
    );

    it("waits until a definition is established, and then works with the kind", async () => {
      const { admin } = cluster();
      const definitions = admin.resources(CustomResourceDefinition);
      const established = waitFor(
        definitions.withName("gizmos.tools.example.com"),
        waitConditions.isCrdEstablished,
        { timeoutMs: 30_000 },
      );
      await definitions.create(gizmoDefinition);
      expect((await established).status.acceptedNames?.kind).toBe("Gizmo");

      const gizmos = admin.resources(Gizmo).inNamespace(namespace);
      const object = await vi.waitFor(
        () => gizmos.create({ metadata: { name: "a" }, spec: { size: 1 } }),
        20_000,
      );
      const cleanup = vi.fn();
      const reconcile = withFinalizers(Gizmo, [{ name: first, cleanup }], () => {});
      await reconcile(requestFor(admin, object));
      expect((await gizmos.withName("a").get()).metadata?.finalizers).toEqual([first]);
      await gizmos.withName("a").delete();
      await reconcile(requestFor(admin, await gizmos.withName("a").get()));
      expect(cleanup).toHaveBeenCalledOnce();
      expect(await gizmos.withName("a").find()).toBeUndefined();
    });
  },
);
