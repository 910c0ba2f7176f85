import { KubeError } from "../base/errors.ts";
import type { LeaseObject } from "./lease.ts";

/** The namespace of the nodes' heartbeats. */
export const heartbeatNamespace = "kube-node-lease";

/** Written by kube-apiservers to the leases that say which of them are alive. */
const apiServerLabel = "apiserver.kubernetes.io/identity";

/** The labels by which Kubernetes tells one application from another; they do not change with its version. */
const applicationLabels = ["app.kubernetes.io/name", "app.kubernetes.io/instance"] as const;

/** What else a lease is used for, in words; `undefined` where nothing says so. */
function otherUse(lease: LeaseObject, labels: Readonly<Record<string, string>>): string | undefined {
  const { namespace, ownerReferences = [], labels: found = {} } = lease.metadata;
  const node = ownerReferences.find(({ kind, apiVersion }) => kind === "Node" && apiVersion === "v1");
  if (node !== undefined) return `it is the heartbeat of the node ${JSON.stringify(node.name)}`;
  if (namespace === heartbeatNamespace) return `the leases in ${heartbeatNamespace} are nodes' heartbeats`;
  if (found[apiServerLabel] !== undefined) return "it says that an API server is alive";
  if (lease.spec?.strategy) return "its holder is chosen by the server's coordinated leader election";
  const other = applicationLabels.find((key) => {
    const [theirs, ours] = [found[key], labels[key]];
    return theirs !== undefined && ours !== undefined && theirs !== ours;
  });
  if (other === undefined) return undefined;
  return `its label ${other} is ${JSON.stringify(found[other])}, not ${JSON.stringify(labels[other])}`;
}

/** The error for a lease that is not for this election. */
export function ownedByAnother(step: string, why: string): KubeError {
  return new KubeError(
    "OWNED_BY_ANOTHER",
    `${step}: ${why}; nothing was written. Choose a name that nothing else uses.`,
  );
}

/**
 * Throw `OWNED_BY_ANOTHER` where a lease shows that it is for something else.
 *
 * A node's heartbeat, an API server's, one of the server's coordinated election,
 * and one whose application labels name another application than ours do. What
 * another program's elector writes without labels looks like ours: it is
 * somebody who holds the lease.
 */
export function expectOwnUse(
  step: string,
  lease: LeaseObject,
  labels: Readonly<Record<string, string>>,
): void {
  const why = otherUse(lease, labels);
  if (why !== undefined) throw ownedByAnother(step, why);
}
