import type {
  CoreV1Event,
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

/** Pods, `v1`. */
export const Pod: Kind<Pod> = defineKind<Pod>()({
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

/** Services, `v1`. */
export const Service: Kind<Service> = defineKind<Service>()({
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

/** Configmaps, `v1`. */
export const ConfigMap: Kind<ConfigMap> = defineKind<ConfigMap>()({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced",
  shortNames: ["cm"],
});

/** Keys and values, base64 in `data`, to be kept out of logs. */
export interface Secret extends WireObject<V1Secret> {}

/** Secrets, `v1`. */
export const Secret: Kind<Secret> = defineKind<Secret>()({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
});

/** A room for names, quotas and permissions. */
export interface Namespace extends WireObject<V1Namespace> {}

/** Namespaces, `v1`. */
export const Namespace: Kind<Namespace> = defineKind<Namespace>()({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  scope: "Cluster",
  shortNames: ["ns"],
  subresources: ["finalize", "status"],
});

/** A machine that pods run on. */
export interface Node extends WireObject<V1Node> {}

/** Nodes, `v1`. */
export const Node: Kind<Node> = defineKind<Node>()({
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

/** Serviceaccounts, `v1`. */
export const ServiceAccount: Kind<ServiceAccount> = defineKind<ServiceAccount>()({
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

/** Persistentvolumes, `v1`. */
export const PersistentVolume: Kind<PersistentVolume> = defineKind<PersistentVolume>()({
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

/** Persistentvolumeclaims, `v1`. */
export const PersistentVolumeClaim: Kind<PersistentVolumeClaim> = defineKind<PersistentVolumeClaim>()({
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

/** Endpoints, `v1`. */
export const Endpoints: Kind<Endpoints> = defineKind<Endpoints>()({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  scope: "Namespaced",
  shortNames: ["ep"],
});

/** A report of something that happened to an object; see also `EventsV1Event`. */
export interface Event extends WireObject<CoreV1Event> {}

/** Events, `v1`. */
export const Event: Kind<Event> = defineKind<Event>()({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  shortNames: ["ev"],
});

/** The predecessor of a ReplicaSet. */
export interface ReplicationController extends WireObject<V1ReplicationController> {}

/** Replicationcontrollers, `v1`. */
export const ReplicationController: Kind<ReplicationController> = defineKind<ReplicationController>()({
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

/** Podtemplates, `v1`. */
export const PodTemplate: Kind<PodTemplate> = defineKind<PodTemplate>()({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  scope: "Namespaced",
});

/** What a namespace may use in all. */
export interface ResourceQuota extends WireObject<V1ResourceQuota> {}

/** Resourcequotas, `v1`. */
export const ResourceQuota: Kind<ResourceQuota> = defineKind<ResourceQuota>()({
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

/** Limitranges, `v1`. */
export const LimitRange: Kind<LimitRange> = defineKind<LimitRange>()({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  scope: "Namespaced",
  shortNames: ["limits"],
});
