import type { KubeObject } from "../resource/object.ts";
import type { AnyCondition } from "./conditions.ts";

// What the conditions of `waitFor` read of built-in kinds. The kinds' own types satisfy these; naming them
// would have every user of the root entry load all of client-node's declarations.

/** What a load balancer says of its addresses. */
export interface LoadBalancer {
  readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
}

export interface PodLike extends KubeObject {
  readonly spec?: { readonly containers: readonly unknown[] };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly AnyCondition[] };
}

export interface JobLike extends KubeObject {
  readonly spec?: { readonly template: unknown; readonly completions?: number };
  readonly status?: { readonly conditions?: readonly AnyCondition[] };
}

export interface DeploymentLike extends KubeObject {
  readonly spec?: { readonly selector: unknown; readonly template: unknown; readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface ServiceLike extends KubeObject {
  readonly spec?: { readonly type?: string; readonly clusterIP?: string };
  readonly status?: { readonly loadBalancer?: LoadBalancer };
}

export interface IngressLike extends KubeObject {
  readonly spec?: { readonly ingressClassName?: string };
  readonly status?: { readonly loadBalancer?: LoadBalancer };
}

export interface DefinitionLike extends KubeObject {
  readonly spec: { readonly names: unknown; readonly versions: readonly unknown[] };
  readonly status?: { readonly conditions?: readonly AnyCondition[] };
}
