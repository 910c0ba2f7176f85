/**
 * What a key costs in a work queue, by the number of keys in it: `npm run bench:work-queue`.
 *
 * Every figure is of a million keys that are added, taken and done, in rounds
 * of as many as the column says; so a row shows whether the cost of one
 * depends on how many others there are.
 */
import { WorkQueue } from "kube-reflex";

const operations = 1_000_000;
const sizes = [1_000, 10_000, 100_000, 1_000_000];
const measurements = 3;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Add all keys to a queue; returns when the last of them can be taken. */
type Fill = (queue: WorkQueue, keys: readonly string[]) => number;

const fills: Readonly<Record<string, Fill>> = {
  "add, take, done": (queue, keys) => {
    for (const key of keys) queue.add(key);
    return 0;
  },
  "with 2 priorities": (queue, keys) => {
    let priority = 0;
    for (const key of keys) {
      priority = -100 - priority;
      queue.add(key, { priority });
    }
    return 0;
  },
  "with 100 priorities": (queue, keys) => {
    let priority = 0;
    for (const key of keys) {
      priority = (priority + 37) % 100;
      queue.add(key, { priority });
    }
    return 0;
  },
  "raised once": (queue, keys) => {
    for (const key of keys) queue.add(key);
    for (const key of keys) queue.add(key, { priority: 1 });
    return 0;
  },
  "due later, in a random order": (queue, keys) => {
    let delayMs = 0;
    for (const key of keys) {
      delayMs = (delayMs + 0.618) % 1;
      queue.addAfter(key, 0.001 + delayMs);
    }
    return performance.now() + 2;
  },
  "due times replaced 4 times": (queue, keys) => {
    for (let times = 4; times > 0; times--) for (const key of keys) queue.setDue(key, 3_600_000 + times);
    for (const key of keys) queue.setDue(key, 0.001);
    return performance.now() + 1;
  },
};

/** The floor: a map of keys and a list of them, with none of the promises of a queue. */
function nsPerKeyOfMap(keys: readonly string[]): number {
  const known = new Map<string, { key: string; isWaiting: boolean }>();
  const began = performance.now();
  for (let round = operations / keys.length; round > 0; round--) {
    const waiting: { key: string; isWaiting: boolean }[] = [];
    for (const key of keys) {
      if (known.get(key) !== undefined) continue;
      const entry = { key, isWaiting: true };
      known.set(key, entry);
      waiting.push(entry);
    }
    for (const { key } of waiting) if (known.get(key)?.isWaiting === true) known.delete(key);
  }
  return ((performance.now() - began) / operations) * 1e6;
}

/** How many nanoseconds a key takes; what is waited for is not counted. */
function nsPerKey(fill: Fill, keys: readonly string[]): number {
  const queue = new WorkQueue();
  const rounds = operations / keys.length;
  let ms = 0;
  let taken = 0;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const readyAt = fill(queue, keys);
    const filled = performance.now();
    // The event loop gets no turn, so that the keys are woken where it is measured.
    while (performance.now() < readyAt);
    const resumed = performance.now();
    for (let item = queue.tryTake(); item !== undefined; item = queue.tryTake()) {
      queue.done(item.key);
      taken++;
    }
    ms += performance.now() - resumed + (filled - began);
  }
  if (taken !== operations) throw new Error(`expected ${operations} keys, took ${taken}`);
  queue.shutDown();
  return (ms / operations) * 1e6;
}

const keys = Array.from({ length: operations }, (_, i) => `shop-${i % 100}/web-${i}`);
// A text is hashed once; not in the figures of whoever comes first.
for (const key of new Set(keys)) if (key === "") throw new Error("unreachable");

const measures: Readonly<Record<string, (keys: readonly string[]) => number>> = {
  "a Map and an array": nsPerKeyOfMap,
  ...Object.fromEntries(
    Object.entries(fills).map(([name, fill]) => [name, (some: readonly string[]) => nsPerKey(fill, some)]),
  ),
};
const names = Object.keys(measures);
const row = (name: string, cells: readonly string[]): string =>
  name.padEnd(30) + cells.map((cell) => cell.padStart(15)).join("");

/** The figures of every measure by its name; they alternate, because machines are shared and noisy. */
function measured(some: readonly string[]): Map<string, number[]> {
  const figures = new Map(names.map((name) => [name, Array.of<number>()]));
  for (let left = measurements; left > 0; left--) {
    for (const [name, measure] of Object.entries(measures)) {
      globalThis.gc?.();
      figures.get(name)?.push(measure(some));
    }
  }
  return figures;
}

console.log(`node ${process.version}; ns per key and times the first row, medians of ${measurements}\n`);
for (const measure of Object.values(measures)) measure(keys.slice(0, 10_000));
const columns = sizes.map((size) => {
  const figures = measured(keys.slice(0, size));
  const floor = figures.get(names[0] ?? "") ?? [];
  return names.map((name) => {
    const ns = figures.get(name) ?? [];
    const ratios = ns.map((one, i) => one / (floor[i] ?? Number.NaN));
    return `${Math.round(median(ns))} ${median(ratios).toFixed(1).padStart(5)}`;
  });
});
console.log(
  row(
    "keys in the queue",
    sizes.map((size) => `${size.toLocaleString("en")}      `),
  ),
);
for (const [at, name] of names.entries()) {
  console.log(
    row(
      name,
      columns.map((column) => column[at] ?? ""),
    ),
  );
}
