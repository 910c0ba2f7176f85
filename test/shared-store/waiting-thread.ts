import { parentPort, workerData } from "node:worker_threads";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import type { Pod } from "../store/pods.ts";

/** Tells of each state that it has waited for; where `pins`, it stays in the middle of a read then. */
const reader = SharedStore.attach<Pod>(workerData.handle);
parentPort?.on("message", async (resourceVersion: string) => {
  if (resourceVersion === "pin") {
    const snapshot = reader.snapshot();
    parentPort?.postMessage(["pinned", snapshot.size]);
    return;
  }
  const waits = reader.waitFor(resourceVersion);
  parentPort?.postMessage("waits");
  const outcome = await waits.then(
    () => [reader.resourceVersion, reader.keys().sort()],
    (error: { code: string }) => error.code,
  );
  parentPort?.postMessage(outcome);
});
parentPort?.postMessage("ready");
