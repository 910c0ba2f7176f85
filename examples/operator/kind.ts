/** The custom resource of the operator, as crd.yaml defines it. */
import { type Condition, defineKind, type Kind, type KubeObject, type ObjectMeta } from "kube-reflex";

/** A page that is served under a host name. */
export interface Website extends KubeObject {
  metadata: ObjectMeta;
  spec: { host: string; html: string; replicas?: number };
  status?: WebsiteStatus;
}

export interface WebsiteStatus {
  /** The generation that all else here is about. */
  observedGeneration?: number;
  availableReplicas?: number;
  conditions?: Condition[];
}

export const Website: Kind<Website, "status"> = defineKind<Website>()({
  group: "example.com",
  version: "v1",
  kind: "Website",
  plural: "websites",
  scope: "Namespaced",
  subresources: ["status"],
});
