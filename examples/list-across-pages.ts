/** Read a collection of any size, one page in memory at a time: `node examples/list-across-pages.ts`. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Count the pods of each node, over all namespaces. */
export async function podsPerNode(cluster: Cluster, pageSize = 500): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const pod of cluster.resources(Pod).items({ pageSize })) {
    const node = pod.spec?.nodeName ?? "(none)";
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

/** Where names, labels or owners are all that matters, the rest need not be sent. */
export async function labelsOf(cluster: Cluster, namespace: string): Promise<Record<string, string>[]> {
  const { items } = await cluster.resources(Pod).inNamespace(namespace).metadata().list();
  return items.map(({ metadata }) => metadata.labels ?? {});
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  for (const [node, count] of await podsPerNode(cluster)) console.log(node, count);
}
