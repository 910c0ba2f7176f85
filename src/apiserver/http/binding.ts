import { keyOf } from "../../resource/key.ts";
import type { StoredObject } from "../storage/port.ts";
import { settleNamespace } from "./create.ts";
import { parseJson, type SentObject, toObject } from "./decode.ts";
import { type FieldError, requiredValue, unsupportedValue } from "./field-error.ts";
import { withCondition } from "./pod-condition.ts";
import { nodeOf, podAt } from "./pod-containers.ts";
import type { PodRoute } from "./route.ts";
import { badRequest, conflict, StatusError } from "./status-error.ts";
import { member } from "./strategy.ts";
import { checkWriteOptions } from "./write-options.ts";

const bindingKind = { group: "", version: "v1", kind: "Binding" };

/** The node that a binding names; kube-apiserver does not translate these errors: 500 without a reason. */
function targetOf(binding: SentObject): string {
  const { kind = "", name = "" } = member(binding, "target");
  const errors: FieldError[] = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(unsupportedValue("target.kind", kind, ["Node", "<empty>"]));
  }
  if (name === "" || typeof name !== "string") errors.push(requiredValue("target.name", ""));
  const texts = errors.map(({ field, body }) => `${field}: ${body}`);
  if (texts.length > 0) {
    throw new StatusError(500, "", texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`);
  }
  return String(name);
}

function checkFree({ namespace, name }: PodRoute, pod: StoredObject, binding: SentObject): void {
  const { uid } = binding.metadata;
  if (uid !== undefined && uid !== pod.metadata.uid) {
    throw conflict(
      { group: "", plural: "pods" },
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/pods/${namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  const refuse = (why: string): StatusError => conflict({ group: "", plural: "pods/binding" }, name, why);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const node = nodeOf(pod);
  if (node !== "") throw refuse(`pod ${name} is already assigned to node "${node}"`);
  const { schedulingGates } = member(pod, "spec");
  if (Array.isArray(schedulingGates) && schedulingGates.length > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
}

/**
 * Bind a pod to a node, as a scheduler does: `spec.nodeName`, and the condition `PodScheduled`.
 *
 * Labels and annotations of the binding become the pod's. Throws 404 for no such
 * pod and 409 for one that is bound already. The node need not exist.
 */
export function bind(route: PodRoute, params: URLSearchParams, body: string): void {
  const { resource, namespace, name } = route;
  const sent = toObject(bindingKind, parseJson(body, bindingKind.kind), false);
  const isDryRun = checkWriteOptions("CreateOptions", params);
  settleNamespace(sent, namespace);
  if (sent.metadata.name !== name) throw badRequest("name in URL does not match name in Binding object");
  const nodeName = targetOf(sent);
  const pod = podAt(resource, namespace, name);
  checkFree(route, pod, sent);
  if (isDryRun) return;
  const { labels, annotations } = sent.metadata;
  resource.storage.update(resource.kind, keyOf(namespace, name), (current) => {
    const bound: StoredObject & { spec: unknown } = {
      ...current,
      metadata: {
        ...current.metadata,
        ...(labels === undefined ? {} : { labels: { ...current.metadata.labels, ...labels } }),
        ...(annotations === undefined
          ? {}
          : { annotations: { ...current.metadata.annotations, ...annotations } }),
      },
      spec: { ...member(current, "spec"), nodeName },
    };
    return withCondition(bound, { type: "PodScheduled", status: "True", lastProbeTime: null });
  });
}
