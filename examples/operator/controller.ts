/** The operator's controller: what wakes it, and what it then does. */
import { type Cluster, type Controller, type Logger, predicates } from "kube-reflex";
import { ConfigMap, Deployment, Service } from "kube-reflex/kinds";
import { Website } from "./kind.ts";
import { type Outside, websiteCleanup, websiteReconciler } from "./reconcile.ts";

export interface WebsiteControllerOptions {
  /** Of which namespaces; none: of all. */
  readonly namespaces?: readonly string[];
  readonly log?: Logger;
}

export function websiteController(
  cluster: Cluster,
  outside: Outside,
  { namespaces = [], log }: WebsiteControllerOptions = {},
): Controller<Website> {
  const labels = "app.kubernetes.io/managed-by=website-operator";
  const websites = cluster.controller(Website, { log });
  return (namespaces.length === 0 ? websites : websites.in(...namespaces))
    .where(predicates.generationChanged) // not the status that it writes itself
    .owns(Deployment, { labels })
    .owns(Service, { labels })
    .owns(ConfigMap, { labels })
    .finalizer("example.com/dns-name", websiteCleanup(outside))
    .concurrency(4)
    .reconcile(websiteReconciler(outside));
}
