import { parentPort, workerData } from "node:worker_threads";
import { KubeError } from "../../src/base/errors.ts";
import type { SharedReader } from "../../src/shared-store/shared-reader.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { faultOf, faultOfState, lastingCount, lastingKey, type Marked, shards } from "./stress-state.ts";

/** What a reader has done. */
export interface StressReport {
  gets: number;
  lists: number;
  snapshots: number;
  waits: number;
  /** Snapshots and lists that were given up because this thread stood still for too long. */
  timeouts: number;
  readonly faults: string[];
}

const getsPerRound = 2_000;

function snapshotOf(reader: SharedReader<Marked>, report: StressReport): void {
  const snapshot = reader.snapshot();
  const { resourceVersion, size } = snapshot;
  const objects = snapshot.list();
  const note = (fault: string | undefined): void => {
    if (fault !== undefined) report.faults.push(fault);
  };
  note(faultOfState(objects, resourceVersion));
  if (size !== objects.length) note(`size ${size} of ${objects.length}`);
  if (snapshot.resourceVersion !== resourceVersion) note("the snapshot moved");
  let found = 0;
  for (const shard of shards) {
    const under = snapshot.byIndex("shard", shard);
    found += under.length;
    if (under.some((object) => object.shard !== shard)) note(`under ${shard} at ${resourceVersion}`);
  }
  if (found !== objects.length) note(`${found} under shards of ${objects.length} at ${resourceVersion}`);
  let seen = 0;
  for (const object of snapshot) {
    note(faultOf(object));
    seen++;
  }
  if (seen !== objects.length) note(`iterated over ${seen} of ${objects.length}`);
  snapshot.release();
  report.snapshots++;
}

function getsOf(reader: SharedReader<Marked>, report: StressReport): void {
  for (let times = 0; times < getsPerRound; times++) {
    const before = Number(reader.resourceVersion);
    const object = reader.get(lastingKey(Math.floor(Math.random() * lastingCount)));
    const after = Number(reader.resourceVersion);
    const fault = object === undefined ? "a lasting object is missing" : faultOf(object);
    if (fault !== undefined) report.faults.push(fault);
    if (before > after) report.faults.push(`back from ${before} to ${after}`);
    if (Number(object?.metadata?.resourceVersion) > after) report.faults.push("an object ahead of its state");
    report.gets++;
  }
}

async function read(reader: SharedReader<Marked>, stop: Int32Array): Promise<StressReport> {
  const report: StressReport = { gets: 0, lists: 0, snapshots: 0, waits: 0, timeouts: 0, faults: [] };
  while (Atomics.load(stop, 0) === 0 && report.faults.length === 0) {
    try {
      getsOf(reader, report);
      snapshotOf(reader, report);
      for (const object of reader.list({ namespace: "ns-3" })) {
        const fault = faultOf(object);
        if (fault !== undefined) report.faults.push(fault);
      }
      report.lists++;
    } catch (error) {
      if (!KubeError.is(error) || error.code !== "TIMEOUT") throw error;
      report.timeouts++;
    }
    const next = Number(reader.resourceVersion) + 1;
    await reader.waitFor(String(next)).catch((error: unknown) => {
      if (Atomics.load(stop, 0) === 0) report.faults.push(`waiting: ${String(error)}`);
    });
    if (Number(reader.resourceVersion) < next && Atomics.load(stop, 0) === 0) {
      report.faults.push(`woken before ${next}`);
    }
    report.waits++;
  }
  return report;
}

const reader = SharedStore.attach<Marked>(workerData.handle, { freeze: false });
parentPort?.postMessage(await read(reader, new Int32Array(workerData.stop)));
