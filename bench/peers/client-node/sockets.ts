/** client-node: 20 informers, and 1,000 GETs of which 100 run at once. */
import { CoreV1Api, makeInformer } from "@kubernetes/client-node";
import { report } from "../../contestants/contestant.ts";
import { kubeConfig } from "./pods.ts";

const config = kubeConfig();
const api = config.makeApiClient(CoreV1Api);
for (let i = 0; i < 20; i++) {
  const namespace = `ns-${i}`;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await makeInformer(config, path, () => api.listNamespacedPod({ namespace })).start();
}
const began = performance.now();
await Promise.all(
  Array.from({ length: 100 }, async () => {
    for (let i = 0; i < 10; i++) await api.readNamespacedPod({ namespace: "ns-0", name: "web-0" });
  }),
);
report({ getsMs: performance.now() - began });
