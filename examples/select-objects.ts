/** Narrow a handle step by step; each step is a new one, so that one base serves many. */
import type { Cluster, ResourceHandle } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Handles of one namespace's web pods. */
export function webPods(cluster: Cluster, namespace: string): Record<string, ResourceHandle<Pod>> {
  const web = cluster.resources(Pod).inNamespace(namespace).withLabel("app", "web");
  const canaries = web.withLabel("track", ["canary", "beta"]);
  const stable = web.withLabel("track", { not: "canary" }).withLabel("broken", { exists: false });
  const running = web.withField("status.phase", "Running");
  const same = cluster.resources(Pod).inNamespace(namespace).withLabels("app=web,track in (canary, beta)");
  return { web, canaries, stable, running, same };
}
