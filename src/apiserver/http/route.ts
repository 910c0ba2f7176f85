import type { Kind } from "../../resource/kind.ts";
import type { RequestInfo } from "./request-info.ts";
import type { ServedResource } from "./served-resource.ts";
import { badRequest, methodNotAllowed, notFound, notOffered } from "./status-error.ts";
import { isBuiltIn } from "./strategy.ts";

/** What to do, and with what. */
export type Route = ObjectRoute | PodRoute;

/** What to do with objects of a kind, their status or their scale. */
export interface ObjectRoute {
  readonly verb: string;
  readonly resource: ServedResource;
  readonly subresource: "" | "status" | "scale";
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** What to do with one pod beside reading and writing it. */
export interface PodRoute {
  readonly verb: string;
  readonly resource: ServedResource;
  readonly subresource: PodSubresource;
  readonly namespace: string;
  readonly name: string;
}

/** What pods have beside a status. */
export type PodSubresource = "attach" | "binding" | "eviction" | "exec" | "log" | "portforward";

const ofPods: Readonly<Record<PodSubresource, readonly string[]>> = {
  attach: ["create", "get"],
  binding: ["create"],
  eviction: ["create"],
  exec: ["create", "get"],
  log: ["get"],
  portforward: ["create", "get"],
};

function isOfPods(kind: Kind, subresource: string): subresource is PodSubresource {
  return isBuiltIn(kind, "pods") && Object.hasOwn(ofPods, subresource);
}

/** Whether a route leads to one pod's eviction, log, process … */
export function isOfPod(route: Route): route is PodRoute {
  return isOfPods(route.resource.kind, route.subresource);
}

/** The verbs that discovery names for a subresource; none for those that are not offered. */
export function subresourceVerbs(kind: Kind, subresource: string): readonly string[] {
  if (isOfPods(kind, subresource)) return ofPods[subresource];
  return subresource === "status" || subresource === "scale" ? ofSubresource.toSorted() : [];
}

/** Subresources of a real kube-apiserver that need a kubelet, or signing keys. */
const unoffered: Readonly<Record<string, readonly string[]>> = {
  pods: ["proxy", "resize", "ephemeralcontainers"],
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
  const verbs =
    info.name !== undefined
      ? ofObject
      : kind.scope === "Namespaced" && info.namespace === undefined
        ? ofEverywhere
        : ofCollection;
  return verbs.filter((verb) => kind.verbs.includes(verb));
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
  if (isOfPods(kind, subresource)) {
    if (name === undefined || namespace === undefined) return undefined;
    if (!subresourceVerbs(kind, subresource).includes(verb)) throw methodNotAllowed();
    return { verb, resource, subresource, namespace, name };
  }
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
