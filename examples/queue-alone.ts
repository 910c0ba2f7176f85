/** Use the queue between a reflector and a store, and one that keeps only the newest of each key. */
import { type Delta, DeltaFIFO, Store } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";
import { podRecord } from "./store-alone.ts";

/** Write what waits to the store, in the order it arrived. */
export function drain(queue: DeltaFIFO<Delta<Pod>>, store: Store<Pod>): void {
  for (let delta = queue.pop(); delta !== undefined; delta = queue.pop()) {
    write(delta, store);
    queue.done(delta); // only what is written is done, and only that counts as synced
  }
}

function write(delta: Delta<Pod>, store: Store<Pod>): void {
  if (delta.type === "REPLACED") store.replace(delta.records, delta.resourceVersion);
  else if (delta.type === "BOOKMARK") store.setResourceVersion(delta.resourceVersion);
  else if (delta.type === "DELETED") store.delete(delta.key, delta.resourceVersion);
  else if (delta.type !== "SYNC") store.upsert(delta);
}

/** Queue a list and a change, and write both. */
export async function listThenChange(): Promise<Store<Pod>> {
  const store = new Store<Pod>();
  const records = [podRecord("web-0", "n1", "7")];
  const queue = new DeltaFIFO<Delta<Pod>>({ highWaterMark: 10_000 });
  queue.push({ type: "REPLACED", records, resourceVersion: "9", isFirst: true });
  queue.push({ type: "BOOKMARK", resourceVersion: "12" });
  drain(queue, store);
  await queue.whenBelowHighWater(); // where a producer waits that must not run ahead
  return store;
}

interface Reading {
  readonly type: "READING";
  readonly key: string;
  readonly value: number;
}

/** Keep what is newest of each key, at the place of the oldest. */
export function newestReadings(readings: readonly Reading[]): Reading[] {
  const queue = new DeltaFIFO<Reading>({ coalesce: "always", merge: (_waiting, next) => next });
  for (const reading of readings) queue.push(reading);
  return Array.from({ length: queue.length }, () => queue.pop()).filter((reading) => reading !== undefined);
}
