/** Follow a pod's log: `node examples/follow-logs.ts shop web-0`. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Print the last ten lines and then what comes, until the container ends or `signal` aborts. */
export async function followLog(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const pod = cluster.resources(Pod).inNamespace(namespace).withName(name);
  try {
    for await (const line of pod.logs({ follow: true, tailLines: 10, signal })) console.log(line);
  } catch (error) {
    if (!signal.aborted) throw error; // a followed log that breaks is no end of the log
  }
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "web-0"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await followLog(cluster, namespace, name, stop.signal);
}
