import { type Bench, type Row, withServer } from "../harness/bench.ts";
import { betterBy, type Column, summaryOf, type Table, target, valuesOf } from "../harness/results.ts";
import { summarise } from "../harness/statistics.ts";
import { floor, floorAsTimes, floorEntry, scaleNote, scaleOf } from "./floor.ts";

const objects = 10_000;
const ours = "kube-reflex";
const columns: readonly Column[] = [
  { figure: "syncMs", label: "synced after ms", better: "less" },
  { figure: "syncCpuMs", label: "CPU ms", better: "less" },
  { figure: "peakMB", label: "peak MB", better: "less" },
  { figure: "loopP99Ms", label: "loop p99 ms", better: "less", digits: 1 },
  { figure: "loopMaxMs", label: "loop max ms", better: "less", digits: 1 },
];

/** The first list over TLS: time, memory, and how long the event loop is held up. */
export const sync: Row = {
  id: "sync",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects, prepare: ["list", "stream"] }, async (field) => {
      const all = await field.measure([
        floorEntry(field),
        field.ours("sync", "tls", { variant: "bytes" }),
        ...(bench.isGate
          ? []
          : [
              field.ours("sync", "tls", { as: `${ours}, managedFields cut`, variant: "bytes cut" }),
              field.ours("sync", "tls", { as: `${ours}, store of objects`, variant: "objects" }),
            ]),
        field.clientNode("sync", "tls"),
        field.kfc("sync", "tls"),
        field.clientGo("sync", "tls"),
      ]);
      const measured = all.filter(({ name }) => name !== floor);
      const withFloor = [...measured, floorAsTimes(all, objects, { wall: "syncMs", cpu: "syncCpuMs" })];
      const median = (figure: string): number | undefined => summaryOf(measured, ours, figure)?.median;
      const table: Table = {
        id: "sync",
        title: "10,000 pods over TLS: from the request to synced",
        columns,
        measured,
        targets: [
          ...target("synced after ms", median("syncMs"), { atMost: 250 / scaleOf(all) }),
          ...target("peak MB", median("peakMB"), { atMost: 185 }),
          ...target("event-loop delay p99, ms", median("loopP99Ms"), {
            atMost: 20 / Math.min(1, scaleOf(all)),
          }),
        ],
        ratios: [
          ...columns.slice(0, 2).flatMap((column) => {
            const summary = betterBy(withFloor, column, ours, floor);
            if (summary === undefined) return [];
            const of = column.figure === "syncMs" ? ("wall" as const) : ("processor" as const);
            return [{ name: `sync: ${ours} / floor, ${column.label}`, of, summary }];
          }),
          {
            name: `sync: bytes of the list / peak memory of ${ours}`,
            of: "memory",
            summary: summarise(valuesOf(measured, ours, "peakMB").map((MB) => (objects * 4.8e-3) / MB)),
          },
        ],
        notes: [
          "The delay includes the millisecond between two looks at the event loop; few looks fit into a short sync, so the 99th percentile is nearly the maximum.",
          scaleNote(all),
        ],
      };
      return [table];
    }),
};
