import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Scales a workload by metrics. */
export interface HorizontalPodAutoscaler extends WireObject<V2HorizontalPodAutoscaler> {}

/** Horizontalpodautoscalers, `autoscaling/v2`. */
export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = defineKind<HorizontalPodAutoscaler>()({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  scope: "Namespaced",
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
});
