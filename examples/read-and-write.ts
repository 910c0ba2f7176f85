/** Read and write objects, with errors told apart by what they say. */
import { ApiError, type Cluster } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

/** Set one entry of a config map, which is created where it is missing. */
export async function setEntry(
  cluster: Cluster,
  name: string,
  key: string,
  value: string,
): Promise<ConfigMap> {
  const settings = cluster.resources(ConfigMap).inNamespace("shop");
  try {
    return await settings.withName(name).patch({ merge: { data: { [key]: value } } }, { timeoutMs: 10_000 });
  } catch (error) {
    if (!ApiError.is(error) || error.status !== 404) throw error;
    return settings.create({ metadata: { name }, data: { [key]: value } });
  }
}
