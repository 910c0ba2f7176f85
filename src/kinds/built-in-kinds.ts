import type { Kind } from "../resource/kind.ts";
import {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "./admissionregistration.ts";
import { CustomResourceDefinition } from "./apiextensions.ts";
import { APIService } from "./apiregistration.ts";
import { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "./apps.ts";
import { SelfSubjectReview, TokenReview } from "./authentication.ts";
import {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "./authorization.ts";
import { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from "./autoscaling.ts";
import { CronJob, Job } from "./batch.ts";
import { CertificateSigningRequest } from "./certificates.ts";
import { Lease } from "./coordination.ts";
import {
  Binding,
  ComponentStatus,
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
import { EndpointSlice } from "./discovery.ts";
import { EventsV1Event } from "./events.ts";
import { FlowSchema, PriorityLevelConfiguration } from "./flowcontrol.ts";
import { NodeMetrics, PodMetrics } from "./metrics.ts";
import { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "./networking.ts";
import { RuntimeClass } from "./node.ts";
import { PodDisruptionBudget } from "./policy.ts";
import { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./rbac.ts";
import { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from "./resource.ts";
import { PriorityClass } from "./scheduling.ts";
import {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "./storage.ts";

/**
 * Every kind that a kube-apiserver stores: what can be listed, watched and written.
 *
 * To look one up by what a manifest or a command line says. Each stands here
 * in its preferred version only.
 */
export const builtInKinds: readonly Kind[] = /* @__PURE__ */ Object.freeze([
  Pod,
  Service,
  ConfigMap,
  Secret,
  Namespace,
  Node,
  ServiceAccount,
  PersistentVolume,
  PersistentVolumeClaim,
  Endpoints,
  Event,
  ReplicationController,
  PodTemplate,
  ResourceQuota,
  LimitRange,
  Deployment,
  ReplicaSet,
  StatefulSet,
  DaemonSet,
  ControllerRevision,
  Job,
  CronJob,
  Ingress,
  IngressClass,
  NetworkPolicy,
  IPAddress,
  ServiceCIDR,
  Role,
  RoleBinding,
  ClusterRole,
  ClusterRoleBinding,
  HorizontalPodAutoscaler,
  PodDisruptionBudget,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Lease,
  EndpointSlice,
  EventsV1Event,
  PriorityClass,
  RuntimeClass,
  CertificateSigningRequest,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  CustomResourceDefinition,
  APIService,
  ResourceClaim,
  ResourceClaimTemplate,
  DeviceClass,
  ResourceSlice,
  FlowSchema,
  PriorityLevelConfiguration,
]);

/**
 * The kinds that are worked out when they are asked for, and stored nowhere: reviews, metrics.
 *
 * Their `verbs` tell what can be done: most can be created and nothing else, none can be watched.
 */
export const computedKinds: readonly Kind[] = /* @__PURE__ */ Object.freeze([
  Binding,
  ComponentStatus,
  TokenReview,
  SelfSubjectReview,
  SubjectAccessReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  NodeMetrics,
  PodMetrics,
]);

/** The kinds that are `builtInKinds` in another version: the same objects, in an older form. */
export const olderVersions: readonly Kind[] = /* @__PURE__ */ Object.freeze([
  AutoscalingV1HorizontalPodAutoscaler,
]);
