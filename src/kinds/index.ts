export {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "./admissionregistration.ts";
export { CustomResourceDefinition } from "./apiextensions.ts";
export { APIService } from "./apiregistration.ts";
export { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "./apps.ts";
export { HorizontalPodAutoscaler } from "./autoscaling.ts";
export { CronJob, Job } from "./batch.ts";
export { builtInKinds } from "./built-in-kinds.ts";
export { CertificateSigningRequest } from "./certificates.ts";
export { Lease } from "./coordination.ts";
export {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from "./core.ts";
export { EndpointSlice } from "./discovery.ts";
export { EventsV1Event } from "./events.ts";
export { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "./networking.ts";
export { RuntimeClass } from "./node.ts";
export { PodDisruptionBudget } from "./policy.ts";
export { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./rbac.ts";
export { PriorityClass } from "./scheduling.ts";
export {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "./storage.ts";
export type { JSONSchemaProps, Wire, WireObject } from "./wire.ts";
