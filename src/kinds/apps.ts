import type {
  V1ControllerRevision,
  V1DaemonSet,
  V1Deployment,
  V1ReplicaSet,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Pods of one template, replaced step by step when it changes. */
export interface Deployment extends WireObject<V1Deployment> {}

/** What `deployments` have beside the object itself. */
export type DeploymentSubresource = "scale" | "status";

/** `deployments` of `apps/v1`. */
export const Deployment: Kind<Deployment, DeploymentSubresource> = /* @__PURE__ */ defineKind<Deployment>()({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  scope: "Namespaced",
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: ["scale", "status"],
});

/** A number of equal pods, kept at that number. */
export interface ReplicaSet extends WireObject<V1ReplicaSet> {}

/** What `replicasets` have beside the object itself. */
export type ReplicaSetSubresource = "scale" | "status";

/** `replicasets` of `apps/v1`. */
export const ReplicaSet: Kind<ReplicaSet, ReplicaSetSubresource> = /* @__PURE__ */ defineKind<ReplicaSet>()({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  scope: "Namespaced",
  shortNames: ["rs"],
  categories: ["all"],
  subresources: ["scale", "status"],
});

/** Pods with stable names and storage, started in order. */
export interface StatefulSet extends WireObject<V1StatefulSet> {}

/** What `statefulsets` have beside the object itself. */
export type StatefulSetSubresource = "scale" | "status";

/** `statefulsets` of `apps/v1`. */
export const StatefulSet: Kind<StatefulSet, StatefulSetSubresource> =
  /* @__PURE__ */ defineKind<StatefulSet>()({
    group: "apps",
    version: "v1",
    kind: "StatefulSet",
    plural: "statefulsets",
    scope: "Namespaced",
    shortNames: ["sts"],
    categories: ["all"],
    subresources: ["scale", "status"],
  });

/** One pod on each node. */
export interface DaemonSet extends WireObject<V1DaemonSet> {}

/** `daemonsets` of `apps/v1`. */
export const DaemonSet: Kind<DaemonSet, "status"> = /* @__PURE__ */ defineKind<DaemonSet>()({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  scope: "Namespaced",
  shortNames: ["ds"],
  categories: ["all"],
  subresources: ["status"],
});

/** A snapshot of a controller's template, kept for rollbacks. */
export interface ControllerRevision extends WireObject<V1ControllerRevision> {}

/** `controllerrevisions` of `apps/v1`. */
export const ControllerRevision: Kind<ControllerRevision, never> =
  /* @__PURE__ */ defineKind<ControllerRevision>()({
    group: "apps",
    version: "v1",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    scope: "Namespaced",
  });
