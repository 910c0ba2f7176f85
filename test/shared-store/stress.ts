import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { SharedStore, type SharedStoreStats } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import type { StressReport } from "./stress-reader.ts";
import { History, type Marked } from "./stress-state.ts";

/** How long, and with how many readers. */
export interface StressOptions {
  readonly durationMs: number;
  readonly readers: number;
  /** In the middle of it, so many readers are ended as they are, and as many others begun. */
  readonly deaths?: number;
}

/** What came of it. */
export interface StressResult extends StressReport {
  readonly writes: number;
  readonly durationMs: number;
  readonly mostWaitingBytes: number;
  readonly stats: SharedStoreStats;
}

const writesPerTurn = 200;

/** One writer, and readers in threads of their own who check all that they read. */
export async function stress({ durationMs, readers, deaths = 0 }: StressOptions): Promise<StressResult> {
  const indexers = { shard: (object: Marked) => object.shard };
  const store = new Store<Marked, typeof indexers>({ indexers });
  const history = new History();
  store.replace(history.all(), String(history.version));
  const shared = new SharedStore<Marked>(store, {
    maxBytes: 2 ** 28,
    longestReadMs: 1_000,
  });
  const stop = new SharedArrayBuffer(4);
  const reports: Promise<StressReport>[] = [];
  const begin = (): Worker => {
    const workerData = { handle: shared.handle, stop };
    return new Worker(new URL("./stress-reader.ts", import.meta.url), { workerData });
  };
  const expectReport = (worker: Worker): void => {
    reports.push(once(worker, "message").then(([report]) => report));
  };
  const doomed = Array.from({ length: deaths }, begin);
  for (let count = deaths; count < readers; count++) expectReport(begin());

  const start = performance.now();
  let mostWaitingBytes = 0;
  while (performance.now() - start < durationMs) {
    for (let count = 0; count < writesPerTurn; count++) {
      const write = history.next();
      const version = String(history.version);
      if (write.type === "put") store.upsert(write.record);
      else if (write.type === "remove") store.delete(write.key, version);
      else store.replace(write.records, version);
    }
    mostWaitingBytes = Math.max(mostWaitingBytes, shared.stats().waitingBytes);
    if (performance.now() - start > durationMs / 2) {
      for (const worker of doomed.splice(0)) {
        await worker.terminate();
        expectReport(begin());
      }
    }
    await new Promise(setImmediate);
  }
  const lastedMs = performance.now() - start;
  Atomics.store(new Int32Array(stop), 0, 1);
  shared.close();
  const done = await Promise.all(reports);
  const sum = (field: "gets" | "lists" | "snapshots" | "waits" | "timeouts"): number =>
    done.reduce((total, report) => total + report[field], 0);
  return {
    writes: history.version,
    durationMs: lastedMs,
    mostWaitingBytes,
    stats: shared.stats(),
    gets: sum("gets"),
    lists: sum("lists"),
    snapshots: sum("snapshots"),
    waits: sum("waits"),
    timeouts: sum("timeouts"),
    faults: done.flatMap(({ faults }) => faults),
  };
}
