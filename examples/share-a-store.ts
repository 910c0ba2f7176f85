/** Let a worker thread read an informer's store: `node examples/share-a-store.ts shop n1`. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Cluster, SharedStore } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import type { Answer, Question } from "./share-a-store-reader.ts";

/** Ask a thread for the pods of a node, then create one there and ask again; returns what it answered. */
export async function askThread(cluster: Cluster, namespace: string, node: string): Promise<Answer[]> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  const informer = pods.informer({ store: "bytes", indexers: { node: (pod) => pod.spec?.nodeName } });
  await informer.synced();

  using shared = new SharedStore(informer.store, { maxBytes: 2 ** 30, name: "pods" });
  // The file as it is when it runs: `./share-a-store-reader.js` once it is compiled.
  const reader = new Worker(new URL("./share-a-store-reader.ts", import.meta.url), {
    workerData: { pods: shared.handle },
  });

  const ask = async (resourceVersion: string): Promise<Answer> => {
    const question: Question = { node, resourceVersion };
    reader.postMessage(question);
    const [answer] = await once(reader, "message");
    return answer;
  };
  const before = await ask(informer.store.resourceVersion);

  const spec = { nodeName: node, containers: [{ name: "web", image: "web:1" }] };
  const { metadata } = await pods.create({ metadata: { generateName: "web-" }, spec });
  const after = await ask(metadata.resourceVersion ?? ""); // includes that pod

  const { usedBytes, maxBytes, problem } = shared.stats();
  console.log(usedBytes, "bytes of", maxBytes, problem?.message ?? "");

  await reader.terminate();
  await informer.stop();
  return [before, after];
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", node = "n1"] = process.argv.slice(2);
  for (const answer of await askThread(cluster, namespace, node)) console.log(answer);
}
