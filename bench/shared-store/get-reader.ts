import { parentPort, workerData } from "node:worker_threads";
import type { KubeObject } from "../../src/resource/object.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";

/** Reads one object after the other, parsed, until it is told to stop; says how many. */
const { handle, keys, stop } = workerData;
const reader = SharedStore.attach<KubeObject>(handle, { freeze: false });
const flag = new Int32Array(stop);
let reads = 0;
parentPort?.postMessage("ready");
while (Atomics.load(flag, 0) === 0) {
  for (let times = 0; times < 100; times++) {
    const key = keys[Math.imul(++reads, 7919) % keys.length];
    if (reader.get(key)?.metadata?.name === undefined) throw new Error(`${key} is not there`);
  }
}
parentPort?.postMessage(reads);
