import { ratioOf, type Summary, summarise } from "./statistics.ts";

/** Named numbers of one run of one contestant. */
export type Figures = Readonly<Record<string, number>>;

/** What one contestant did in all its rounds. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly Figures[];
  /** Why there are no figures, or not all: not installed, or what it failed with. */
  readonly failure?: string;
}

/** How one figure is shown. */
export interface Column {
  readonly figure: string;
  readonly label: string;
  /** Whether more of it is better, or less. */
  readonly better: "more" | "less";
  readonly digits?: number;
}

/** A figure that has to be reached, and whether it was. */
export interface Target {
  readonly text: string;
  readonly value: number;
  /** The bound as it holds on this machine. */
  readonly bound: number;
  readonly is: "at least" | "at most";
  readonly isReached: boolean;
}

/** A ratio to a yardstick of the same rounds; more is better. */
export interface Ratio {
  readonly name: string;
  /** Of processor time or memory, or of the clock on the wall, which others on the machine push about. */
  readonly of: "processor" | "memory" | "wall";
  readonly summary: Summary;
}

/** One table of the results. */
export interface Table {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly measured: readonly Measured[];
  readonly targets: readonly Target[];
  readonly ratios: readonly Ratio[];
  /** What a reader has to know to read the table. */
  readonly notes: readonly string[];
}

/** All rounds' values of a figure; none where the contestant has it not. */
export function valuesOf(measured: readonly Measured[], name: string, figure: string): number[] {
  const rounds = measured.find((each) => each.name === name)?.rounds ?? [];
  return rounds.map((round) => round[figure]).filter((value) => value !== undefined);
}

export function summaryOf(measured: readonly Measured[], name: string, figure: string): Summary | undefined {
  const values = valuesOf(measured, name, figure);
  return values.length === 0 ? undefined : summarise(values);
}

/** How much better the first is than the second, above 1; undefined where one has not got the figure. */
export function betterBy(
  measured: readonly Measured[],
  column: Pick<Column, "figure" | "better">,
  ours: string,
  theirs: string,
): Summary | undefined {
  const [a, b] = [ours, theirs].map((name) => valuesOf(measured, name, column.figure));
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  return column.better === "more" ? ratioOf(a, b) : ratioOf(b, a);
}

/** A target, or none where there is nothing to compare. */
export function target(
  text: string,
  value: number | undefined,
  is: { readonly atLeast: number } | { readonly atMost: number },
): Target[] {
  if (value === undefined || Number.isNaN(value)) return [];
  if ("atLeast" in is) {
    return [{ text, value, bound: is.atLeast, is: "at least", isReached: value >= is.atLeast }];
  }
  return [{ text, value, bound: is.atMost, is: "at most", isReached: value <= is.atMost }];
}
