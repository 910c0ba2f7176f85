import type { V1PriorityClass } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** How important pods are to the scheduler. */
export interface PriorityClass extends WireObject<V1PriorityClass> {}

/** `priorityclasses` of `scheduling.k8s.io/v1`. */
export const PriorityClass: Kind<PriorityClass, never> = /* @__PURE__ */ defineKind<PriorityClass>()({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  scope: "Cluster",
  shortNames: ["pc"],
});
