/** Change an object that others write as well: `node examples/edit-with-retry.ts shop settings colour blue`. */
import { Cluster, retryOnConflict } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

/** Set one entry; where somebody else writes in between, it is read and set anew. */
export async function setEntry(
  cluster: Cluster,
  namespace: string,
  name: string,
  key: string,
  value: string,
): Promise<ConfigMap> {
  const settings = cluster.resources(ConfigMap).inNamespace(namespace).withName(name);
  return settings.edit((read) => {
    read.data = { ...read.data, [key]: value };
  });
}

/** The same for a change of more than one object: read everything anew in each attempt. */
export async function moveEntry(
  cluster: Cluster,
  namespace: string,
  key: string,
  names: { readonly from: string; readonly to: string },
): Promise<void> {
  const settings = cluster.resources(ConfigMap).inNamespace(namespace);
  await retryOnConflict(async () => {
    const from = await settings.withName(names.from).get();
    const to = await settings.withName(names.to).get();
    const { [key]: value, ...rest } = from.data ?? {};
    if (value === undefined) return;
    await settings.replace({ ...to, data: { ...to.data, [key]: value } });
    await settings.replace({ ...from, data: rest });
  });
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "settings", key = "colour", value = "blue"] = process.argv.slice(2);
  console.log((await setEntry(cluster, namespace, name, key, value)).data);
}
