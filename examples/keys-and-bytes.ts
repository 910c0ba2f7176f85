/** Follow pods by their keys, and keep them as bytes: `node examples/keys-and-bytes.ts shop web`. */
import { once } from "node:events";
import { Cluster, dropFields, labelIndex, metadataIndex } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

/** Print the keys of what changes until `signal` aborts, and the newest state of those of one app. */
export async function followKeys(
  cluster: Cluster,
  namespace: string,
  app: string,
  signal: AbortSignal,
): Promise<void> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  const informer = pods.informer({
    store: "bytes", // kept outside the heap, and parsed when they are read
    transform: dropFields("metadata.managedFields"), // cut out of the bytes: neither parsed nor kept
    indexers: {
      app: labelIndex("app"),
      owner: metadataIndex(({ ownerReferences }) => ownerReferences?.map(({ uid }) => uid)),
    },
  });

  const waiting = new Set<string>();
  informer.listen({
    changed(key, { type, initial }) {
      console.log(initial ? "found" : type.toLowerCase(), key);
      waiting.add(key); // no pod was parsed for this, however often it changes
    },
  });
  await informer.synced();
  console.log(informer.store.indexKeys("app", app).length, "of", informer.store.size, "are", app);

  await once(signal, "abort");
  for (const key of waiting) {
    const pod = informer.store.get(key); // parsed here, its newest state alone
    console.log(key, pod === undefined ? "is gone" : pod.status?.phase);
  }
  await informer.stop();
}

/** Count changes: `on` takes the same handler under the name CHANGED. */
export async function countChanges(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<number> {
  let changes = 0;
  const informer = cluster.resources(Pod).inNamespace(namespace).informer();
  informer.on("CHANGED", (_key, { initial }) => {
    if (!initial) changes += 1;
  });
  await informer.synced();
  await once(signal, "abort");
  await informer.stop();
  return changes;
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", app = "web"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await followKeys(cluster, namespace, app, stop.signal);
}
