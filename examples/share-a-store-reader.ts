/** The thread of share-a-store.ts: reads the pods that the main thread follows. */
import { parentPort, workerData } from "node:worker_threads";
import { SharedStore } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";

export interface Question {
  readonly node: string;
  /** The state that the answer must include. */
  readonly resourceVersion: string;
}

export interface Answer {
  readonly names: readonly (string | undefined)[];
  readonly size: number;
  readonly resourceVersion: string;
}

const pods = SharedStore.attach<Pod>(workerData.pods);

parentPort?.on("message", async ({ node, resourceVersion }: Question) => {
  await pods.waitFor(resourceVersion, { timeoutMs: 10_000 });
  using state = pods.snapshot(); // one state for all three reads
  const names = state.byIndex("node", node).map(({ metadata }) => metadata.name);
  const answer: Answer = { names, size: state.size, resourceVersion: state.resourceVersion };
  parentPort?.postMessage(answer);
});
