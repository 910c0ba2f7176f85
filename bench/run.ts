/**
 * Everything that is promised about speed and memory, beside the peers: `npm run bench`.
 *
 * Prints tables, and writes bench/results.json and docs/performance.md. What is
 * missing on this machine, a peer or a cluster, is said in the tables and stops
 * nothing. `--only a,b` runs some rows and writes nothing; `--page` makes the page
 * anew from stored results; `--rounds N`, `--without-cluster`, `--without-peers`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bench } from "./harness/bench.ts";
import { preparePeers } from "./harness/contestants.ts";
import type { Table } from "./harness/results.ts";
import { formatTable } from "./harness/tables.ts";
import { formatProfile } from "./profile.ts";
import { performancePage, type Results } from "./report.ts";
import { takeProfiles } from "./rows/profiles.ts";
import { runPrograms } from "./rows/programs.ts";
import { rows } from "./rows/rows.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    page: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    "without-cluster": { type: "boolean", default: false },
    "without-peers": { type: "boolean", default: false },
  },
});
const resultsFile = new URL("results.json", import.meta.url);
const pageFile = new URL("../docs/performance.md", import.meta.url);
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(0).padStart(4);

/** Run one part; what fails is said, and costs the others nothing. */
async function attempt<T>(part: string, run: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await run();
  } catch (error) {
    console.log(`\n${part} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return [];
  }
}

/** What is stored is what is shown. */
function withShownFigures(table: Table): Table {
  const isShown = ([name]: readonly [string, number]): boolean =>
    table.columns.some(({ figure }) => figure === name);
  const measured = table.measured.map((each) => ({
    ...each,
    rounds: each.rounds.map((round) => Object.fromEntries(Object.entries(round).filter(isShown))),
  }));
  return { ...table, measured };
}

async function measureAll(): Promise<void> {
  let part = "peers";
  const progress = (line: string): void => console.error(`${seconds()} s  ${part}: ${line}`);
  progress("installing and building");
  const bench: Bench = {
    rounds: Number(values.rounds),
    ...(await preparePeers(!values["without-peers"])),
    withoutCluster: values["without-cluster"],
    isGate: false,
    progress,
  };
  const only = values.only?.split(",");
  const isWanted = (id: string): boolean => only === undefined || only.includes(id);
  const tables: Table[] = [];
  for (const row of rows.filter(({ id }) => isWanted(id))) {
    part = row.id;
    const made = await attempt(part, () => row.run(bench));
    tables.push(...made.map(withShownFigures));
    for (const table of made) console.log(`\n${formatTable(table)}\n`);
  }
  part = "profiles";
  const profiles = isWanted(part) ? await attempt(part, () => takeProfiles(bench)) : [];
  for (const { title, summary } of profiles)
    console.log(`\n## Profile: ${title}\n\n${formatProfile(summary)}\n`);
  part = "programs";
  const programs = isWanted(part) ? await attempt(part, () => runPrograms(bench)) : [];
  for (const { title, text } of programs) console.log(`\n## ${title}\n\n${text}\n`);
  if (only !== undefined) return;

  const [cpu] = cpus();
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `Node ${process.version} on ${cpus().length} cores of ${cpu?.model ?? process.arch}`,
    rounds: bench.rounds,
    tables,
    profiles,
    programs,
  };
  writeFileSync(resultsFile, JSON.stringify(results));
  // As the linter wants it, a round to a line.
  execFileSync("biome", ["format", "--write", fileURLToPath(resultsFile)], { stdio: "ignore" });
  progress("written to bench/results.json and docs/performance.md");
}

if (!values.page) await measureAll();
if (values.only === undefined) {
  writeFileSync(pageFile, performancePage(JSON.parse(readFileSync(resultsFile, "utf8"))));
}
