import { describe, expect, it } from "vitest";
import { Simulation, type Statistics } from "./simulation.ts";

/**
 * How many runs, and which one is the first.
 *
 * More of them: `ELECTION_RUNS=100000 vitest run test/leader-election/simulation.test.ts`; one that
 * failed again: `ELECTION_FIRST=<seed> ELECTION_RUNS=1 …`.
 */
const { ELECTION_RUNS = "300", ELECTION_FIRST = "1" } = process.env;
const runs = Number(ELECTION_RUNS);
const first = Number(ELECTION_FIRST);

async function simulate(candidates: number): Promise<Statistics> {
  const sum: Statistics = { terms: 0, lost: 0, returned: 0, audits: 0 };
  for (let seed = first; seed < first + runs; seed += 1) {
    const one = await new Simulation(seed, candidates).run();
    sum.terms += one.terms;
    sum.lost += one.lost;
    sum.returned += one.returned;
    sum.audits += one.audits;
  }
  return sum;
}

describe("a simulated election", () => {
  it.each([2, 5])(
    "has at most one of %i candidates act at any instant, whatever happens, and a leader soon after it stops happening (Q51, Q53, K10)",
    { timeout: Math.max(60_000, runs * 100) },
    async (candidates) => {
      const { terms, lost, returned, audits } = await simulate(candidates);
      expect(terms).toBeGreaterThan(2 * runs);
      expect(lost).toBeGreaterThan(runs / 2);
      expect(returned).toBeGreaterThan(runs / 2);
      expect(audits).toBeGreaterThan(100 * runs);
    },
  );
});
