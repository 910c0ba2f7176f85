/** What several runs gave for one figure. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: readonly number[];
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** Median and spread; of nothing it is not a number. */
export function summarise(runs: readonly number[]): Summary {
  const rounded = runs.map((value) => Number(value.toPrecision(5)));
  return {
    median: Number(medianOf(rounded).toPrecision(5)),
    min: Math.min(...rounded),
    max: Math.max(...rounded),
    runs: rounded,
  };
}

/** One over the other, round by round, because the machine's speed drifts; where one has fewer rounds, the rest is left out. */
export function ratioOf(over: readonly number[], under: readonly number[]): Summary {
  const rounds = Math.min(over.length, under.length);
  return summarise(
    Array.from({ length: rounds }, (_, i) => (over[i] ?? Number.NaN) / (under[i] ?? Number.NaN)),
  );
}
