import type { V1APIService } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Has another server serve one version of an API group. */
export interface APIService extends WireObject<V1APIService> {}

/** `apiservices` of `apiregistration.k8s.io/v1`. */
export const APIService: Kind<APIService, "status"> = /* @__PURE__ */ defineKind<APIService>()({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  scope: "Cluster",
  categories: ["api-extensions"],
  subresources: ["status"],
});
