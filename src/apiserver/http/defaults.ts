import type { Kind } from "../../resource/kind.ts";
import { isBuiltIn, member } from "./strategy.ts";

/** An object while it is being written: JSON of its own, not shared with anyone. */
export type Draft = Record<string, unknown>;

const scaled: ReadonlySet<string> = new Set(["deployments", "replicasets", "statefulsets"]);

/** Fill the fields that clients notice when they are missing; not all that kube-apiserver fills. */
export function applyDefaults(kind: Kind, draft: Draft): void {
  if (isBuiltIn(kind, "pods")) {
    draft.spec = {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      schedulerName: "default-scheduler",
      enableServiceLinks: true,
      securityContext: {},
      ...member(draft, "spec"),
    };
  } else if (isBuiltIn(kind, "secrets")) {
    draft.type ??= "Opaque";
  } else if (isBuiltIn(kind, "services")) {
    draft.spec = { type: "ClusterIP", sessionAffinity: "None", ...member(draft, "spec") };
  } else if (isBuiltIn(kind, "namespaces")) {
    labelNamespace(draft);
  } else if (kind.group === "apps" && scaled.has(kind.plural)) {
    draft.spec = { replicas: 1, ...member(draft, "spec") };
  } else if (isBuiltIn(kind, "replicationcontrollers")) {
    draft.spec = { replicas: 1, ...member(draft, "spec") };
  }
}

function labelNamespace(draft: Draft): void {
  const metadata = member(draft, "metadata");
  const labels = member(metadata, "labels");
  draft.metadata = { ...metadata, labels: { ...labels, "kubernetes.io/metadata.name": metadata.name } };
}

/** How sure a Pod is of what it uses: all limits set and asked for, some of it, or nothing. */
function qosClassOf(pod: Draft): string {
  const spec = member(pod, "spec");
  const lists = [spec.containers, spec.initContainers].filter(Array.isArray);
  const resources = lists.flat().map((container) => member(container, "resources"));
  const names = ["cpu", "memory"];
  const isGuaranteed = resources.every((one) => {
    const [limits, requests] = [member(one, "limits"), member(one, "requests")];
    return names.every(
      (name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name],
    );
  });
  if (isGuaranteed && resources.length > 0) return "Guaranteed";
  const isUsing = resources.some((one) =>
    names.some((name) => member(one, "limits")[name] ?? member(one, "requests")[name]),
  );
  return isUsing ? "Burstable" : "BestEffort";
}

/** The status a built-in kind's object begins with. */
export function initialStatus(kind: Kind, draft: Draft): Draft {
  if (isBuiltIn(kind, "pods")) return { phase: "Pending", qosClass: qosClassOf(draft) };
  if (isBuiltIn(kind, "persistentvolumeclaims")) return { phase: "Pending" };
  if (isBuiltIn(kind, "persistentvolumes")) return { phase: "Pending" };
  if (isBuiltIn(kind, "namespaces")) return { phase: "Active" };
  if (isBuiltIn(kind, "services") || isBuiltIn(kind, "ingresses", "networking.k8s.io")) {
    return { loadBalancer: {} };
  }
  if (isBuiltIn(kind, "replicationcontrollers")) return { replicas: 0 };
  if (kind.group === "apps" && (kind.plural === "replicasets" || kind.plural === "statefulsets")) {
    return { replicas: 0 };
  }
  return {};
}
