import { type Bench, type Field, type Row, withServer } from "../harness/bench.ts";
import {
  betterBy,
  type Column,
  type Measured,
  type Ratio,
  summaryOf,
  type Table,
  target,
  valuesOf,
} from "../harness/results.ts";
import { summarise } from "../harness/statistics.ts";
import { floor, floorEntry, scaleNote, scaleOf } from "./floor.ts";

const objects = 10_000;
const rate: Column = { figure: "perSecond", label: "events/s", better: "more" };
const byCpu: Column = { figure: "perCpuSecond", label: "events/CPU s", better: "more" };
const columns: readonly Column[] = [rate, byCpu, { figure: "peakMB", label: "peak MB", better: "less" }];

/** Of each round the ratio to whichever of the peers was the fastest in it. */
function timesBestPeer(measured: readonly Measured[], ours: string): number | undefined {
  const values = valuesOf(measured, ours, rate.figure);
  const peers = ["client-node", "KFC"]
    .map((peer) => valuesOf(measured, peer, rate.figure))
    .filter(({ length }) => length > 0);
  if (values.length === 0 || peers.length === 0) return undefined;
  const best = (round: number): number => Math.max(...peers.map((each) => each[round] ?? Number.NaN));
  return summarise(values.map((value, round) => value / best(round))).median;
}

function times(measured: readonly Measured[], ours: string, theirs: string): number | undefined {
  return betterBy(measured, rate, ours, theirs)?.median;
}

function ratiosToFloor(measured: readonly Measured[], id: string, names: readonly string[]): Ratio[] {
  return names.flatMap((name) =>
    [rate, byCpu].flatMap((column) => {
      const summary = betterBy(measured, column, name, floor);
      if (summary === undefined) return [];
      const of = column === rate ? "wall" : "processor";
      return [{ name: `${id}: ${name} / floor, ${column.label}`, of, summary }];
    }),
  );
}

const cut = "kube-reflex, managedFields cut";
const tls = "kube-reflex, TLS";

function handlerTable(measured: readonly Measured[]): Table {
  return {
    id: "handler",
    title: "Watch to handler: every object parsed, read and stored (10,000 pods of 4.8 KB, plain HTTP)",
    columns,
    measured,
    targets: [
      ...target("times the floor", times(measured, "kube-reflex", floor), { atLeast: 0.88 }),
      ...target("times the floor, managedFields cut", times(measured, cut, floor), { atLeast: 1.05 }),
      ...target("times the best TypeScript peer", timesBestPeer(measured, "kube-reflex"), { atLeast: 1.1 }),
      ...target("times client-go with JSON", times(measured, "kube-reflex", "client-go"), { atLeast: 6 }),
    ],
    ratios: ratiosToFloor(measured, "handler", ["kube-reflex", cut]),
    notes: [],
  };
}

function keysTable(measured: readonly Measured[]): Table {
  const perSecond = (name: string): number | undefined => summaryOf(measured, name, rate.figure)?.median;
  const scale = scaleOf(measured);
  return {
    id: "keys",
    title: "Watch to the keys of a work queue, beside a store of 10,000 pods that is kept up to date",
    columns,
    measured,
    targets: [
      ...target("plain: events/s", perSecond("kube-reflex"), { atLeast: 240_000 * scale }),
      ...target("TLS: events/s", perSecond(tls), { atLeast: 160_000 * scale }),
      ...target("plain: times the best TypeScript peer", timesBestPeer(measured, "kube-reflex"), {
        atLeast: 5,
      }),
      ...target("plain: times client-go with JSON", times(measured, "kube-reflex", "client-go"), {
        atLeast: 30,
      }),
    ],
    ratios: ratiosToFloor(measured, "keys", ["kube-reflex", tls]),
    notes: [
      "A raw socket that only counts bytes shows what the server and the system can do at most.",
      scaleNote(measured),
    ],
  };
}

/** Those of one table among all of one row of rounds; each has the table's name before its own. */
function ofTable(measured: readonly Measured[], table: string): Measured[] {
  return measured
    .filter(({ name }) => name === floor || name.startsWith(`${table} `))
    .map((each) => ({ ...each, name: each.name === floor ? floor : each.name.slice(table.length + 1) }));
}

function entries(bench: Bench, field: Field) {
  const raw = { variant: String(field.server.eventBytes), events: 300_000 };
  const events = 30_000;
  const few = { events: 3_000 };
  // Long enough that the compiler has done its work early.
  const many = { events: 400_000, variant: "bytes" };
  return [
    floorEntry(field, 40_000),
    field.ours("handler", "plain", { as: "handler kube-reflex", variant: "objects", events: 40_000 }),
    field.ours("handler", "plain", { as: `handler ${cut}`, variant: "objects cut", events: 40_000 }),
    field.clientNode("handler", "plain", { as: "handler client-node", events }),
    field.kfc("handler", "plain", { as: "handler KFC", events }),
    field.clientGo("handler", "plain", { as: "handler client-go", ...few }),
    field.ours("keys", "plain", { as: "keys kube-reflex", ...many }),
    field.ours("keys", "tls", { as: `keys ${tls}`, ...many }),
    field.clientNode("keys", "plain", { as: "keys client-node", events }),
    field.kfc("keys", "plain", { as: "keys KFC", events }),
    field.clientGo("keys", "plain", { as: "keys client-go", ...few }),
    ...(bench.isGate
      ? []
      : [
          field.yardstick("raw-socket", "plain", { as: "keys raw socket", ...raw }),
          field.yardstick("raw-socket", "tls", { as: "keys raw socket, TLS", ...raw }),
        ]),
  ];
}

/** Watches, to handlers and to the keys of a work queue; all in one row of rounds, beside one floor. */
export const throughput: Row = {
  id: "throughput",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects }, async (field) => {
      const measured = await field.measure(entries(bench, field));
      return [handlerTable(ofTable(measured, "handler")), keysTable(ofTable(measured, "keys"))];
    }),
};
