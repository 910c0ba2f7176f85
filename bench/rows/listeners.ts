import { type Bench, type Row, withServer } from "../harness/bench.ts";
import { betterBy, type Column, type Table, target } from "../harness/results.ts";

const alone = "kube-reflex, a fast listener alone";
const beside = "kube-reflex, beside one of 50 ms";
const columns: readonly Column[] = [
  { figure: "p99Ms", label: "delay p99 ms", better: "less" },
  { figure: "p50Ms", label: "delay p50 ms", better: "less" },
  { figure: "peakMB", label: "peak MB", better: "less" },
];

/** Whether a slow listener holds up a fast one. */
export const listeners: Row = {
  id: "listeners",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects: 2_000 }, async (field) => {
      const paced = { events: 4_000, perSecond: 2_000 };
      const measured = await field.measure([
        field.ours("listeners", "plain", { as: alone, ...paced }),
        field.ours("listeners", "plain", { as: beside, variant: "slow", ...paced }),
      ]);
      const change = (figure: string): number | undefined =>
        betterBy(measured, { figure, better: "less" }, alone, beside)?.median;
      const table: Table = {
        id: "listeners",
        title: "A slow listener beside a fast one: 2,000 events/s, from the server's send to the handler",
        columns,
        measured,
        targets: [
          ...target("p99 delay, times that without the slow one", change("p99Ms"), { atMost: 1.1 }),
          ...target("peak memory, times that without", change("peakMB"), { atMost: 1.25 }),
        ],
        ratios: [],
        notes: [
          "KFC and client-node have no listeners of a pace of their own: theirs are called where the event is read.",
        ],
      };
      return [table];
    }),
};
