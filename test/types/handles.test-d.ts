import { describe, expectTypeOf, it } from "vitest";
import {
  type Cluster,
  type DynamicObject,
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
  spec: { size: number; colour: string };
  status?: { ready: boolean };
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
    expectTypeOf(unknown).resolves.toEqualTypeOf<ResourceHandle<DynamicObject, string>>();
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

  it("refuses misspelt field paths in what is selected", () => {
    pods.withField("spec.nodeName", "n1").withField("metadata.name", "x").withField("status.podIPs", "x");
    cluster.resources(Widget).withField("spec.size", "1");
    // @ts-expect-error: spec.nodName is none
    pods.withField("spec.nodName", "n1");
    // @ts-expect-error: pods have no status.size
    pods.withField("status.size", "1");
    // @ts-expect-error: nor has a kind of one's own any other field than it says
    cluster.resources(Widget).withField("spec.sizes", "1");
    // What is not sent can be selected by; what is open, or known only at run time, by anything.
    pods.metadata().withField("spec.nodeName", "n1");
    cluster.resources({} as Kind).withField("spec.anything", "x");
    cluster.resources({} as Kind<KubeObject & { spec?: unknown }>).withField("spec.anything", "x");
    const named = <T extends KubeObject>(kind: Kind<T>) =>
      cluster.resources(kind).withField("metadata.name", "x");
    expectTypeOf(named(Pod)).toEqualTypeOf<ResourceHandle<Pod, string>>();
    expectTypeOf(pods).toExtend<ResourceHandle<Pod>>();
  });

  it("types objects of such a kind as what the server may send", async () => {
    const widgets = await cluster.resources({ apiVersion: "example.com/v1", kind: "Widget" });
    const widget = await widgets.withName("w").get();
    expectTypeOf(widget.metadata.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(widget.spec).toBeUnknown();
    widgets.create({ metadata: { name: "w" }, spec: { size: 3 } });
    cluster.apply([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, data: { a: "b" } }]);
  });

  it("takes some of the fields in apply, at any depth, and none that are not there", () => {
    const deployments = cluster.resources(Deployment);
    deployments.apply({ metadata: { name: "web" }, spec: { replicas: 3 } });
    deployments.apply({
      metadata: { name: "web" },
      spec: { template: { spec: { containers: [{ name: "a" }] } } },
    });
    cluster
      .resources(Widget)
      .withName("w")
      .status.apply({ metadata: { name: "w" }, status: { ready: true } });
    // @ts-expect-error: an object to be applied has metadata
    deployments.apply({ spec: { replicas: 3 } });
    // @ts-expect-error: a number, not a text
    deployments.apply({ metadata: { name: "web" }, spec: { replicas: "3" } });
    // @ts-expect-error: containers have an image, no images
    deployments.apply({ metadata: {}, spec: { template: { spec: { containers: [{ images: "x" }] } } } });
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
    // @ts-expect-error: two patches at once
    pod.patch({ merge: {}, json: [] });
  });

  it("refuses a label's value that may be undefined: it would select every value (P30)", () => {
    const value: string | undefined = process.env.APP;
    // @ts-expect-error: leave the value out to select by the key alone
    pods.withLabel("app", value);
    pods.withLabel("app");
  });
});
