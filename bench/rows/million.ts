import { type Bench, type Row, withServer } from "../harness/bench.ts";
import { type Column, summaryOf, type Table, target } from "../harness/results.ts";
import { floor, floorEntry, scaleNote, scaleOf } from "./floor.ts";

const objects = 1_000_000;
const ours = "kube-reflex";
const columns: readonly Column[] = [
  { figure: "syncMs", label: "synced after ms", better: "less" },
  { figure: "syncPeakMB", label: "peak MB", better: "less" },
  { figure: "getUs", label: "get µs", better: "less" },
  { figure: "byIndexUs", label: "byIndex µs/object", better: "less" },
  { figure: "kbEach", label: "KB each", better: "less" },
];

/** A million small objects. */
export const million: Row = {
  id: "million",
  run: (bench: Bench) =>
    withServer(bench, { kind: "configmaps", objects, prepare: ["list", "stream"] }, async (field) => {
      const kind = "configmaps" as const;
      const peer = { rounds: 1, timeoutMs: 40_000, kind };
      const all = await field.measure([
        floorEntry(field),
        field.ours("large-sync", "plain", { timeoutMs: 60_000, variant: "bytes", kind }),
        field.clientNode("sync", "plain", peer),
        field.kfc("sync", "plain", peer),
        field.clientGo("sync", "plain", peer),
      ]);
      const measured = all
        .filter(({ name }) => name !== floor)
        .map(({ rounds, ...each }) => ({
          ...each,
          rounds: rounds.map((round) => ({ syncPeakMB: round.peakMB ?? Number.NaN, ...round })),
        }));
      const median = (figure: string): number | undefined => summaryOf(measured, ours, figure)?.median;
      const slower = 1 / Math.min(1, scaleOf(all));
      const table: Table = {
        id: "million",
        title: "1,000,000 ConfigMaps of 300 bytes",
        columns,
        measured,
        targets: [
          ...target("peak MB", median("syncPeakMB"), { atMost: 1_000 }),
          ...target("get, µs", median("getUs"), { atMost: 5 * slower }),
          // Proportional: an object in an answer of a hundred costs about what it costs to get it.
          ...target("byIndex, µs for each object in the answer", median("byIndexUs"), { atMost: 5 * slower }),
        ],
        ratios: [],
        notes: [
          "An index has 10,000 values here, and 100 objects to each. Peers take part in one round.",
          scaleNote(all),
        ],
      };
      return [table];
    }),
};
