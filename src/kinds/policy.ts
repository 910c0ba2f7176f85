import type { V1PodDisruptionBudget } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** How many pods of a set may be evicted at once. */
export interface PodDisruptionBudget extends WireObject<V1PodDisruptionBudget> {}

/** `poddisruptionbudgets` of `policy/v1`. */
export const PodDisruptionBudget: Kind<PodDisruptionBudget, "status"> =
  /* @__PURE__ */ defineKind<PodDisruptionBudget>()({
    group: "policy",
    version: "v1",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    scope: "Namespaced",
    shortNames: ["pdb"],
    subresources: ["status"],
  });
