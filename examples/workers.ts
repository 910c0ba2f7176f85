/** Reconcile in worker threads: `node examples/workers.ts shop`. */
import { Cluster, type Controller } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

/** A controller that computes a slow hash of each config map that asks for it by a label. */
export function hashing(cluster: Cluster, namespace: string): Controller<ConfigMap> {
  return cluster
    .controller(ConfigMap, { name: "hashing" })
    .in(namespace)
    .withLabels("example.com/hash")
    .workers(2, new URL("./workers-reconcile.ts", import.meta.url)); // "./workers-reconcile.js", once compiled
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await hashing(cluster, namespace).run(stop.signal);
}
