import { defineKind, type Kind } from "../resource/kind.ts";
import type { ObjectMeta } from "../resource/object.ts";

/**
 * What is used, as quantities: `{ cpu: "250m", memory: "64Mi" }`.
 *
 * metrics-server counts processors in nanocores (`12345678n`) and memory in KiB.
 */
export interface ResourceUsage {
  cpu: string;
  memory: string;
  [resource: string]: string;
}

/** What one container used in the window before `timestamp`. */
export interface ContainerMetrics {
  name: string;
  usage: ResourceUsage;
}

/** What a node uses, measured lately; served by metrics-server where it is installed. */
export interface NodeMetrics {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  /** When the window ended. */
  timestamp: string;
  /** How long was measured, as Go writes durations: `20.035s`. */
  window: string;
  usage: ResourceUsage;
}

/** `nodes` of `metrics.k8s.io/v1beta1`: can be read, not watched. */
export const NodeMetrics: Kind<NodeMetrics, never> = /* @__PURE__ */ defineKind<NodeMetrics>()({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "NodeMetrics",
  plural: "nodes",
  scope: "Cluster",
  verbs: ["get", "list"],
});

/** What the containers of a pod use, measured lately; served by metrics-server where it is installed. */
export interface PodMetrics {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  /** When the window ended. */
  timestamp: string;
  /** How long was measured, as Go writes durations: `20.035s`. */
  window: string;
  containers: ContainerMetrics[];
}

/** `pods` of `metrics.k8s.io/v1beta1`: can be read, not watched. */
export const PodMetrics: Kind<PodMetrics, never> = /* @__PURE__ */ defineKind<PodMetrics>()({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  plural: "pods",
  scope: "Namespaced",
  verbs: ["get", "list"],
});
