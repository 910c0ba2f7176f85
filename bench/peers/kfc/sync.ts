/** KFC: from the request until its callback has been told of every object. */
import { cpuMs, LoopDelay, report, sinceStartMs, task } from "../../contestants/contestant.ts";

process.env.KUBECONFIG = task.kubeconfig;
const { K8s, kind } = await import("kubernetes-fluent-client");
const importedMs = sinceStartMs();
const delay = new LoopDelay();
const cpu = cpuMs();
const began = performance.now();
let left = task.objects;
const synced = Promise.withResolvers<void>();
const watcher = K8s(task.kind === "configmaps" ? kind.ConfigMap : kind.Pod).Watch(() => {
  if (--left === 0) synced.resolve();
});
watcher.events.on("list_error", (error) => synced.reject(error));
watcher.start().catch((error) => synced.reject(error));
await synced.promise;
const syncMs = performance.now() - began;
const startToSyncedMs = sinceStartMs();
report({ syncMs, startToSyncedMs, importedMs, syncCpuMs: cpuMs() - cpu, ...(await delay.figures()) });
