/** Define a kind of Kubernetes' own that is not built in, by its type in client-node. */
import type { V1beta1LeaseCandidate } from "@kubernetes/client-node";
import { defineKind, type Kind } from "kube-reflex";
import type { WireObject } from "kube-reflex/kinds";

export interface LeaseCandidate extends WireObject<V1beta1LeaseCandidate> {}

export const LeaseCandidate: Kind<LeaseCandidate> = defineKind<LeaseCandidate>()({
  group: "coordination.k8s.io",
  version: "v1beta1",
  kind: "LeaseCandidate",
  plural: "leasecandidates",
  scope: "Namespaced",
});
