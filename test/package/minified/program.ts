/** A program as a bundler gets it: a custom resource in two versions, another of its name, and a pod. */
import {
  Cluster,
  defineKind,
  type Kind,
  type KubeObject,
  type ObjectMeta,
  type Transport,
} from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

interface Small extends KubeObject {
  metadata: ObjectMeta;
  spec: { size: number };
}

interface Large extends KubeObject {
  metadata: ObjectMeta;
  spec: { dimensions: { width: number } };
}

const widget = { group: "example.com", kind: "Widget", plural: "widgets", scope: "Namespaced" } as const;
export const WidgetV1: Kind<Small> = defineKind<Small>()({ ...widget, version: "v1" });
export const WidgetV2: Kind<Large> = defineKind<Large>()({ ...widget, version: "v2" });
/** Of another group, under the same name. */
export const OtherWidget: Kind<Small> = defineKind<Small>()({
  ...widget,
  group: "other.example",
  version: "v1",
});

/** What the minifier has left of a class's name. */
export const className: string = Cluster.name;

/** Create a widget and a pod, and tell what informers of all four kinds have found. */
export async function run(
  transport: Transport,
): Promise<{ sizes: number[]; onNode: string[]; error: unknown }> {
  await using cluster = await Cluster.connect({ transport });
  const small = cluster.resources(WidgetV1).inNamespace("default");
  const large = cluster.resources(WidgetV2).inNamespace("default");
  const others = cluster.resources(OtherWidget).inNamespace("default");
  const pods = cluster.resources(Pod).inNamespace("default");
  await small.create({ metadata: { name: "w" }, spec: { size: 1 } });
  await pods.create({
    metadata: { name: "p" },
    spec: { nodeName: "n1", containers: [{ name: "c", image: "c:1" }] },
  });

  const sizes: number[] = [];
  const informer = small.informer();
  const listener = informer.listen({ added: ({ spec }) => sizes.push(spec.size) });
  const rest = [large.informer(), others.informer()];
  const indexed = pods.informer({ indexers: { node: (pod) => pod.spec?.nodeName } });
  await Promise.all([informer, indexed, ...rest].map((one) => one.synced()));
  await listener.synced();
  const onNode = indexed.store.indexKeys("node", "n1");
  // @ts-expect-error: a collection has no get
  const error: unknown = await pods.get().catch((thrown: unknown) => thrown);
  return { sizes, onNode, error };
}
