import type {
  ResourceV1ResourceClaim,
  V1DeviceClass,
  V1ResourceClaimTemplate,
  V1ResourceSlice,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** A claim to devices, such as GPUs, that pods share or own. */
export interface ResourceClaim extends WireObject<ResourceV1ResourceClaim> {}

/** `resourceclaims` of `resource.k8s.io/v1`. */
export const ResourceClaim: Kind<ResourceClaim, "status"> = /* @__PURE__ */ defineKind<ResourceClaim>()({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  scope: "Namespaced",
  subresources: ["status"],
});

/** A template for the claims that pods bring along. */
export interface ResourceClaimTemplate extends WireObject<V1ResourceClaimTemplate> {}

/** `resourceclaimtemplates` of `resource.k8s.io/v1`. */
export const ResourceClaimTemplate: Kind<ResourceClaimTemplate, never> =
  /* @__PURE__ */ defineKind<ResourceClaimTemplate>()({
    group: "resource.k8s.io",
    version: "v1",
    kind: "ResourceClaimTemplate",
    plural: "resourceclaimtemplates",
    scope: "Namespaced",
  });

/** Which devices a claim may ask for by one name, and how they are set up. */
export interface DeviceClass extends WireObject<V1DeviceClass> {}

/** `deviceclasses` of `resource.k8s.io/v1`. */
export const DeviceClass: Kind<DeviceClass, never> = /* @__PURE__ */ defineKind<DeviceClass>()({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  scope: "Cluster",
});

/** The devices that one driver offers, on a node or in the network. */
export interface ResourceSlice extends WireObject<V1ResourceSlice> {}

/** `resourceslices` of `resource.k8s.io/v1`. */
export const ResourceSlice: Kind<ResourceSlice, never> = /* @__PURE__ */ defineKind<ResourceSlice>()({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  scope: "Cluster",
});
