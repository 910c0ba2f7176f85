/** Reach a port of a pod from here: `node examples/port-forward.ts shop web-0 80`. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Ask the program behind a pod's port for a page, through a local port that exists as long as it takes. */
export async function fetchFromPod(
  cluster: Cluster,
  namespace: string,
  name: string,
  port: number,
  path: string,
): Promise<string> {
  const pod = cluster.resources(Pod).inNamespace(namespace).withName(name);
  await using forward = await pod.portForward(port);
  const local = await forward.listen();
  const response = await fetch(`http://127.0.0.1:${local.port}${path}`, { headers: { connection: "close" } });
  return response.text();
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "web-0", port = "80"] = process.argv.slice(2);
  console.log(await fetchFromPod(cluster, namespace, name, Number(port), "/"));
}
