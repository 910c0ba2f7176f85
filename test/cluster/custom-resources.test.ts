import { afterAll, beforeAll, expect, it } from "vitest";
import { ConfigMap, CustomResourceDefinition } from "../../src/kinds/index.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { describeOnStarted, rejection } from "./real-cluster.ts";

const Gadget = (version: "v1" | "v1alpha1") =>
  defineKind<KubeObject & { spec?: { size?: number }; status?: { ready?: boolean } }>()({
    group: "real.example.com",
    version,
    kind: "Gadget",
    plural: "gadgets",
    scope: "Namespaced",
    subresources: ["status", "scale"],
  });

const manifests = (namespace: string): string => `
apiVersion: real.example.com/v1
kind: Gadget
metadata: { name: first, namespace: ${namespace} }
spec: { size: 2 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: beside, namespace: ${namespace} }
data: { a: "1" }
---
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.real.example.com }
spec:
  group: real.example.com
  scope: Namespaced
  names: { kind: Gadget, plural: gadgets, singular: gadget }
  versions:
    - name: v1
      served: true
      storage: true
      schema: &schema
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer, minimum: 0 } } }
            status: { type: object, properties: { ready: { type: boolean } } }
      subresources: &subresources
        status: {}
        scale: { specReplicasPath: .spec.size, statusReplicasPath: .status.size }
    - name: v1alpha1
      served: true
      storage: false
      deprecated: true
      deprecationWarning: real.example.com/v1alpha1 Gadget is old; use v1
      schema: *schema
      subresources: *subresources
`;

// It defines a kind for everybody, which a cluster of somebody else should not get.
describeOnStarted("custom resources on a real kube-apiserver", (cluster) => {
  let namespace: string;

  beforeAll(async () => {
    const { admin } = cluster();
    namespace = await cluster().namespace();
    const report = await admin.apply(manifests(namespace), { fieldManager: "real" });
    expect(report.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ["Gadget", "created"],
      ["ConfigMap", "created"],
      ["Namespace", "applied"],
      ["CustomResourceDefinition", "created"],
    ]);
  });
  afterAll(() =>
    cluster().admin.resources(CustomResourceDefinition).withName("gadgets.real.example.com").delete(),
  );

  it("applies them once more: nothing is new, and what is refused stops no other", async () => {
    const { admin } = cluster();
    const again = await admin.apply(manifests(namespace), { fieldManager: "real" });
    expect(again.map(({ outcome }) => outcome)).toEqual(["applied", "applied", "applied", "applied"]);
    const bad = manifests(namespace).replace("size: 2", "size: -2").replace('a: "1"', 'a: "2"');
    const error = await admin.apply(bad, { fieldManager: "real" }).catch((failed) => failed);
    expect(error).toMatchObject({ code: "APPLY_FAILED" });
    expect(error.report).toMatchObject([
      { kind: "Gadget", outcome: "failed", error: { status: 422, reason: "Invalid" } },
      { kind: "ConfigMap", outcome: "applied" },
      { outcome: "applied" },
      { outcome: "applied" },
    ]);
    const beside = await admin.resources(ConfigMap).inNamespace(namespace).withName("beside").get();
    expect(beside.data).toEqual({ a: "2" });
  });

  it("has all verbs for them, but strategic patches", async () => {
    const gadgets = cluster().admin.resources(Gadget("v1")).inNamespace(namespace);
    const first = gadgets.withName("first");
    expect((await first.get()).spec).toEqual({ size: 2 });
    expect(
      (await first.status.patch({ merge: { status: { ready: true }, spec: { size: 9 } } })).spec,
    ).toEqual({ size: 2 });
    expect(await first.scale(5)).toMatchObject({ spec: { replicas: 5 } });
    expect((await first.edit((gadget) => ({ ...gadget, spec: { size: 6 } }))).status).toEqual({
      ready: true,
    });
    const error = await rejection(first.patch({ strategic: { spec: { size: 1 } } }));
    expect(error).toMatchObject({ status: 415, reason: "UnsupportedMediaType" });
    expect(error.message).toMatch(
      /Custom resources take no strategic patches: use a merge or JSON patch, or apply\.$/,
    );
    const ownedByOther = await rejection(
      first.apply({ metadata: { name: "first" }, spec: { size: 1 } }, { fieldManager: "x" }),
    );
    expect(ownedByOther).toMatchObject({ status: 409 });
  });

  it("warns of a version that its definition calls deprecated (H21)", async () => {
    const warnings: string[] = [];
    const client = await cluster().connect({ onWarning: ({ message }) => warnings.push(message) });
    const { items } = await client.resources(Gadget("v1alpha1")).inNamespace(namespace).list();
    expect(items).toMatchObject([{ apiVersion: "real.example.com/v1alpha1" }]);
    expect(warnings).toEqual(["real.example.com/v1alpha1 Gadget is old; use v1"]);
  });

  it("follows them by an informer, whole and as metadata", async () => {
    const gadgets = cluster().admin.resources(Gadget("v1")).inNamespace(namespace);
    const whole = gadgets.informer();
    const metadata = gadgets.metadata().informer();
    await whole.synced({ timeoutMs: 20_000 });
    await metadata.synced({ timeoutMs: 20_000 });
    expect(whole.store.get(`${namespace}/first`)?.spec).toBeDefined();
    expect(metadata.store.get(`${namespace}/first`)).not.toHaveProperty("spec");
    await whole.stop();
    await metadata.stop();
  });

  it("finds their kind at run time, and tells of one that is not defined", async () => {
    const { admin } = cluster();
    const gadgets = await admin.resources({ apiVersion: "real.example.com/v1", kind: "Gadget" });
    expect(gadgets.kind).toMatchObject({ plural: "gadgets", scope: "Namespaced" });
    expect([...gadgets.kind.subresources].sort()).toEqual(["scale", "status"]);
    const unknown = defineKind<KubeObject>()({
      group: "real.example.com",
      version: "v1",
      kind: "Gizmo",
      plural: "gizmos",
      scope: "Namespaced",
    });
    const error = await rejection(admin.resources(unknown).inNamespace(namespace).list());
    expect(error).toMatchObject({ status: 404 });
    expect(error.message).toContain("Is the CustomResourceDefinition of gizmos.real.example.com installed");
  });
});
