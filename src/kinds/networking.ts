import type {
  V1Ingress,
  V1IngressClass,
  V1IPAddress,
  V1NetworkPolicy,
  V1ServiceCIDR,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Rules that lead HTTP traffic to services. */
export interface Ingress extends WireObject<V1Ingress> {}

/** `ingresses` of `networking.k8s.io/v1`. */
export const Ingress: Kind<Ingress, "status"> = /* @__PURE__ */ defineKind<Ingress>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  scope: "Namespaced",
  shortNames: ["ing"],
  subresources: ["status"],
});

/** Which controller serves an Ingress. */
export interface IngressClass extends WireObject<V1IngressClass> {}

/** `ingressclasses` of `networking.k8s.io/v1`. */
export const IngressClass: Kind<IngressClass, never> = /* @__PURE__ */ defineKind<IngressClass>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  scope: "Cluster",
});

/** Which traffic pods may receive and send. */
export interface NetworkPolicy extends WireObject<V1NetworkPolicy> {}

/** `networkpolicies` of `networking.k8s.io/v1`. */
export const NetworkPolicy: Kind<NetworkPolicy, never> = /* @__PURE__ */ defineKind<NetworkPolicy>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  scope: "Namespaced",
  shortNames: ["netpol"],
});

/** An address handed out to a service. */
export interface IPAddress extends WireObject<V1IPAddress> {}

/** `ipaddresses` of `networking.k8s.io/v1`. */
export const IPAddress: Kind<IPAddress, never> = /* @__PURE__ */ defineKind<IPAddress>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  scope: "Cluster",
  shortNames: ["ip"],
});

/** A range that addresses of services come from. */
export interface ServiceCIDR extends WireObject<V1ServiceCIDR> {}

/** `servicecidrs` of `networking.k8s.io/v1`. */
export const ServiceCIDR: Kind<ServiceCIDR, "status"> = /* @__PURE__ */ defineKind<ServiceCIDR>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  scope: "Cluster",
  subresources: ["status"],
});
