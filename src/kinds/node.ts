import type { V1RuntimeClass } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Which container runtime pods run in. */
export interface RuntimeClass extends WireObject<V1RuntimeClass> {}

/** `runtimeclasses` of `node.k8s.io/v1`. */
export const RuntimeClass: Kind<RuntimeClass, never> = /* @__PURE__ */ defineKind<RuntimeClass>()({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  scope: "Cluster",
});
