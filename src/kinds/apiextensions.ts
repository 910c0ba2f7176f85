import type { V1CustomResourceDefinition } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Adds a kind to the API. */
export interface CustomResourceDefinition extends WireObject<V1CustomResourceDefinition> {}

/** `customresourcedefinitions` of `apiextensions.k8s.io/v1`. */
export const CustomResourceDefinition: Kind<CustomResourceDefinition, "status"> =
  /* @__PURE__ */ defineKind<CustomResourceDefinition>()({
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    scope: "Cluster",
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    subresources: ["status"],
  });
