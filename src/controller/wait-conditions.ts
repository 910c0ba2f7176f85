import { expectFunction, invalidArgument } from "../base/arguments.ts";
import type { KubeObject } from "../resource/object.ts";
import { type AnyCondition, findCondition, isConditionTrue } from "./conditions.ts";
import type { WaitCondition, WaitGuard } from "./wait-for.ts";
import type {
  DefinitionLike,
  DeploymentLike,
  IngressLike,
  JobLike,
  LoadBalancer,
  PodLike,
  ServiceLike,
} from "./waited-kinds.ts";

// Exported to users as one namespace, `waitConditions`: `waitFor(pod, waitConditions.isPodReady)`.

/** An object that has a status: what all of these that look at one say of it. */
export type WithStatus<T extends { status?: unknown }> = T & { status: NonNullable<T["status"]> };

/** It is there. */
export function exists<T extends KubeObject>(object: T | undefined): object is T {
  return object !== undefined;
}

/** The object of this uid is gone: nothing has its name, or another object does. */
export function isDeleted(uid: string): (object: KubeObject | undefined) => boolean {
  if (typeof uid !== "string" || uid === "") {
    throw invalidArgument("uid", "that of the object to be gone; for any object use not(exists)", uid);
  }
  return (object) => object?.metadata?.uid !== uid;
}

/** The pod's containers were started; it need not be ready. */
export function isPodRunning<P extends PodLike>(pod: P | undefined): pod is WithStatus<P> {
  return pod?.status?.phase === "Running";
}

/** The pod passes its readiness probes. */
export function isPodReady<P extends PodLike>(pod: P | undefined): pod is WithStatus<P> {
  return isConditionTrue(pod?.status?.conditions, "Ready");
}

/** The job has succeeded. One that failed never does: wait for `or(isJobCompleted, hasCondition("Failed"))`. */
export function isJobCompleted<J extends JobLike>(job: J | undefined): job is WithStatus<J> {
  return isConditionTrue(job?.status?.conditions, "Complete");
}

/**
 * The deployment runs its newest version and nothing else, by the rules of `kubectl rollout status`.
 *
 * Its controller has seen this generation, and every replica is of it, and available.
 */
export function isDeploymentCompleted<D extends DeploymentLike>(
  deployment: D | undefined,
): deployment is WithStatus<D> {
  const { metadata, spec, status }: DeploymentLike = deployment ?? {};
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return false;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = spec?.replicas ?? 1;
  return updatedReplicas >= wanted && replicas <= updatedReplicas && availableReplicas >= updatedReplicas;
}

function hasAddress(balancer: LoadBalancer | undefined): boolean {
  const { ingress = [] } = balancer ?? {};
  return ingress.length > 0 && ingress.every(({ ip, hostname }) => Boolean(ip) || Boolean(hostname));
}

/** The service's load balancer has an address; at once for a service of another type, which gets none. */
export function isServiceLoadBalancerProvisioned<V extends ServiceLike>(
  service: V | undefined,
): service is V {
  if (service === undefined) return false;
  return service.spec?.type !== "LoadBalancer" || hasAddress(service.status?.loadBalancer);
}

/** The ingress has an address. */
export function isIngressProvisioned<N extends IngressLike>(
  ingress: N | undefined,
): ingress is WithStatus<N> {
  return hasAddress(ingress?.status?.loadBalancer);
}

/** The server has accepted the definition and serves its kind; discovery may name it a moment later. */
export function isCrdEstablished<D extends DefinitionLike>(
  definition: D | undefined,
): definition is WithStatus<D> {
  return isConditionTrue(definition?.status?.conditions, "Established");
}

/** An object with conditions, of whatever kind. */
interface Conditioned {
  readonly metadata?: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly (AnyCondition & { readonly observedGeneration?: number })[];
  };
}

/**
 * A condition of this type has this status; as `kubectl wait`, not one of an older generation.
 *
 * Where neither the condition nor the status says which generation was
 * observed, what it says counts.
 * @default status "True"
 */
export function hasCondition(type: string, status = "True"): (object: KubeObject | undefined) => boolean {
  if (typeof type !== "string" || type === "") throw invalidArgument("type", "that of a condition", type);
  if (typeof status !== "string") throw invalidArgument("status", "True, False or Unknown", status);
  return (object: Conditioned | undefined) => {
    const condition = findCondition(object?.status?.conditions, type);
    const observed = condition?.observedGeneration ?? object?.status?.observedGeneration;
    const generation = object?.metadata?.generation;
    if (observed !== undefined && generation !== undefined && observed < generation) return false;
    return condition?.status === status;
  };
}

function expectConditions(all: readonly unknown[]): void {
  for (const one of all) expectFunction("condition", one ?? null);
}

/** All of them hold. */
export function and<T, R extends T>(
  first: WaitGuard<T, R>,
  ...more: readonly WaitCondition<T>[]
): WaitGuard<T, R>;
export function and<T>(...all: readonly WaitCondition<T>[]): WaitCondition<T>;
export function and<T>(...all: readonly WaitCondition<T>[]): WaitCondition<T> {
  expectConditions(all);
  return (object) => all.every((one) => one(object));
}

/** Any of them holds. */
export function or<T>(...all: readonly WaitCondition<T>[]): WaitCondition<T> {
  expectConditions(all);
  return (object) => all.some((one) => one(object));
}

/** It does not hold; `not(exists)`: nothing has that name. */
export function not<T>(one: WaitCondition<T>): WaitCondition<T> {
  expectConditions([one]);
  return (object) => !one(object);
}
