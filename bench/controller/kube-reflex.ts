/** A reconcile that only reads its object, for every pod of the server; prints what client-go/main.go prints. */
import { readFileSync } from "node:fs";
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";

const [server = "", count = "10000", workers = "1"] = process.argv.slice(2);
const objects = Number(count);
const start = performance.now();
const stop = new AbortController();
const cluster = await Cluster.connect({ server });
let reconciled = 0;
let begunAt = 0;
let endedAt = 0;
await cluster
  .controller(Pod)
  .concurrency(Number(workers))
  .reconcile(({ key, object }) => {
    if (begunAt === 0) begunAt = performance.now();
    if (object !== undefined && object.metadata.name === "") throw new Error(`${key} has no name`);
    if (++reconciled < objects) return;
    endedAt = performance.now();
    stop.abort();
  })
  .run(stop.signal);
await cluster.close();
const [, peakKib = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
console.log(
  JSON.stringify({
    syncMs: begunAt - start,
    reconcileMs: endedAt - begunAt,
    totalMs: endedAt - start,
    peakBytes: Number(peakKib) * 1024,
  }),
);
