/** 20 informers, and 1,000 GETs of which 100 run at once; how many connections that takes, the server counts. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { report, task } from "../contestant.ts";
import { connectOptions } from "./features.ts";

const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig, ...connectOptions() });
const pods = cluster.resources(Pod);
const informers = Array.from({ length: 20 }, (_, i) => pods.inNamespace(`ns-${i}`).informer());
await Promise.all(informers.map((informer) => informer.synced()));
const began = performance.now();
const pod = pods.inNamespace("ns-0").withName("web-0");
await Promise.all(
  Array.from({ length: 100 }, async () => {
    for (let i = 0; i < 10; i++) await pod.get();
  }),
);
report({ getsMs: performance.now() - began });
