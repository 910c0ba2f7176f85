import { isJsonObject } from "../../base/json-object.ts";
import { keyOf } from "../../resource/key.ts";
import type { StoredObject } from "../storage/port.ts";
import { settleNamespace } from "./create.ts";
import { parseJson, type SentObject, toObject } from "./decode.ts";
import { checkPreconditions, deleteObject } from "./delete.ts";
import { timestamp } from "./identity.ts";
import { withCondition } from "./pod-condition.ts";
import { podAt } from "./pod-containers.ts";
import { selectsLabels } from "./pod-selector.ts";
import type { PodRoute } from "./route.ts";
import { badRequest, forbidden, StatusError } from "./status-error.ts";
import { member } from "./strategy.ts";
import { checkWriteOptions, type DeleteOptions, parseDeleteOptions } from "./write-options.ts";

const budgets = { group: "policy", plural: "poddisruptionbudgets" };
const evictionKind = { group: "policy", version: "v1", kind: "Eviction" };
/** How many evictions a budget may wait to be confirmed. */
const mostDisrupted = 2000;

function decodeEviction(body: string): SentObject {
  const value = parseJson(body, evictionKind.kind);
  // The older version has the same fields.
  const isOld = isJsonObject(value) && value.apiVersion === "policy/v1beta1";
  return toObject(evictionKind, isOld ? { ...value, apiVersion: "policy/v1" } : value, false);
}

function count(object: unknown, name: string): number {
  const value = member(object, "status")[name];
  return typeof value === "number" ? value : 0;
}

function isReady(pod: StoredObject): boolean {
  const { conditions } = member(pod, "status");
  if (!Array.isArray(conditions)) return false;
  return conditions.some(
    (condition) => isJsonObject(condition) && condition.type === "Ready" && condition.status === "True",
  );
}

/** Whether a pod counts for no budget: it does not run yet, or no more, or is going already. */
function isOutOfService({ metadata, ...pod }: StoredObject): boolean {
  const { phase } = member(pod, "status");
  const isOver = phase === "Succeeded" || phase === "Failed" || phase === "Pending";
  return isOver || metadata.deletionTimestamp !== undefined;
}

/** 429: the budget says no, and why. */
function tooDisruptive(why: string, retryAfterSeconds?: number): StatusError {
  return new StatusError(
    429,
    "TooManyRequests",
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: "DisruptionBudget", message: why }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}

function whyNone(budget: StoredObject): string {
  const name = budget.metadata.name ?? "";
  const { conditions } = member(budget, "status");
  const failed = (Array.isArray(conditions) ? conditions : [])
    .filter(isJsonObject)
    .find(
      ({ type, status, reason }) =>
        type === "DisruptionAllowed" && status === "False" && reason === "SyncFailed",
    );
  if (failed !== undefined) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  }
  const [needed, healthy] = [count(budget, "desiredHealthy"), count(budget, "currentHealthy")];
  return `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`;
}

/** Refuse what a budget does not allow; gives the budget with one disruption less. */
function spent(budget: StoredObject, pod: string): StoredObject {
  const { name = "", generation = 0 } = budget.metadata;
  const allowed = count(budget, "disruptionsAllowed");
  const status = member(budget, "status");
  const disrupted = member(status, "disruptedPods");
  if (count(budget, "observedGeneration") < generation) {
    throw tooDisruptive(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const resource = { group: "policy", plural: "poddisruptionbudget" };
  if (allowed < 0) throw forbidden(resource, name, "pdb disruptions allowed is negative");
  if (Object.keys(disrupted).length > mostDisrupted) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(resource, name, why);
  }
  if (allowed === 0) throw tooDisruptive(whyNone(budget));
  const next: StoredObject & { status: unknown } = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...disrupted, [pod]: timestamp() },
    },
  };
  if (allowed > 1) return next;
  return withCondition(next, {
    type: "DisruptionAllowed",
    status: "False",
    reason: "InsufficientPods",
    message: "",
    observedGeneration: generation,
  });
}

/** Ask the budgets of a pod whether it may go; what one of them allows is used up. */
function askBudgets({ resource, namespace, name }: PodRoute, pod: StoredObject, isDryRun: boolean): void {
  const { storage } = resource;
  const found = storage
    .list(budgets)
    .items.map(([, budget]) => budget)
    .filter(
      (budget) =>
        budget.metadata.namespace === namespace &&
        selectsLabels(member(budget, "spec").selector, pod.metadata.labels),
    );
  const [budget] = found;
  if (budget === undefined) return;
  if (found.length > 1) {
    const message =
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError(500, "", message);
  }
  if (!isReady(pod)) {
    const needed = count(budget, "desiredHealthy");
    const isHealthy = count(budget, "currentHealthy") >= needed && needed > 0;
    if (isHealthy || member(budget, "spec").unhealthyPodEvictionPolicy === "AlwaysAllow") return;
  }
  const next = spent(budget, name);
  if (!isDryRun) storage.update(budgets, keyOf(namespace, budget.metadata.name ?? ""), () => next);
}

/**
 * Evict a pod: delete it if its disruption budget allows.
 *
 * Throws 404 for no such pod, 429 where the budget does not allow it, 500 where
 * there are several budgets, 409 for preconditions, as kube-apiserver does. The
 * pod gets the condition `DisruptionTarget` before it goes.
 */
export function evict(route: PodRoute, params: URLSearchParams, body: string): void {
  const { resource, namespace, name } = route;
  const sent = decodeEviction(body);
  const isDryRun = checkWriteOptions("CreateOptions", params);
  settleNamespace(sent, namespace);
  if (sent.metadata.name !== name) throw badRequest("name in URL does not match name in Eviction object");
  const asked = parseDeleteOptions(sent.deleteOptions ?? {}, params);
  const options: DeleteOptions = { ...asked, isDryRun: isDryRun || asked.isDryRun };
  const pod = podAt(resource, namespace, name);
  if (!isOutOfService(pod)) askBudgets(route, pod, options.isDryRun);
  checkPreconditions(resource, pod.metadata, options);
  if (!options.isDryRun) {
    resource.storage.update(resource.kind, keyOf(namespace, name), (current) =>
      withCondition(current, {
        type: "DisruptionTarget",
        status: "True",
        lastProbeTime: null,
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
      }),
    );
  }
  // What was asked of the resourceVersion held; the condition has moved it on.
  deleteObject(resource, { namespace, name }, { ...options, resourceVersion: undefined });
}
