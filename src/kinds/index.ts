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
export {
  ControllerRevision,
  DaemonSet,
  Deployment,
  type DeploymentSubresource,
  ReplicaSet,
  type ReplicaSetSubresource,
  StatefulSet,
  type StatefulSetSubresource,
} from "./apps.ts";
export { SelfSubjectReview, TokenReview } from "./authentication.ts";
export {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "./authorization.ts";
export { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from "./autoscaling.ts";
export { CronJob, Job } from "./batch.ts";
export { builtInKinds, computedKinds, olderVersions } from "./built-in-kinds.ts";
export { CertificateSigningRequest, type CertificateSigningRequestSubresource } from "./certificates.ts";
export { Lease } from "./coordination.ts";
export {
  Binding,
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  type NamespaceSubresource,
  Node,
  type NodeSubresource,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  type PodSubresource,
  PodTemplate,
  ReplicationController,
  type ReplicationControllerSubresource,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
  type ServiceSubresource,
} from "./core.ts";
export { EndpointSlice } from "./discovery.ts";
export { EventsV1Event } from "./events.ts";
export { FlowSchema, PriorityLevelConfiguration } from "./flowcontrol.ts";
export { type ContainerMetrics, NodeMetrics, PodMetrics, type ResourceUsage } from "./metrics.ts";
export { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "./networking.ts";
export { RuntimeClass } from "./node.ts";
export { PodDisruptionBudget } from "./policy.ts";
export { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./rbac.ts";
export { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from "./resource.ts";
export { PriorityClass } from "./scheduling.ts";
export {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "./storage.ts";
export type { Eviction, Scale, TokenRequest } from "./subresources.ts";
export type { JSONSchemaProps, Wire, WireObject } from "./wire.ts";
