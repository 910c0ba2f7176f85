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

/** Ingresses, `networking.k8s.io/v1`. */
export const Ingress: Kind<Ingress> = defineKind<Ingress>()({
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

/** Ingressclasses, `networking.k8s.io/v1`. */
export const IngressClass: Kind<IngressClass> = defineKind<IngressClass>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  scope: "Cluster",
});

/** Which traffic pods may receive and send. */
export interface NetworkPolicy extends WireObject<V1NetworkPolicy> {}

/** Networkpolicies, `networking.k8s.io/v1`. */
export const NetworkPolicy: Kind<NetworkPolicy> = defineKind<NetworkPolicy>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  scope: "Namespaced",
  shortNames: ["netpol"],
});

/** An address handed out to a service. */
export interface IPAddress extends WireObject<V1IPAddress> {}

/** Ipaddresses, `networking.k8s.io/v1`. */
export const IPAddress: Kind<IPAddress> = defineKind<IPAddress>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  scope: "Cluster",
  shortNames: ["ip"],
});

/** A range that addresses of services come from. */
export interface ServiceCIDR extends WireObject<V1ServiceCIDR> {}

/** Servicecidrs, `networking.k8s.io/v1`. */
export const ServiceCIDR: Kind<ServiceCIDR> = defineKind<ServiceCIDR>()({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  scope: "Cluster",
  subresources: ["status"],
});
