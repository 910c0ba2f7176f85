import type { RequestInfo } from "./request-info.ts";
import type { ServedResource } from "./served-resource.ts";
import { badRequest, methodNotAllowed, notFound, notOffered } from "./status-error.ts";
import { isBuiltIn } from "./strategy.ts";

/** What to do, and with what. */
export interface Route {
  readonly verb: string;
  readonly resource: ServedResource;
  readonly subresource: "" | "status" | "scale";
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Subresources of a real kube-apiserver that need a kubelet, a scheduler or signing keys. */
const unoffered: Readonly<Record<string, readonly string[]>> = {
  pods: [
    ...["exec", "attach", "portforward", "proxy", "log", "eviction", "binding", "resize"],
    "ephemeralcontainers",
  ],
  nodes: ["proxy"],
  services: ["proxy"],
  namespaces: ["finalize"],
  serviceaccounts: ["token"],
  certificatesigningrequests: ["approval"],
};

const ofObject: readonly string[] = ["get", "update", "patch", "delete"];
const ofCollection: readonly string[] = ["list", "watch", "create", "deletecollection"];
const ofEverywhere: readonly string[] = ["list", "watch"];
const ofSubresource: readonly string[] = ["get", "update", "patch"];

function verbsAt(resource: ServedResource, info: RequestInfo): readonly string[] {
  const { kind } = resource;
  if (info.subresource !== "") return ofSubresource;
  if (info.name !== undefined) return ofObject;
  if (kind.scope === "Namespaced" && info.namespace === undefined) return ofEverywhere;
  return isBuiltIn(kind, "namespaces")
    ? ofCollection.filter((verb) => verb !== "deletecollection")
    : ofCollection;
}

/**
 * Find what a request is for; undefined where a kube-apiserver knows no such path.
 *
 * Throws 405 for a verb that the path does not have, and 501 for what a
 * kube-apiserver has there and this server does not.
 */
export function findRoute(resource: ServedResource | undefined, info: RequestInfo): Route | undefined {
  if (resource === undefined) return undefined;
  const { kind, strategy } = resource;
  const { verb, subresource, namespace, name } = info;
  const isNamespaced = kind.scope === "Namespaced";
  if (!isNamespaced && namespace !== undefined) return undefined;
  if (isNamespaced && namespace === undefined && name !== undefined) return undefined;
  if (subresource !== "" && subresource !== "status" && subresource !== "scale") {
    const [first = ""] = subresource.split("/");
    const isKnown = kind.group === "" || kind.group.endsWith(".k8s.io");
    if (isKnown && unoffered[kind.plural]?.includes(first)) {
      throw notOffered(`the subresource ${kind.plural}/${first}`);
    }
    if (strategy.isCustom) throw notFound(kind, name ?? "");
    return undefined;
  }
  if (subresource !== "" && !kind.subresources.includes(subresource)) {
    if (strategy.isCustom) throw notFound(kind, name ?? "");
    return undefined;
  }
  if (strategy.isCustom && name === undefined) {
    // Extension kinds have no routes of their own: their handler misses the name, or passes the path on.
    if (isNamespaced && namespace === undefined && !ofEverywhere.includes(verb)) return undefined;
    if (verb === "put" || verb === "patch") throw badRequest("name must be provided");
  }
  if (!verbsAt(resource, info).includes(verb)) throw methodNotAllowed();
  return { verb, resource, subresource, namespace, name };
}
