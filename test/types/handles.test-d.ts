import { describe, expectTypeOf, it } from "vitest";
import {
  type Cluster,
  defineKind,
  type Kind,
  type KubeObject,
  type ObjectHandle,
  type PartialObjectMetadata,
  type ResourceHandle,
  type Scale,
} from "../../src/index.ts";
import { ConfigMap, Deployment, Job, Pod } from "../../src/kinds/index.ts";

declare const cluster: Cluster;

interface Widget extends KubeObject {
  spec?: { size?: number };
}

const Widget = defineKind<Widget>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status", "scale"],
});

describe("handles", () => {
  const pods = cluster.resources(Pod);
  const pod = pods.withName("web-0");

  it("has the verbs of a collection on a collection, those of one object behind a name", () => {
    // @ts-expect-error: patch needs a name
    pods.patch({ merge: {} });
    // @ts-expect-error: get needs a name
    pods.get();
    // @ts-expect-error: delete needs a name
    pods.delete();
    // @ts-expect-error: a handle with a name creates nothing
    pod.create({ metadata: { name: "other" } });
    // @ts-expect-error: a handle with a name lists nothing
    pod.list();
    // @ts-expect-error: a handle with a name deletes one object
    pod.deleteAll();
    expectTypeOf(pods.list()).resolves.toHaveProperty("items");
    expectTypeOf(pod.get()).resolves.toEqualTypeOf<Pod>();
    expectTypeOf(pod.find()).resolves.toEqualTypeOf<Pod | undefined>();
  });

  it("offers subresources only where the kind has them", () => {
    expectTypeOf(cluster.resources(Deployment).withName("web").scale(3)).resolves.toEqualTypeOf<Scale>();
    expectTypeOf(cluster.resources(Widget).withName("w").scale(3)).resolves.toEqualTypeOf<Scale>();
    // @ts-expect-error: pods have no scale
    pod.scale(3);
    // @ts-expect-error: config maps have no scale
    cluster.resources(ConfigMap).withName("x").scale(3);
    // @ts-expect-error: config maps have no logs
    cluster.resources(ConfigMap).withName("x").logs();
    // @ts-expect-error: deployments have no logs of their own
    cluster.resources(Deployment).withName("x").logs();
    // @ts-expect-error: jobs are not evicted
    cluster.resources(Job).withName("x").evict();
    // @ts-expect-error: pods have no such subresource
    pod.subresource("token");
    pod.subresource("binding");
    pod.evict();
    pod.logs({ follow: true });
  });

  it("takes every subresource of a kind that is known only at run time", () => {
    const kind = {} as Kind;
    cluster.resources(kind).withName("x").subresource("anything");
    cluster.resources(kind).withName("x").scale(1);
    const unknown = cluster.resources({ apiVersion: "example.com/v1", kind: "Widget" });
    expectTypeOf(unknown).resolves.toEqualTypeOf<ResourceHandle<KubeObject, string>>();
  });

  it("can be given where fewer subresources are asked for", () => {
    const names = (handle: ResourceHandle<Pod>): ResourceHandle<Pod> => handle;
    names(pods);
    const scaled = (handle: ObjectHandle<Widget, "scale">): void => void handle.scale(1);
    scaled(cluster.resources(Widget).withName("w"));
    // @ts-expect-error: this one has no scale
    scaled(cluster.resources(ConfigMap).withName("x"));
  });

  it("types metadata alone as metadata alone", async () => {
    const metadata = pods.metadata();
    expectTypeOf(metadata.withName("x").get()).resolves.toEqualTypeOf<PartialObjectMetadata>();
    const [first] = (await metadata.list()).items;
    expectTypeOf(first?.metadata.labels).toEqualTypeOf<Record<string, string> | undefined>();
    // @ts-expect-error: the specification was not sent
    first?.spec;
    // @ts-expect-error: nor in an informer
    metadata.informer().on("ADDED", (object) => object.spec);
  });

  it("refuses misspelt field paths in what is written and read", () => {
    // @ts-expect-error: spec.replica is none
    cluster.resources(Deployment).apply({ metadata: { name: "x" }, spec: { replica: 3 } });
    // @ts-expect-error: status.phases is none
    pod.edit((read) => void read.status?.phases);
    pod.edit((read) => void read.status?.phase);
    // @ts-expect-error: no such type of patch
    pod.patch({ apply: {} });
    pod.patch({ strategic: { spec: {} } });
  });
});
