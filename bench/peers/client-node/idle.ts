/** client-node: 100 informers on which nothing happens. */
import { CoreV1Api, type Informer, makeInformer, type V1Pod } from "@kubernetes/client-node";
import { cpuMs, memory, report } from "../../contestants/contestant.ts";
import { kubeConfig } from "./pods.ts";

const count = 100;
const windowMs = 1_500;
const config = kubeConfig();
const api = config.makeApiClient(CoreV1Api);
function informerOf(namespace: string): Informer<V1Pod> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  return makeInformer(config, path, () => api.listNamespacedPod({ namespace }));
}
await informerOf("ns-100").start();
const before = await memory();
for (let i = 0; i < count; i++) await informerOf(`ns-${i}`).start();
const cpu = cpuMs();
await new Promise((resolve) => setTimeout(resolve, windowMs));
const cpuPercent = ((cpuMs() - cpu) / windowMs) * 100;
const after = await memory();
report({
  cpuPercent,
  heapKBEach: (after.heap - before.heap) / count / 1000,
  rssKBEach: (after.rss - before.rss) / count / 1000,
});
