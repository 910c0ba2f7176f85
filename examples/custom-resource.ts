/** Use a custom resource: a kind is a value, nothing is registered or looked up by name. */
import { type Cluster, defineKind, type Kind, type KubeObject, type ObjectMeta } from "kube-reflex";

export interface Widget extends KubeObject {
  metadata: ObjectMeta;
  spec: { size: number };
  status?: { ready: boolean };
}

export const Widget: Kind<Widget> = defineKind<Widget>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status"],
});

/** Create a widget and grow it, whoever else writes to it meanwhile. */
export async function growWidget(cluster: Cluster, namespace: string, name: string): Promise<Widget> {
  const widgets = cluster.resources(Widget).inNamespace(namespace);
  await widgets.create({ metadata: { name }, spec: { size: 1 } });
  const widget = await widgets.withName(name).get();
  // Fields this program does not know are sent back as they came.
  return widgets.replace({ ...widget, spec: { ...widget.spec, size: widget.spec.size + 1 } });
}
