import type { V1CertificateSigningRequest } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** A request to have a certificate signed. */
export interface CertificateSigningRequest extends WireObject<V1CertificateSigningRequest> {}

/** What `certificatesigningrequests` have beside the object itself. */
export type CertificateSigningRequestSubresource = "approval" | "status";

/** `certificatesigningrequests` of `certificates.k8s.io/v1`. */
export const CertificateSigningRequest: Kind<
  CertificateSigningRequest,
  CertificateSigningRequestSubresource
> = /* @__PURE__ */ defineKind<CertificateSigningRequest>()({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  scope: "Cluster",
  shortNames: ["csr"],
  subresources: ["approval", "status"],
});
