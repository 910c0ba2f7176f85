import type {
  V1MutatingAdmissionPolicy,
  V1MutatingAdmissionPolicyBinding,
  V1MutatingWebhookConfiguration,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingWebhookConfiguration,
} from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Webhooks that may change objects before they are stored. */
export interface MutatingWebhookConfiguration extends WireObject<V1MutatingWebhookConfiguration> {}

/** `mutatingwebhookconfigurations` of `admissionregistration.k8s.io/v1`. */
export const MutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration, never> =
  /* @__PURE__ */ defineKind<MutatingWebhookConfiguration>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    scope: "Cluster",
    categories: ["api-extensions"],
  });

/** Webhooks that may refuse objects. */
export interface ValidatingWebhookConfiguration extends WireObject<V1ValidatingWebhookConfiguration> {}

/** `validatingwebhookconfigurations` of `admissionregistration.k8s.io/v1`. */
export const ValidatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration, never> =
  /* @__PURE__ */ defineKind<ValidatingWebhookConfiguration>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    scope: "Cluster",
    categories: ["api-extensions"],
  });

/** Expressions that change objects before they are stored. */
export interface MutatingAdmissionPolicy extends WireObject<V1MutatingAdmissionPolicy> {}

/** `mutatingadmissionpolicies` of `admissionregistration.k8s.io/v1`. */
export const MutatingAdmissionPolicy: Kind<MutatingAdmissionPolicy, never> =
  /* @__PURE__ */ defineKind<MutatingAdmissionPolicy>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingAdmissionPolicy",
    plural: "mutatingadmissionpolicies",
    scope: "Cluster",
    categories: ["api-extensions"],
  });

/** Where a mutating policy holds, and with which parameters. */
export interface MutatingAdmissionPolicyBinding extends WireObject<V1MutatingAdmissionPolicyBinding> {}

/** `mutatingadmissionpolicybindings` of `admissionregistration.k8s.io/v1`. */
export const MutatingAdmissionPolicyBinding: Kind<MutatingAdmissionPolicyBinding, never> =
  /* @__PURE__ */ defineKind<MutatingAdmissionPolicyBinding>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingAdmissionPolicyBinding",
    plural: "mutatingadmissionpolicybindings",
    scope: "Cluster",
    categories: ["api-extensions"],
  });

/** Expressions that refuse objects. */
export interface ValidatingAdmissionPolicy extends WireObject<V1ValidatingAdmissionPolicy> {}

/** `validatingadmissionpolicies` of `admissionregistration.k8s.io/v1`. */
export const ValidatingAdmissionPolicy: Kind<ValidatingAdmissionPolicy, "status"> =
  /* @__PURE__ */ defineKind<ValidatingAdmissionPolicy>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingAdmissionPolicy",
    plural: "validatingadmissionpolicies",
    scope: "Cluster",
    categories: ["api-extensions"],
    subresources: ["status"],
  });

/** Where a validating policy holds, and with which parameters. */
export interface ValidatingAdmissionPolicyBinding extends WireObject<V1ValidatingAdmissionPolicyBinding> {}

/** `validatingadmissionpolicybindings` of `admissionregistration.k8s.io/v1`. */
export const ValidatingAdmissionPolicyBinding: Kind<ValidatingAdmissionPolicyBinding, never> =
  /* @__PURE__ */ defineKind<ValidatingAdmissionPolicyBinding>()({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingAdmissionPolicyBinding",
    plural: "validatingadmissionpolicybindings",
    scope: "Cluster",
    categories: ["api-extensions"],
  });
