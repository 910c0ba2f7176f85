import { isJsonObject } from "../../base/json-object.ts";
import type { Kind } from "../../resource/kind.ts";
import type { ObjectMeta } from "../../resource/object.ts";
import { dns1035Label, dnsLabel, dnsSubdomain, type NameRule, pathSegmentName } from "./names.ts";

/** What differs between kinds when their objects are written; the rest is the same for all. */
export interface Strategy {
  /** A kind of an extension rather than one built into kube-apiserver. */
  readonly isCustom: boolean;
  readonly nameRule: NameRule;
  /** `metadata.generation` counts the changes of what is wished. */
  readonly hasGeneration: boolean;
  /** Annotations are copied to other objects, so that their change counts as a new generation. */
  readonly countsAnnotations: boolean;
  /** `status` is written through its own path only. */
  readonly hasStatus: boolean;
  /** A create may bring a status along, even where `status` has a path of its own. */
  readonly keepsStatusOnCreate: boolean;
  /** Metadata that a write of the status leaves as it is. */
  readonly statusKeeps: readonly (keyof ObjectMeta)[] | "all metadata";
  /** PUT without a resourceVersion replaces whatever is there. */
  readonly allowsUnconditionalUpdate: boolean;
  /** PUT of a name that is not there creates it. */
  readonly createsOnUpdate: boolean;
  /** DELETE answers with the object rather than with a Status. */
  readonly returnsDeleted: boolean;
}

const builtInGroups: ReadonlySet<string> = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

// Read from the strategies of kube-apiserver 1.36, by plural.
const withGeneration: ReadonlySet<string> = new Set([
  ...["pods", "podtemplates", "replicationcontrollers", "deployments", "replicasets", "statefulsets"],
  ...["daemonsets", "jobs", "cronjobs", "ingresses", "ingressclasses", "networkpolicies", "endpointslices"],
  ...["poddisruptionbudgets", "priorityclasses", "resourceslices", "deviceclasses", "flowschemas"],
  ...["prioritylevelconfigurations", "validatingadmissionpolicies", "mutatingadmissionpolicies"],
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations", "customresourcedefinitions"],
  ...["mutatingadmissionpolicybindings", "validatingadmissionpolicybindings"],
]);
const needsResourceVersion: ReadonlySet<string> = new Set([
  ...["clustertrustbundles", "runtimeclasses", "poddisruptionbudgets", "csidrivers", "csistoragecapacities"],
  ...["volumeattachments", "csinodes", "leases", "validatingadmissionpolicies", "mutatingadmissionpolicies"],
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
  ...["mutatingadmissionpolicybindings", "validatingadmissionpolicybindings"],
  ...["customresourcedefinitions", "apiservices"],
]);
const createdOnUpdate: ReadonlySet<string> = new Set([
  ...["runtimeclasses", "rolebindings", "clusterrolebindings", "roles", "clusterroles", "leases"],
  ...["limitranges", "events", "services", "endpoints"],
]);
const returned: ReadonlySet<string> = new Set([
  ...["pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "podtemplates"],
  ...["resourcequotas", "namespaces", "csidrivers", "csinodes", "storageclasses", "volumeattachments"],
  ...["volumeattributesclasses", "resourceslices", "resourceclaims", "deviceclasses"],
]);

function nameRuleOf(kind: Kind, isCustom: boolean): NameRule {
  if (isCustom) return dnsSubdomain;
  if (kind.group === "rbac.authorization.k8s.io") return pathSegmentName;
  if (kind.plural === "namespaces") return dnsLabel;
  if (kind.plural === "services") return dns1035Label;
  return dnsSubdomain;
}

function statusKeepsOf(kind: Kind, isCustom: boolean): Strategy["statusKeeps"] {
  if (isCustom || ["volumeattachments", "servicecidrs"].includes(kind.plural)) return "all metadata";
  if (kind.plural === "pods") return ["ownerReferences"];
  return kind.plural === "deployments" ? ["labels"] : [];
}

/** How objects of a kind are written; extension kinds follow the rules of custom resources. */
export function strategyOf(kind: Kind): Strategy {
  const isCustom = !builtInGroups.has(kind.group);
  return {
    isCustom,
    nameRule: nameRuleOf(kind, isCustom),
    hasGeneration: isCustom || withGeneration.has(kind.plural),
    countsAnnotations: !isCustom && kind.plural === "deployments",
    hasStatus: kind.subresources.includes("status"),
    keepsStatusOnCreate: !isCustom && kind.plural === "nodes",
    statusKeeps: statusKeepsOf(kind, isCustom),
    allowsUnconditionalUpdate: !isCustom && !needsResourceVersion.has(kind.plural),
    createsOnUpdate: !isCustom && createdOnUpdate.has(kind.plural),
    returnsDeleted: !isCustom && returned.has(kind.plural),
  };
}

/** Whether a kind is one of kube-apiserver's own, by its group and plural. */
export function isBuiltIn(kind: Kind, plural: string, group = ""): boolean {
  return kind.plural === plural && kind.group === group;
}

/** A member of an object that should be one itself; empty when it is not there. */
export function member(object: unknown, name: string): Record<string, unknown> {
  const value = isJsonObject(object) ? object[name] : undefined;
  return isJsonObject(value) ? value : {};
}
