import type { Figures, Measured } from "./results.ts";

/** One who takes part in a row. */
export interface Entry {
  readonly name: string;
  readonly missing?: string | undefined;
  /** How many rounds it takes part in, where those are fewer than the row's. */
  readonly rounds?: number | undefined;
  run(): Promise<Figures>;
}

/**
 * Run all entries by turns, so that what slows the machine down for a while slows down everybody.
 *
 * One that fails is left out of the rounds that follow, with the reason.
 */
export async function interleave(
  rounds: number,
  entries: readonly Entry[],
  progress: (line: string) => void,
): Promise<Measured[]> {
  const figures = new Map(entries.map(({ name }) => [name, Array.of<Figures>()]));
  const failures = new Map<string, string>();
  for (const { name, missing } of entries) if (missing !== undefined) failures.set(name, missing);
  for (let round = 0; round < rounds; round++) {
    for (const { name, rounds: most = rounds, run } of entries) {
      if (failures.has(name) || round >= most) continue;
      progress(`round ${round + 1} of ${rounds}: ${name}`);
      try {
        figures.get(name)?.push(await run());
      } catch (error) {
        failures.set(name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return entries.map(({ name }) => {
    const failure = failures.get(name);
    return { name, rounds: figures.get(name) ?? [], ...(failure !== undefined && { failure }) };
  });
}
