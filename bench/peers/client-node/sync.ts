/** client-node: from the request until its informer has told of every object. */
import type { Informer, KubernetesObject } from "@kubernetes/client-node";
import { cpuMs, LoopDelay, report, sinceStartMs, task } from "../../contestants/contestant.ts";
import { configMapInformer, podInformer } from "./pods.ts";

const importedMs = sinceStartMs();
const delay = new LoopDelay();
const cpu = cpuMs();
const began = performance.now();
let left = task.objects;
const synced = Promise.withResolvers<void>();
function follow<T extends KubernetesObject>(informer: Informer<T>): void {
  informer.on("error", (error) => synced.reject(error));
  informer.on("add", () => {
    if (--left === 0) synced.resolve();
  });
  informer.start().catch((error) => synced.reject(error));
}
if (task.kind === "configmaps") follow(configMapInformer());
else follow(podInformer());
await synced.promise;
const syncMs = performance.now() - began;
const startToSyncedMs = sinceStartMs();
report({ syncMs, startToSyncedMs, importedMs, syncCpuMs: cpuMs() - cpu, ...(await delay.figures()) });
