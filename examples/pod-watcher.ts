/** Follow one namespace's pods as a stream of events: `node examples/pod-watcher.ts shop`. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Print changes until `signal` aborts. */
export async function watchPods(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  const { metadata } = await pods.list();

  const watch = pods.watch({ resourceVersion: metadata.resourceVersion, signal });
  watch.on("ADDED", (pod) => console.log("added", pod.metadata.name));
  watch.on("MODIFIED", async (pod) => {
    // Awaited before the next event of the stream is handled.
    await report(pod);
  });
  watch.on("DELETED", (pod) => console.log("deleted", pod.metadata.name));
  watch.on("ERROR", (error) => console.warn(error.code, error.message));

  await watch.closed; // resolves when stopped, rejects at 410: then list again
}

async function report(pod: Pod): Promise<void> {
  console.log("modified", pod.metadata.name, pod.status?.phase);
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await watchPods(cluster, process.argv[2] ?? "default", stop.signal);
}
