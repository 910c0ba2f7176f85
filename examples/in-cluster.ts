/** Run in a pod: the service account is found by itself, its token read again as it is rotated. */
import { Cluster } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

/** Print what the pod's own namespace has, under the name of the program that asks. */
export async function printOwnSettings(cluster: Cluster): Promise<void> {
  const settings = cluster.resources(ConfigMap).inNamespace(cluster.namespace);
  for await (const { metadata, data } of settings.items()) {
    console.log(metadata.name, Object.keys(data ?? {}).join(", "));
  }
}

if (import.meta.main) {
  await using cluster = await Cluster.connect({ userAgent: "settings-printer/1.0" });
  await printOwnSettings(cluster);
}
