/**
 * Reconciles in worker threads beside those in this thread: `node bench/workers.ts [keys] [rounds] [ms]`.
 *
 * Each reconcile computes for about 2 ms. Each round does all keys in this thread,
 * in one worker, in two and so on, one after the other, because machines are
 * shared and noisy; the ratios within a round, and their median, are what counts.
 * The processor time of all threads together says what the way to the workers and
 * back costs, on a machine that is busy with other things too.
 */
import { availableParallelism } from "node:os";
import { Cluster } from "kube-reflex";
import { TestApiServer } from "kube-reflex/testing";
import { roundsFor } from "./workers/compute.ts";
import reconcile from "./workers/reconcile.ts";
import { Widget } from "./workers/widget.ts";

const [keys = 1000, rounds = 5, ms = 2] = process.argv.slice(2).map(Number);
const module = new URL("./workers/reconcile.ts", import.meta.url);
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
const counts = [0, ...(availableParallelism() > 2 ? [1, 2, 4] : [1, 2])];

await using server = await TestApiServer.start({ kinds: [Widget], namespaces: ["shop"] });
const size = roundsFor(ms);
for (let i = 0; i < keys; i++) {
  server.create(Widget, { metadata: { namespace: "shop", name: `w-${i}` }, spec: { size } });
}
await using cluster = await Cluster.connect({ server: server.url });

interface Figures {
  readonly ms: number;
  readonly cpuMs: number;
}

/** How long all keys take, but for the first fifth of them. */
async function figuresOf(workers: number): Promise<Figures> {
  const builder = cluster.controller(Widget, { log });
  const controller = workers === 0 ? builder.reconcile(reconcile) : builder.workers(workers, module);
  const stop = new AbortController();
  let count = 0;
  let beganAt = 0;
  let figures: Figures = { ms: Number.NaN, cpuMs: Number.NaN };
  let cpu = process.cpuUsage();
  controller.on("reconciled", ({ error }) => {
    if (error !== undefined) throw error;
    count++;
    // The first ones compile the code, in each thread anew.
    if (count === Math.floor(keys / 5)) {
      beganAt = performance.now();
      cpu = process.cpuUsage();
    }
    if (count < keys) return;
    const { user, system } = process.cpuUsage(cpu);
    figures = { ms: performance.now() - beganAt, cpuMs: (user + system) / 1000 };
    stop.abort();
  });
  await controller.run(stop.signal);
  return figures;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const figures = new Map<number, Figures[]>(counts.map((count) => [count, []]));
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const count of counts) {
    const measured = await figuresOf(count);
    if (round > 0) figures.get(count)?.push(measured);
  }
}

const measured = keys - Math.floor(keys / 5);
const here = figures.get(0) ?? [];
console.log(
  `node ${process.version}, ${availableParallelism()} cores, ${measured} keys of ${ms} ms, ${rounds} rounds; medians, and ratios within a round\n`,
);
console.log("                reconciles/s   CPU ms a key   to this thread (lowest to highest)");
for (const [count, all] of figures) {
  const ratios = all.map(({ ms: took }, round) => (here[round]?.ms ?? Number.NaN) / took);
  const name = count === 0 ? "this thread" : `${count} worker${count === 1 ? "" : "s"}`;
  const rate = Math.round((measured / median(all.map((one) => one.ms))) * 1000).toLocaleString("en");
  const cpu = (median(all.map((one) => one.cpuMs)) / measured).toFixed(2);
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `${name.padEnd(16)}${rate.padStart(12)}   ${cpu.padStart(12)}   ${median(ratios).toFixed(2).padStart(6)} (${spread})`,
  );
}
