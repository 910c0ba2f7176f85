import { describe, expect, it } from "vitest";
import { orderManifests } from "../../src/manifests/order-manifests.ts";
import type { KubeObject } from "../../src/resource/object.ts";

const object = (apiVersion: string, kind: string, name = kind): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
});

describe("orderManifests", () => {
  it("puts each kind after what it may need, webhooks and API services last", () => {
    const inOrder = [
      object("v1", "Namespace"),
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
      object("scheduling.k8s.io/v1", "PriorityClass"),
      object("v1", "ServiceAccount"),
      object("rbac.authorization.k8s.io/v1", "ClusterRole"),
      object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
      object("rbac.authorization.k8s.io/v1", "RoleBinding"),
      object("v1", "Secret"),
      object("v1", "ConfigMap"),
      object("storage.k8s.io/v1", "StorageClass"),
      object("v1", "PersistentVolumeClaim"),
      object("v1", "Service"),
      object("policy/v1", "PodDisruptionBudget"),
      object("apps/v1", "DaemonSet"),
      object("v1", "Pod"),
      object("apps/v1", "Deployment"),
      object("apps/v1", "StatefulSet"),
      object("batch/v1", "CronJob"),
      object("networking.k8s.io/v1", "Ingress"),
      object("example.com/v1", "Widget"),
      object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
      object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
      object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
      object("apiregistration.k8s.io/v1", "APIService"),
    ];
    expect(orderManifests(inOrder.toReversed())).toEqual(inOrder);
    expect(orderManifests(inOrder.toSorted((a, b) => (`${a.kind}` < `${b.kind}` ? -1 : 1)))).toEqual(inOrder);
  });

  it("keeps the order of equal kinds and of all that are unknown, and changes nothing it is given", () => {
    const given = Object.freeze([
      object("b.com/v1", "B", "1"),
      object("v1", "ConfigMap", "2"),
      object("a.com/v1", "A", "3"),
      object("v1", "ConfigMap", "1"),
      object("b.com/v1", "B", "0"),
    ]);
    expect(orderManifests(given).map(({ metadata }) => metadata?.name)).toEqual(["2", "1", "1", "3", "0"]);
  });

  it("knows kinds by their group: another's Service is a custom resource", () => {
    const ours = object("v1", "Service");
    const theirs = object("serving.knative.dev/v1", "Service");
    const deployment = object("apps/v1", "Deployment");
    expect(orderManifests([theirs, deployment, ours])).toEqual([ours, deployment, theirs]);
  });

  it("ranks every version of a kind alike", () => {
    const old = object("autoscaling/v1", "HorizontalPodAutoscaler", "old");
    const fresh = object("autoscaling/v2", "HorizontalPodAutoscaler", "new");
    const job = object("batch/v1", "Job");
    expect(orderManifests([job, old, fresh])).toEqual([old, fresh, job]);
  });
});
