/** Define a kind of Kubernetes' own that is not built in, by its type in client-node. */
import type { V1FlowSchema } from "@kubernetes/client-node";
import { defineKind, type Kind } from "kube-reflex";
import type { WireObject } from "kube-reflex/kinds";

export interface FlowSchema extends WireObject<V1FlowSchema> {}

export const FlowSchema: Kind<FlowSchema> = defineKind<FlowSchema>()({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  scope: "Cluster",
  subresources: ["status"],
});
