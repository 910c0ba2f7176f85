/** Keep a count of each deployment's running pods in a ConfigMap that it owns: `node examples/controller.ts shop`. */
import { Cluster, createOrApply } from "kube-reflex";
import { ConfigMap, Deployment, Pod } from "kube-reflex/kinds";

export async function countPods(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  await cluster
    .controller(Deployment)
    .in(namespace)
    .owns(ConfigMap)
    .watches(Pod, ({ metadata: { labels } }) => (labels?.app ? `${namespace}/${labels.app}` : undefined))
    .concurrency(4)
    .reconcile(async ({ object: deployment, name, cluster }) => {
      if (deployment === undefined) return; // it is gone, and what it owned goes with it
      const pods = cluster.store(Pod).list({ namespace, labels: `app=${name}` });
      const running = pods.filter((pod) => pod.status?.phase === "Running").length;
      const counts = { metadata: { name, namespace }, data: { running: String(running) } };
      const owner = { object: deployment, kind: Deployment };
      await createOrApply(cluster.resources(ConfigMap), counts, { owner, fieldManager: "pod-counter" });
      console.log(name, "has", running, "running pods");
      return { requeueAfterMs: 3_600_000 }; // thrown errors are tried again sooner, with a delay per deployment
    })
    .run(signal);
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await countPods(cluster, namespace, stop.signal);
}
