import type { Column, Measured, Table, Target } from "./results.ts";
import { summaryOf } from "./results.ts";
import type { Summary } from "./statistics.ts";

export function formatNumber(value: number, digits?: number): string {
  if (!Number.isFinite(value)) return "–";
  const places = digits ?? (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  return value.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** The median, and from where to where the runs went. */
export function formatSummary(summary: Summary | undefined, digits?: number): string {
  if (summary === undefined) return "–";
  const { median, min, max } = summary;
  if (summary.runs.length === 1) return formatNumber(median, digits);
  return `${formatNumber(median, digits)} (${formatNumber(min, digits)}–${formatNumber(max, digits)})`;
}

function cellsOf(row: Measured, columns: readonly Column[], measured: readonly Measured[]): string[] {
  return [
    row.name,
    ...columns.map(({ figure, digits }) => formatSummary(summaryOf(measured, row.name, figure), digits)),
  ];
}

/** The first row of ours divides the medians of all, so that one glance tells how far apart they are; none where none is ours. */
function ratioCells(table: Table): string[] | undefined {
  const [column] = table.columns;
  const first = table.measured.find(({ name }) => name.startsWith("kube-reflex"));
  if (column === undefined || first === undefined) return undefined;
  const ours = summaryOf(table.measured, first.name, column.figure)?.median;
  return table.measured.map(({ name }) => {
    const theirs = summaryOf(table.measured, name, column.figure)?.median;
    return ours === undefined || theirs === undefined ? "" : formatNumber(theirs / ours, 2);
  });
}

/** A table in Markdown, aligned, so that it reads as well in a terminal. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) =>
    Math.max(2, cell.length, ...rows.map((row) => (row[i] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}

function formatTarget({ text, value, bound, is, isReached }: Target): string {
  return `- ${isReached ? "reached" : "**missed**"}: ${text}: ${formatNumber(value)}, ${is} ${formatNumber(bound)}`;
}

/** A row of the results: title, table, who failed, targets, notes. */
export function formatTable(table: Table): string {
  const ratios = ratioCells(table);
  const [main] = table.columns;
  const header = ["", ...table.columns.map(({ label }) => label)];
  const rows = table.measured.map((row) => cellsOf(row, table.columns, table.measured));
  const body =
    ratios === undefined
      ? markdownTable(header, rows)
      : markdownTable(
          [...header, `${main?.label}, ratio to ours`],
          rows.map((cells, i) => [...cells, ratios[i] ?? ""]),
        );
  const failures = table.measured.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`- ${name} has no figures, or not all: ${failure}`],
  );
  const lines = [...failures, ...table.targets.map(formatTarget)].join("\n");
  const parts = [table.measured.length > 0 ? body : "", lines, table.notes.join(" ")];
  return [`## ${table.title}`, ...parts.filter((part) => part !== "")].join("\n\n");
}
