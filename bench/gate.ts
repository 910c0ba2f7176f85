/**
 * Whether anything has become slower than the stored results say: `npm run bench:gate`.
 *
 * Measures those ratios anew that need neither peers nor a cluster, all of them
 * to a yardstick of the same rounds, so that they hold on another machine. A
 * ratio that has lost more than 15 % is measured once more, and fails the gate
 * where it has lost that much in the second rounds alone and in all of them
 * together. Exits with 1 then. An argument is the number of rounds.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Bench, Row } from "./harness/bench.ts";
import { preparePeers } from "./harness/contestants.ts";
import type { Ratio } from "./harness/results.ts";
import { summarise } from "./harness/statistics.ts";
import { formatNumber, formatSummary, markdownTable } from "./harness/tables.ts";
import type { Results } from "./report.ts";
import { startup } from "./rows/startup.ts";
import { sync } from "./rows/sync.ts";
import { throughput } from "./rows/throughput.ts";

const mayLose = 0.15;
const rows = [throughput, sync, startup];
const began = performance.now();
const bench: Bench = {
  rounds: Number(process.argv[2] ?? 5),
  ...(await preparePeers(false)),
  withoutCluster: true,
  isGate: true,
  progress: (line) =>
    console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`),
};
if (!existsSync(new URL("results.json", import.meta.url))) {
  throw new Error("there are no stored results to compare with: run `npm run bench` first");
}
const stored: Results = JSON.parse(readFileSync(new URL("results.json", import.meta.url), "utf8"));
const before = new Map(
  stored.tables.flatMap(({ ratios }) => ratios).map((ratio) => [ratio.name, ratio.summary]),
);

/**
 * How much of what was stored is left of it, less one: -0.2 has lost a fifth.
 *
 * Processor time and memory hold still on a shared machine, so their medians
 * count. The wall's clock does not: of that the best round counts, which shows
 * what waits where it should not.
 */
function change({ name, of, summary }: Ratio): number {
  const was = before.get(name)?.median;
  return was === undefined ? 0 : (of === "wall" ? summary.max : summary.median) / was - 1;
}

const hasLost = (ratio: Ratio): boolean => change(ratio) < -mayLose;

interface Judged {
  readonly ratio: Ratio;
  readonly fails: boolean;
}

async function measure(row: Row): Promise<Ratio[]> {
  return (await row.run(bench)).flatMap(({ ratios }) => ratios);
}

/** The ratios of a row, and whether each has lost too much; measured twice where once says so. */
async function judge(row: Row): Promise<Judged[]> {
  const first = await measure(row);
  if (!first.some(hasLost)) return first.map((ratio) => ({ ratio, fails: false }));
  const second = await measure(row);
  return first.map((ratio) => {
    const again = second.find(({ name }) => name === ratio.name) ?? ratio;
    const both = { ...ratio, summary: summarise([...ratio.summary.runs, ...again.summary.runs]) };
    return { ratio: both, fails: hasLost(again) && hasLost(both) };
  });
}

const judged: Judged[] = [];
for (const row of rows) judged.push(...(await judge(row)));
const lines = judged.map(({ ratio, fails }) => [
  ratio.name,
  formatSummary(before.get(ratio.name), 2),
  formatSummary(ratio.summary, 2),
  before.has(ratio.name)
    ? `${ratio.of === "wall" ? "at best " : ""}${formatNumber(change(ratio) * 100, 0)} %`
    : "new",
  fails ? "**lost**" : "",
]);
console.log(markdownTable(["ratio, more is better", "stored", "now", "change", ""], lines));
const missing = [...before.keys()].filter((name) => !judged.some(({ ratio }) => ratio.name === name));
for (const name of missing) console.error(`${name}: stored, but no longer measured`);
const failing = judged.filter(({ fails }) => fails);
if (failing.length > 0) {
  console.error(`\n${failing.length} of ${judged.length} ratios have lost more than ${mayLose * 100} %.`);
}
process.exitCode = failing.length > 0 || missing.length > 0 ? 1 : 0;
