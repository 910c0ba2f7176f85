import type { V1EndpointSlice } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** A part of the addresses behind a service. */
export interface EndpointSlice extends WireObject<V1EndpointSlice> {}

/** `endpointslices` of `discovery.k8s.io/v1`. */
export const EndpointSlice: Kind<EndpointSlice, never> = /* @__PURE__ */ defineKind<EndpointSlice>()({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  scope: "Namespaced",
});
