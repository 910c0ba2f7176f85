import type { V1Lease } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** A lock with an end, used for leader election and heartbeats. */
export interface Lease extends WireObject<V1Lease> {}

/** `leases` of `coordination.k8s.io/v1`. */
export const Lease: Kind<Lease, never> = /* @__PURE__ */ defineKind<Lease>()({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  scope: "Namespaced",
});
