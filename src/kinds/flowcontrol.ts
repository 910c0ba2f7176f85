import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Which requests to the API server belong to which priority level. */
export interface FlowSchema extends WireObject<V1FlowSchema> {}

/** `flowschemas` of `flowcontrol.apiserver.k8s.io/v1`. */
export const FlowSchema: Kind<FlowSchema, "status"> = /* @__PURE__ */ defineKind<FlowSchema>()({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  scope: "Cluster",
  subresources: ["status"],
});

/** How many requests of one priority the API server carries out at once, and how it queues the rest. */
export interface PriorityLevelConfiguration extends WireObject<V1PriorityLevelConfiguration> {}

/** `prioritylevelconfigurations` of `flowcontrol.apiserver.k8s.io/v1`. */
export const PriorityLevelConfiguration: Kind<PriorityLevelConfiguration, "status"> =
  /* @__PURE__ */ defineKind<PriorityLevelConfiguration>()({
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    kind: "PriorityLevelConfiguration",
    plural: "prioritylevelconfigurations",
    scope: "Cluster",
    subresources: ["status"],
  });
