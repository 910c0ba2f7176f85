import { keyOf } from "../../resource/key.ts";
import type { StoredObject } from "../storage/port.ts";
import type { ServedResource } from "./served-resource.ts";
import { badRequest, notFound, StatusError } from "./status-error.ts";
import { member } from "./strategy.ts";

function named(pod: StoredObject, field: string): string[] {
  const containers = member(pod, "spec")[field];
  if (!Array.isArray(containers)) return [];
  return containers.map((container: unknown) => String(member({ container }, "container").name ?? ""));
}

/** Find a pod; throws 404. */
export function podAt({ kind, storage }: ServedResource, namespace: string, name: string): StoredObject {
  const pod = storage.get(kind, keyOf(namespace, name));
  if (pod === undefined) throw notFound(kind, name);
  return pod;
}

/**
 * Find which container of a pod is meant; throws 400, in kube-apiserver's words.
 *
 * The only one where none is named. Annotations for a default are for clients.
 */
export function containerOf(pod: StoredObject, asked: string): string {
  const own = named(pod, "containers");
  const others = [...named(pod, "initContainers"), ...own, ...named(pod, "ephemeralContainers")];
  const name = pod.metadata.name ?? "";
  if (asked !== "") {
    if (others.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = own;
  if (only !== undefined && own.length === 1 && others.length === 1) return only;
  const choice = `choose one of: [${others.join(" ")}]`;
  throw badRequest(`a container name must be specified for pod ${name}, ${choice}`);
}

/** The node that a pod is on; "" where nobody has placed it yet. */
export function nodeOf(pod: StoredObject): string {
  const { nodeName } = member(pod, "spec");
  return typeof nodeName === "string" ? nodeName : "";
}

/**
 * What kube-apiserver answers when it looks for the kubelet of a pod and there is none.
 *
 * Undefined for a pod that is on no node, which is told differently for logs and for processes.
 */
export function noKubelet({ kind, storage }: ServedResource, pod: StoredObject): StatusError | undefined {
  const node = nodeOf(pod);
  if (node === "") return undefined;
  // The name of the node under the kind of the pod: kube-apiserver's own mistake.
  if (storage.get({ group: "", plural: "nodes" }, node) === undefined) return notFound(kind, node);
  return new StatusError(500, "", "no preferred addresses found; known addresses: []");
}
