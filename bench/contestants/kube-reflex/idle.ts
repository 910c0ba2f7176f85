/** 100 informers on which nothing happens: what they cost. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { cpuMs, memory, report, task } from "../contestant.ts";

const count = 100;
const windowMs = 1_500;
const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig });
const pods = cluster.resources(Pod);
// The first one pays for what all of them use.
const first = pods.inNamespace("ns-100").informer();
await first.synced();
const before = await memory();
const informers = Array.from({ length: count }, (_, i) => pods.inNamespace(`ns-${i}`).informer());
await Promise.all(informers.map((informer) => informer.synced()));
const cpu = cpuMs();
await new Promise((resolve) => setTimeout(resolve, windowMs));
const cpuPercent = ((cpuMs() - cpu) / windowMs) * 100;
const after = await memory();
report({
  cpuPercent,
  heapKBEach: (after.heap - before.heap) / count / 1000,
  rssKBEach: (after.rss - before.rss) / count / 1000,
});
