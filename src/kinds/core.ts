import type {
  CoreV1Event,
  V1Binding,
  V1ComponentStatus,
  V1ConfigMap,
  V1Endpoints,
  V1LimitRange,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodTemplate,
  V1ReplicationController,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** One or more containers that run together on one node. */
export interface Pod extends WireObject<V1Pod> {}

/** What `pods` have beside the object itself. */
export type PodSubresource =
  | "attach"
  | "binding"
  | "ephemeralcontainers"
  | "eviction"
  | "exec"
  | "log"
  | "portforward"
  | "proxy"
  | "resize"
  | "status";

/** `pods` of `v1`. */
export const Pod: Kind<Pod, PodSubresource> = /* @__PURE__ */ defineKind<Pod>()({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
  shortNames: ["po"],
  categories: ["all"],
  subresources: [
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "resize",
    "status",
  ],
});

/** One address, and one name, for a changing set of pods. */
export interface Service extends WireObject<V1Service> {}

/** What `services` have beside the object itself. */
export type ServiceSubresource = "proxy" | "status";

/** `services` of `v1`. */
export const Service: Kind<Service, ServiceSubresource> = /* @__PURE__ */ defineKind<Service>()({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  scope: "Namespaced",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: ["proxy", "status"],
});

/** Configuration as keys and values, not secret. */
export interface ConfigMap extends WireObject<V1ConfigMap> {}

/** `configmaps` of `v1`. */
export const ConfigMap: Kind<ConfigMap, never> = /* @__PURE__ */ defineKind<ConfigMap>()({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced",
  shortNames: ["cm"],
});

/** Keys and values, base64 in `data`, to be kept out of logs. */
export interface Secret extends WireObject<V1Secret> {}

/** `secrets` of `v1`. */
export const Secret: Kind<Secret, never> = /* @__PURE__ */ defineKind<Secret>()({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
});

/** A room for names, quotas and permissions. */
export interface Namespace extends WireObject<V1Namespace> {}

/** What `namespaces` have beside the object itself. */
export type NamespaceSubresource = "finalize" | "status";

/** `namespaces` of `v1`. */
export const Namespace: Kind<Namespace, NamespaceSubresource> = /* @__PURE__ */ defineKind<Namespace>()({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  scope: "Cluster",
  shortNames: ["ns"],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: ["finalize", "status"],
});

/** A machine that pods run on. */
export interface Node extends WireObject<V1Node> {}

/** What `nodes` have beside the object itself. */
export type NodeSubresource = "proxy" | "status";

/** `nodes` of `v1`. */
export const Node: Kind<Node, NodeSubresource> = /* @__PURE__ */ defineKind<Node>()({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  scope: "Cluster",
  shortNames: ["no"],
  subresources: ["proxy", "status"],
});

/** An identity for what runs in pods. */
export interface ServiceAccount extends WireObject<V1ServiceAccount> {}

/** `serviceaccounts` of `v1`. */
export const ServiceAccount: Kind<ServiceAccount, "token"> = /* @__PURE__ */ defineKind<ServiceAccount>()({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  scope: "Namespaced",
  shortNames: ["sa"],
  subresources: ["token"],
});

/** A piece of storage in the cluster. */
export interface PersistentVolume extends WireObject<V1PersistentVolume> {}

/** `persistentvolumes` of `v1`. */
export const PersistentVolume: Kind<PersistentVolume, "status"> =
  /* @__PURE__ */ defineKind<PersistentVolume>()({
    group: "",
    version: "v1",
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    scope: "Cluster",
    shortNames: ["pv"],
    subresources: ["status"],
  });

/** A pod's claim to storage. */
export interface PersistentVolumeClaim extends WireObject<V1PersistentVolumeClaim> {}

/** `persistentvolumeclaims` of `v1`. */
export const PersistentVolumeClaim: Kind<PersistentVolumeClaim, "status"> =
  /* @__PURE__ */ defineKind<PersistentVolumeClaim>()({
    group: "",
    version: "v1",
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    scope: "Namespaced",
    shortNames: ["pvc"],
    subresources: ["status"],
  });

/** The addresses behind a service; deprecated in favour of `EndpointSlice`. */
export interface Endpoints extends WireObject<V1Endpoints> {}

/** `endpoints` of `v1`. */
export const Endpoints: Kind<Endpoints, never> = /* @__PURE__ */ defineKind<Endpoints>()({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  scope: "Namespaced",
  shortNames: ["ep"],
});

/** A report of something that happened to an object; see also `EventsV1Event`. */
export interface Event extends WireObject<CoreV1Event> {}

/** `events` of `v1`. */
export const Event: Kind<Event, never> = /* @__PURE__ */ defineKind<Event>()({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  shortNames: ["ev"],
});

/** The predecessor of a ReplicaSet. */
export interface ReplicationController extends WireObject<V1ReplicationController> {}

/** What `replicationcontrollers` have beside the object itself. */
export type ReplicationControllerSubresource = "scale" | "status";

/** `replicationcontrollers` of `v1`. */
export const ReplicationController: Kind<ReplicationController, ReplicationControllerSubresource> =
  /* @__PURE__ */ defineKind<ReplicationController>()({
    group: "",
    version: "v1",
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    scope: "Namespaced",
    shortNames: ["rc"],
    categories: ["all"],
    subresources: ["scale", "status"],
  });

/** A stored template for pods. */
export interface PodTemplate extends WireObject<V1PodTemplate> {}

/** `podtemplates` of `v1`. */
export const PodTemplate: Kind<PodTemplate, never> = /* @__PURE__ */ defineKind<PodTemplate>()({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  scope: "Namespaced",
});

/** What a namespace may use in all. */
export interface ResourceQuota extends WireObject<V1ResourceQuota> {}

/** `resourcequotas` of `v1`. */
export const ResourceQuota: Kind<ResourceQuota, "status"> = /* @__PURE__ */ defineKind<ResourceQuota>()({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  scope: "Namespaced",
  shortNames: ["quota"],
  subresources: ["status"],
});

/** Defaults and bounds for what each pod or claim in a namespace asks for. */
export interface LimitRange extends WireObject<V1LimitRange> {}

/** `limitranges` of `v1`. */
export const LimitRange: Kind<LimitRange, never> = /* @__PURE__ */ defineKind<LimitRange>()({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  scope: "Namespaced",
  shortNames: ["limits"],
});

/** Puts a pod on a node, as the scheduler does; the name is the pod's. */
export interface Binding extends WireObject<V1Binding> {}

/** `bindings` of `v1`. */
export const Binding: Kind<Binding, never> = /* @__PURE__ */ defineKind<Binding>()({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  scope: "Namespaced",
  verbs: ["create"],
});

/** Whether the parts of the control plane answer; deprecated, and no longer true everywhere. */
export interface ComponentStatus extends WireObject<V1ComponentStatus> {}

/** `componentstatuses` of `v1`. */
export const ComponentStatus: Kind<ComponentStatus, never> = /* @__PURE__ */ defineKind<ComponentStatus>()({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  scope: "Cluster",
  shortNames: ["cs"],
  verbs: ["get", "list"],
});
