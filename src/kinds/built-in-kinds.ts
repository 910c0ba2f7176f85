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
import { HorizontalPodAutoscaler } from "./autoscaling.ts";
import { CronJob, Job } from "./batch.ts";
import { CertificateSigningRequest } from "./certificates.ts";
import { Lease } from "./coordination.ts";
import {
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
import { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "./networking.ts";
import { RuntimeClass } from "./node.ts";
import { PodDisruptionBudget } from "./policy.ts";
import { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./rbac.ts";
import { PriorityClass } from "./scheduling.ts";
import {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "./storage.ts";

/** Every kind of this folder, to look one up by what a manifest or a command line says. */
export const builtInKinds: readonly Kind[] = Object.freeze([
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
  Lease,
  EndpointSlice,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PodDisruptionBudget,
  HorizontalPodAutoscaler,
  CustomResourceDefinition,
  APIService,
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
]);
