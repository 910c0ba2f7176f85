import type { KubeObject } from "../resource/object.ts";
import { groupOf } from "./manifest.ts";

/** What is installed before the kinds that are not named here, in this order; by group. */
const first: readonly string[] = [
  "/Namespace",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "scheduling.k8s.io/PriorityClass",
  "node.k8s.io/RuntimeClass",
  "resource.k8s.io/DeviceClass",
  "/ServiceAccount",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "networking.k8s.io/NetworkPolicy",
  "/ResourceQuota",
  "/LimitRange",
  "/Secret",
  "/ConfigMap",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttributesClass",
  "storage.k8s.io/CSIDriver",
  "/PersistentVolume",
  "/PersistentVolumeClaim",
  "resource.k8s.io/ResourceClaimTemplate",
  "resource.k8s.io/ResourceClaim",
  "/Service",
  "/Endpoints",
  "discovery.k8s.io/EndpointSlice",
  "policy/PodDisruptionBudget",
  "apps/DaemonSet",
  "/Pod",
  "/ReplicationController",
  "apps/ReplicaSet",
  "apps/Deployment",
  "apps/StatefulSet",
  "autoscaling/HorizontalPodAutoscaler",
  "batch/Job",
  "batch/CronJob",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/Ingress",
];

/** What is installed after everything else: it changes what the API server answers. */
const last: readonly string[] = [
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apiregistration.k8s.io/APIService",
];

function rankOf({ apiVersion = "", kind = "" }: KubeObject): number {
  const name = `${groupOf(apiVersion)}/${kind}`;
  const early = first.indexOf(name);
  return early === -1 ? first.length + 1 + last.indexOf(name) : early;
}

/** Order what holds objects by when these are to be installed; equal ones stay as they are. */
export function inInstallOrder<T>(items: readonly T[], objectOf: (item: T) => KubeObject): T[] {
  return items
    .map((item) => ({ item, rank: rankOf(objectOf(item)) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/**
 * Order objects so that each comes after what it may need.
 *
 * Namespaces and definitions of kinds first, then accounts and roles,
 * configuration, storage, services, workloads, custom resources and other
 * kinds that are not known here, and webhooks and API services last: these
 * would stand in the way of the others. Objects of one kind keep their order.
 */
export function orderManifests<T extends KubeObject>(objects: readonly T[]): T[] {
  return inInstallOrder(objects, (object) => object);
}
