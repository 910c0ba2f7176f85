import { type FieldSelector, fieldValue } from "../../resource/field-selector.ts";
import { type Kind, resourceName } from "../../resource/kind.ts";
import { badRequest } from "./status-error.ts";
import { strategyOf } from "./strategy.ts";

const labels: Readonly<Record<string, readonly string[]>> = {
  pods: [
    ...["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"],
    ...[
      "spec.host",
      "spec.hostNetwork",
      "status.phase",
      "status.podIP",
      "status.podIPs",
      "status.nominatedNodeName",
    ],
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  replicationcontrollers: ["status.replicas"],
  events: [
    ...["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid"],
    ...["involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath"],
    ...["reason", "reportingComponent", "source", "type"],
  ],
  "events.events.k8s.io": [
    ...["regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion"],
    ...["regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type"],
  ],
  "jobs.batch": ["status.successful"],
  "certificatesigningrequests.certificates.k8s.io": ["spec.signerName"],
};

// Where a label of a selector is not simply the path of a field.
const paths: Readonly<Record<string, string>> = {
  "events source": "source.component",
  "jobs status.successful": "status.succeeded",
};

// What a field reads as while it is absent: Go leaves out what is false or 0.
const absent: Readonly<Record<string, string>> = {
  "spec.unschedulable": "false",
  "spec.hostNetwork": "false",
  "status.replicas": "0",
  "status.successful": "0",
};

/** How the selectable fields of a kind are read from its objects. */
export function fieldReaderOf(kind: Kind): (object: unknown, path: string) => string {
  return (object, path) => {
    const value = fieldValue(object, paths[`${kind.plural} ${path}`] ?? path);
    return value === "" ? (absent[path] ?? "") : value;
  };
}

function isKnown(kind: Kind, path: string): boolean {
  if (path === "metadata.name") return true;
  if (path === "metadata.namespace") return kind.scope === "Namespaced";
  return labels[resourceName(kind)]?.includes(path) ?? false;
}

function unsupported(kind: Kind, path: string): string {
  if (kind.plural === "jobs" && kind.group === "batch")
    return `field label ${JSON.stringify(path)} not supported for Job`;
  const hasOwnWords = labels[resourceName(kind)] !== undefined || strategyOf(kind).isCustom;
  return hasOwnWords
    ? `field label not supported: ${path}`
    : `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/**
 * A field selector with its labels checked for the kind.
 *
 * Throws 400 for a label that kube-apiserver does not know of the kind.
 */
export function fieldsOf(kind: Kind, selector: FieldSelector): FieldSelector {
  return selector.map((requirement) => {
    const { path } = requirement;
    if (!isKnown(kind, path)) throw badRequest(unsupported(kind, path));
    // An old name that clients still send.
    return path === "spec.host" ? { ...requirement, path: "spec.nodeName" } : requirement;
  });
}
