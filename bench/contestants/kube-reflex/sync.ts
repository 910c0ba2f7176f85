/** From the request to a synced store. */
import { Cluster } from "kube-reflex";
import { ConfigMap, Pod } from "kube-reflex/kinds";
import { cpuMs, LoopDelay, report, sinceStartMs, task } from "../contestant.ts";
import { connectOptions, informerOptions } from "./features.ts";

const importedMs = sinceStartMs();
const delay = new LoopDelay();
const cpu = cpuMs();
const began = performance.now();
const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig, ...connectOptions() });
const informer =
  task.kind === "configmaps"
    ? cluster.resources(ConfigMap).informer(informerOptions<ConfigMap>())
    : cluster.resources(Pod).informer(informerOptions<Pod>());
await informer.synced({ timeoutMs: 300_000 });
const syncMs = performance.now() - began;
const startToSyncedMs = sinceStartMs();
if (informer.store.size !== task.objects) throw new Error(`has ${informer.store.size} of ${task.objects}`);
report({ syncMs, startToSyncedMs, importedMs, syncCpuMs: cpuMs() - cpu, ...(await delay.figures()) });
