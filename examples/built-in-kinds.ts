/** Name what is wanted by a kind: its objects are typed from there on. */
import type { Cluster, Kind, KubeObject } from "kube-reflex";
import { builtInKinds, Deployment, Pod } from "kube-reflex/kinds";

/** The pods that a deployment means by the label `app`. */
export async function podsOf(cluster: Cluster, namespace: string, name: string): Promise<Pod[]> {
  const deployments = cluster.resources(Deployment).inNamespace(namespace);
  const deployment: Deployment = await deployments.withName(name).get();
  const app = deployment.spec?.selector.matchLabels?.app ?? name;
  const pods = await cluster.resources(Pod).inNamespace(namespace).withLabel("app", app).list();
  return pods.items;
}

/** Count the objects of any kind, with one page of them in memory at a time. */
export async function count<T extends KubeObject>(cluster: Cluster, kind: Kind<T>): Promise<number> {
  let count = 0;
  for await (const _object of cluster.resources(kind).items({ pageSize: 500 })) count++;
  return count;
}

/** The kind that a command line names: `Pod`, `pods` or `po`. */
export function kindNamed(name: string): Kind | undefined {
  return builtInKinds.find(({ kind, plural, shortNames }) => [kind, plural, ...shortNames].includes(name));
}
