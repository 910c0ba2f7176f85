import type { V1HorizontalPodAutoscaler, V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Scales a workload by metrics. */
export interface HorizontalPodAutoscaler extends WireObject<V2HorizontalPodAutoscaler> {}

/** `horizontalpodautoscalers` of `autoscaling/v2`. */
export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler, "status"> =
  /* @__PURE__ */ defineKind<HorizontalPodAutoscaler>()({
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    scope: "Namespaced",
    shortNames: ["hpa"],
    categories: ["all"],
    subresources: ["status"],
  });

/** Scales a workload by its use of processors, in the older form; see also `HorizontalPodAutoscaler`. */
export interface AutoscalingV1HorizontalPodAutoscaler extends WireObject<V1HorizontalPodAutoscaler> {}

/** `horizontalpodautoscalers` of `autoscaling/v1`. */
export const AutoscalingV1HorizontalPodAutoscaler: Kind<AutoscalingV1HorizontalPodAutoscaler, "status"> =
  /* @__PURE__ */ defineKind<AutoscalingV1HorizontalPodAutoscaler>()({
    group: "autoscaling",
    version: "v1",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    scope: "Namespaced",
    shortNames: ["hpa"],
    categories: ["all"],
    subresources: ["status"],
  });
