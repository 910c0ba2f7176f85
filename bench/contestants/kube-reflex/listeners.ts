/** How late events come to a fast listener, alone or beside one that takes 50 ms for each. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { cpuMs, go, lastKey, report, task } from "../contestant.ts";

const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig });
const informer = cluster.resources(Pod).informer();
const delaysUs: number[] = [];
const now = (): number => Number(process.hrtime.bigint() / 1000n);
const { promise: done, resolve } = Promise.withResolvers<void>();
informer.listen({
  modified: ({ metadata }) => {
    delaysUs.push(now() - Number(metadata.annotations?.["bench.example.com/sent-us"]));
  },
  added: ({ metadata }, { initial }) => {
    if (!initial && `${metadata.namespace}/${metadata.name}` === lastKey) resolve();
  },
});
if (task.variant === "slow") {
  informer.listen({ modified: () => new Promise((wake) => setTimeout(wake, 50)) });
}
await informer.synced();
const cpu = cpuMs();
await go();
await done;
// The first few meet code that has not run yet.
const sorted = delaysUs.slice(1_000).sort((a, b) => a - b);
const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1000;
report({ p50Ms: at(0.5), p99Ms: at(0.99), eventsCpuMs: cpuMs() - cpu });
