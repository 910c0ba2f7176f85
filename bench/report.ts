/** The page of measurements, made from their results: docs/performance.md. */
import type { Table } from "./harness/results.ts";
import { formatTable } from "./harness/tables.ts";
import { formatProfile } from "./profile.ts";
import type { NamedProfile } from "./rows/profiles.ts";
import type { PrintedFigures } from "./rows/programs.ts";

/** Everything that one run found, as it is kept in bench/results.json. */
export interface Results {
  /** The day of the run. */
  readonly date: string;
  /** What it ran on. */
  readonly machine: string;
  readonly rounds: number;
  readonly tables: readonly Table[];
  readonly profiles: readonly NamedProfile[];
  /** What benchmarks with tables of their own printed. */
  readonly programs: readonly PrintedFigures[];
}

function medianOf(tables: readonly Table[], id: string, name: string, figure: string): number | undefined {
  const measured = tables.find((table) => table.id === id)?.measured.find((each) => each.name === name);
  const values = (measured?.rounds ?? []).map((round) => round[figure] ?? Number.NaN).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}

/** How far the two main paths are from what the machine allows. */
function distances(tables: readonly Table[]): string {
  const inMemory = "one thread, in memory";
  const keys = medianOf(tables, "keys", "kube-reflex", "perSecond");
  const limits: [string, number | undefined][] = [
    ["a raw socket that counts bytes", medianOf(tables, "keys", "raw socket", "perSecond")],
    ["copying each frame once, in memory", medianOf(tables, "limits", inMemory, "copiesPerSecond")],
    ["finding each frame's newline, in memory", medianOf(tables, "limits", inMemory, "newlinesPerSecond")],
  ];
  if (keys === undefined) return "";
  const lines = limits.flatMap(([what, perSecond]) =>
    perSecond === undefined
      ? []
      : [
          `- ${what}: ${Math.round(perSecond).toLocaleString("en")} frames/s, ${(perSecond / keys).toFixed(1)} times as many as reach a work queue`,
        ],
  );
  const copied = medianOf(tables, "limits", inMemory, "copyGBPerSecond") ?? Number.NaN;
  const eventBytes = (copied * 1e9) / (medianOf(tables, "limits", inMemory, "copiesPerSecond") ?? Number.NaN);
  const read = (keys * eventBytes) / 1e9;
  const bandwidth = `A watch to keys reads ${read.toFixed(2)} GB of JSON a second, ${((read / copied) * 100).toFixed(0)} % of what one thread copies in memory (${copied.toFixed(1)} GB/s).`;
  return `${lines.join("\n")}\n\n${bandwidth}\n`;
}

function section(title: string, text: string): string {
  return `## ${title}\n\n${text.trim()}\n`;
}

/** The page; all of it comes from the results. */
export function performancePage({ date, machine, rounds, tables, profiles, programs }: Results): string {
  const targets = tables.flatMap((table) => table.targets);
  const missed = targets.filter(({ isReached }) => !isReached).length;
  return [
    "# Performance\n",
    "This page is written by `npm run bench`, from `bench/results.json`; do not edit it.\n",
    `Measured on ${date} with ${machine}. Each figure is the median of ${rounds} ${rounds === 1 ? "round" : "rounds"} unless it is said otherwise, with the ` +
      "least and the greatest of them in brackets. Contestants take turns, each run is a fresh process, and the server is a " +
      "process of its own that writes prepared bytes. Ratios are what counts: absolute figures are of this machine. " +
      `${targets.length - missed} of ${targets.length} targets are reached.\n`,
    "Peers: `@kubernetes/client-node` and `kubernetes-fluent-client` (KFC) as `bench/peers/package.json` names them, client-go as " +
      "`bench/client-go/go.mod` does. `npm run bench:gate` measures the ratios that need no peers anew, and fails where one " +
      "has lost more than 15 %.\n",
    ...tables.map((table) => `${formatTable(table)}\n`),
    ...programs.map(({ title, text }) => section(title, `\`\`\`\n${text}\n\`\`\``)),
    section("Distance to the limits", distances(tables)),
    ...profiles.map(({ title, summary }) => section(`Profile: ${title}`, formatProfile(summary))),
  ].join("\n");
}
