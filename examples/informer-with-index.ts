/** Keep an indexed copy of pods and react to their changes: `node examples/informer-with-index.ts shop n1`. */
import { once } from "node:events";
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Print changes until `signal` aborts, and first how many pods `node` has. */
export async function followPods(
  cluster: Cluster,
  namespace: string,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  const informer = pods.informer({ indexers: { node: (pod) => pod.spec?.nodeName } });

  informer.on("ADDED", (pod, { initial }) => print(initial ? "found" : "added", pod));
  informer.on("MODIFIED", (pod, previous) => print(`was ${previous.status?.phase}`, pod));
  informer.on("DELETED", (pod, { finalStateUnknown }) => print(finalStateUnknown ? "lost" : "deleted", pod));

  await informer.synced({ timeoutMs: 30_000 }); // rejects at once with a 401, 403 or 404
  console.log(informer.store.byIndex("node", node).length, "pods on", node, informer.health().state);

  await once(signal, "abort"); // handlers are called meanwhile, one at a time and in order
  await informer.stop(); // and from here on none
}

/** Beside it, a listener at its own pace; it shares the list and the watch. */
export async function auditPods(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const informer = cluster.resources(Pod).inNamespace(namespace).informer();
  informer.on("health", ({ state }) => console.log("the informer is", state));
  informer.on("error", (error) => console.warn("being repaired:", error.message));

  const audit = informer.listen(
    { added: (pod) => print("audit: added", pod), deleted: (pod) => print("audit: deleted", pod) },
    { name: "audit", delivery: "latest", retry: { attempts: 5 } },
  );
  await informer.synced();
  await audit.synced();

  const { state, resourceVersion, lists, watches, listeners } = informer.health();
  console.log(state, "at", resourceVersion, { lists, watches }, listeners.length, "listeners");

  await once(signal, "abort");
  await audit.remove();
  await informer.stop({ graceMs: 5_000 });
}

function print(what: string, pod: Pod): void {
  console.log(what, pod.metadata.name, pod.status?.phase);
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", node = "n1"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await Promise.all([
    followPods(cluster, namespace, node, stop.signal),
    auditPods(cluster, namespace, stop.signal),
  ]);
}
