import { type Bench, type Row, withServer } from "../harness/bench.ts";
import { type Column, summaryOf, type Table, target } from "../harness/results.ts";
import { floor, floorEntry, scaleNote, scaleOf } from "./floor.ts";

const objects = 120_000;
const ours = "kube-reflex";
const cut = "kube-reflex, managedFields cut";
const columns: readonly Column[] = [
  { figure: "syncMs", label: "synced after ms", better: "less" },
  { figure: "syncPeakMB", label: "peak MB", better: "less" },
  { figure: "loopMaxMs", label: "loop max ms", better: "less", digits: 1 },
  { figure: "kbEach", label: "KB each", better: "less" },
  { figure: "heapKbEach", label: "of it V8 heap, KB", better: "less" },
];

/** A list of 573 MB: more than the longest string that there can be. */
export const large: Row = {
  id: "large",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects, prepare: ["list", "stream"] }, async (field) => {
      const peer = { rounds: 1, timeoutMs: 60_000 };
      const mine = { timeoutMs: 60_000 };
      const all = await field.measure([
        floorEntry(field),
        field.ours("large-sync", "plain", { ...mine, variant: "bytes" }),
        field.ours("large-sync", "plain", { ...mine, as: cut, variant: "bytes cut" }),
        field.clientNode("sync", "plain", peer),
        field.kfc("sync", "plain", peer),
        field.clientGo("sync", "plain", peer),
      ]);
      // A peer has but one figure for its peak: nothing comes after it is synced.
      const measured = all
        .filter(({ name }) => name !== floor)
        .map(({ rounds, ...each }) => ({
          ...each,
          rounds: rounds.map((round) => ({ syncPeakMB: round.peakMB ?? Number.NaN, ...round })),
        }));
      const median = (name: string, figure: string): number | undefined =>
        summaryOf(measured, name, figure)?.median;
      const scale = scaleOf(all);
      const table: Table = {
        id: "large",
        title: "120,000 pods, a list of 573 MB: synced, and held",
        columns,
        measured,
        targets: [
          ...target("synced after ms", median(ours, "syncMs"), { atMost: 2_000 / scale }),
          ...target("peak MB", median(ours, "syncPeakMB"), { atMost: 750 }),
          ...target("peak MB, managedFields cut", median(cut, "syncPeakMB"), { atMost: 620 }),
          ...target("longest delay of the event loop, ms", median(ours, "loopMaxMs"), {
            atMost: 50 / Math.min(1, scale),
          }),
          ...target("KB for each pod", median(ours, "kbEach"), { atMost: 5.2 }),
          ...target("KB for each pod, managedFields cut", median(cut, "kbEach"), { atMost: 4.1 }),
        ],
        ratios: [],
        notes: [
          "KB each: what the process holds once it is synced and garbage is collected, less what it held before, for each object. Peers take part in one round.",
          scaleNote(all),
        ],
      };
      return [table];
    }),
};
