import type { V1SelfSubjectReview, V1TokenReview } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { Wire } from "./wire.ts";

/** Asks whose a token is. */
export interface TokenReview extends Wire<V1TokenReview> {}

/** `tokenreviews` of `authentication.k8s.io/v1`. */
export const TokenReview: Kind<TokenReview, never> = /* @__PURE__ */ defineKind<TokenReview>()({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  scope: "Cluster",
  verbs: ["create"],
});

/** Asks who the server takes the caller for. */
export interface SelfSubjectReview extends Wire<V1SelfSubjectReview> {}

/** `selfsubjectreviews` of `authentication.k8s.io/v1`. */
export const SelfSubjectReview: Kind<SelfSubjectReview, never> =
  /* @__PURE__ */ defineKind<SelfSubjectReview>()({
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    scope: "Cluster",
    verbs: ["create"],
  });
