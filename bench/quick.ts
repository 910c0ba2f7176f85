/**
 * In-process figures in under a minute: `npm run bench:quick`.
 *
 * Rounds of the things compared alternate in one process, because machines are
 * shared and noisy; the medians and their ratio are what counts.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Cluster, type Transport } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { asChunks, benchPod, endMarker, frame } from "./pods.ts";

const objects = 10_000;
const events = 30_000;
const rounds = 7;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const perSecond = (count: number, ms: number): number => (count / ms) * 1000;
const whole = (value: number): string => Math.round(value).toLocaleString("en");

function collectGarbage(): void {
  globalThis.gc?.();
}

/** Answers each watch with the chunks, then stays silent until it is aborted. */
function streaming(chunks: readonly Buffer[]): Transport {
  return async ({ signal }) => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: (async function* () {
      for (const chunk of chunks) {
        yield chunk;
        // A socket gives the event loop its turn between two reads.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      signal?.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    })(),
  });
}

interface RoundResult {
  readonly syncMs: number;
  readonly eventsMs: number;
}

/** The floor: parse each frame and keep the newest object of each key. */
function parseAndRetain(initial: readonly Buffer[], changes: readonly Buffer[]): RoundResult {
  const kept = new Map<string, unknown>();
  const take = (bytes: Buffer): void => {
    const { object } = JSON.parse(bytes.toString("utf8"));
    kept.set(`${object.metadata.namespace}/${object.metadata.name}`, object);
  };
  const start = performance.now();
  for (const bytes of initial) take(bytes);
  const synced = performance.now();
  for (const bytes of changes) take(bytes);
  return { syncMs: synced - start, eventsMs: performance.now() - synced };
}

/** From bytes through every stage to a handler of every event. */
async function informerRound(initial: readonly Buffer[], changes: readonly Buffer[]): Promise<RoundResult> {
  const all = [...asChunks([...initial, endMarker(objects)]), ...asChunks(changes)];
  const cluster = await Cluster.connect({ transport: streaming(all) });
  const informer = cluster.resources(Pod).informer({ listen: { highWaterMark: objects + events } });
  const { promise: done, resolve } = Promise.withResolvers<number>();
  let handled = 0;
  informer.on("ADDED", () => {});
  informer.on("MODIFIED", () => {
    if (++handled === events) resolve(performance.now());
  });
  const start = performance.now();
  await informer.synced();
  const synced = performance.now();
  const end = await done;
  if (informer.store.size !== objects)
    throw new Error(`expected ${objects} objects, got ${informer.store.size}`);
  await cluster.close();
  return { syncMs: synced - start, eventsMs: end - synced };
}

/** From bytes to the handler of a plain watch, nothing stored. */
async function watchRound(changes: readonly Buffer[]): Promise<number> {
  const cluster = await Cluster.connect({ transport: streaming(asChunks(changes)) });
  const watch = cluster.resources(Pod).watch({ resourceVersion: "1" });
  const { promise: done, resolve } = Promise.withResolvers<number>();
  let handled = 0;
  const start = performance.now();
  watch.on("MODIFIED", () => {
    if (++handled === events) resolve(performance.now());
  });
  const end = await done;
  await watch.stop();
  await cluster.close();
  return end - start;
}

/** How long a fresh process takes to import a module, in milliseconds. */
function importMs(specifier: string): number {
  const code = `const t = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - t);`;
  const root = fileURLToPath(new URL("..", import.meta.url));
  return Number(
    execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root, encoding: "utf8" }),
  );
}

const initial = Array.from({ length: objects }, (_, i) => frame("ADDED", benchPod(i, i + 1)));
const changes = Array.from({ length: events }, (_, i) =>
  frame("MODIFIED", benchPod((i * 7919) % objects, objects + i + 1)),
);
const bytesEach = changes.reduce((sum, bytes) => sum + bytes.length, 0) / events;
console.log(
  `node ${process.version}, ${objects} pods of ${whole(bytesEach)} bytes, ${events} events, ${rounds} rounds\n`,
);

const floor: number[] = [];
const informer: number[] = [];
const watch: number[] = [];
const sync: number[] = [];
parseAndRetain(initial, changes.slice(0, 5000));
for (let round = 0; round < rounds; round++) {
  collectGarbage();
  floor.push(parseAndRetain(initial, changes).eventsMs);
  collectGarbage();
  const result = await informerRound(initial, changes);
  informer.push(result.eventsMs);
  sync.push(result.syncMs);
  collectGarbage();
  watch.push(await watchRound(changes));
}

const floorRate = perSecond(events, median(floor));
const report = (name: string, ms: number[]): void => {
  const rate = perSecond(events, median(ms));
  // Round by round, since the machine's speed drifts; the spread says how much to believe.
  const ratios = ms.map((value, i) => (floor[i] ?? Number.NaN) / value);
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `${name.padEnd(44)} ${whole(rate).padStart(8)} events/s   ratio ${median(ratios).toFixed(2)} (${spread})`,
  );
};
console.log(
  `${"JSON.parse, newest of each kept in a Map".padEnd(44)} ${whole(floorRate).padStart(8)} events/s   ratio 1.00`,
);
report("watch: every event handled", watch);
report("informer: stored, every event handled", informer);
console.log(
  `${`sync ${whole(objects)} pods (streaming list)`.padEnd(44)} ${whole(median(sync)).padStart(8)} ms`,
);

const undici: number[] = [];
const ours: number[] = [];
for (let round = 0; round < 9; round++) {
  undici.push(importMs("undici"));
  ours.push(importMs("./dist/index.js"));
}
console.log(`${"import undici".padEnd(44)} ${whole(median(undici)).padStart(8)} ms`);
console.log(
  `${"import dist/index.js".padEnd(44)} ${whole(median(ours)).padStart(8)} ms   ` +
    `${(median(ours) - median(undici)).toFixed(1)} ms more than undici`,
);
