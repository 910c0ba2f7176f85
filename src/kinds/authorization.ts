import type {
  V1LocalSubjectAccessReview,
  V1SelfSubjectAccessReview,
  V1SelfSubjectRulesReview,
  V1SubjectAccessReview,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { Wire } from "./wire.ts";

/** Asks whether somebody may do something. */
export interface SubjectAccessReview extends Wire<V1SubjectAccessReview> {}

/** `subjectaccessreviews` of `authorization.k8s.io/v1`. */
export const SubjectAccessReview: Kind<SubjectAccessReview, never> =
  /* @__PURE__ */ defineKind<SubjectAccessReview>()({
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SubjectAccessReview",
    plural: "subjectaccessreviews",
    scope: "Cluster",
    verbs: ["create"],
  });

/** Asks whether somebody may do something in one namespace. */
export interface LocalSubjectAccessReview extends Wire<V1LocalSubjectAccessReview> {}

/** `localsubjectaccessreviews` of `authorization.k8s.io/v1`. */
export const LocalSubjectAccessReview: Kind<LocalSubjectAccessReview, never> =
  /* @__PURE__ */ defineKind<LocalSubjectAccessReview>()({
    group: "authorization.k8s.io",
    version: "v1",
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    scope: "Namespaced",
    verbs: ["create"],
  });

/** Asks whether the caller may do something. */
export interface SelfSubjectAccessReview extends Wire<V1SelfSubjectAccessReview> {}

/** `selfsubjectaccessreviews` of `authorization.k8s.io/v1`. */
export const SelfSubjectAccessReview: Kind<SelfSubjectAccessReview, never> =
  /* @__PURE__ */ defineKind<SelfSubjectAccessReview>()({
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    scope: "Cluster",
    verbs: ["create"],
  });

/** Asks for all that the caller may do in one namespace. */
export interface SelfSubjectRulesReview extends Wire<V1SelfSubjectRulesReview> {}

/** `selfsubjectrulesreviews` of `authorization.k8s.io/v1`. */
export const SelfSubjectRulesReview: Kind<SelfSubjectRulesReview, never> =
  /* @__PURE__ */ defineKind<SelfSubjectRulesReview>()({
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    scope: "Cluster",
    verbs: ["create"],
  });
