/** Follow objects of which only the metadata matters: `node examples/follow-metadata.ts`. */
import { once } from "node:events";
import { Cluster } from "kube-reflex";
import { Secret } from "kube-reflex/kinds";

/** Print the names of secrets as they come and go; what they hold never leaves the server. */
export async function followNames(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const informer = cluster.resources(Secret).metadata().informer();
  informer.on("ADDED", ({ metadata }) => console.log("+", metadata.namespace, metadata.name));
  informer.on("DELETED", ({ metadata }) => console.log("-", metadata.namespace, metadata.name));
  await informer.synced();
  if (!signal.aborted) await once(signal, "abort");
  await informer.stop();
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await followNames(cluster, stop.signal);
}
