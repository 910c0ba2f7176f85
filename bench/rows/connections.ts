import { type Bench, type Field, type Row, withServer } from "../harness/bench.ts";
import { betterBy, type Column, type Measured, summaryOf, type Table, target } from "../harness/results.ts";
import type { Entry } from "../harness/rounds.ts";

const h1 = "kube-reflex, HTTP/1.1";
const h2 = "kube-reflex, HTTP/2";
/** Connections that requests share. */
const poolSize = 16;
const watches = 20;

/** The same, and how many connections the server has seen meanwhile. */
function counted(field: Field, entry: Entry): Entry {
  const sockets = async (query = "") => (await fetch(`${field.server.control}/sockets${query}`)).json();
  return {
    ...entry,
    async run() {
      await sockets("?reset=1");
      const figures = await entry.run();
      const { most, total } = (await sockets()) as { most: number; total: number };
      return { ...figures, most, total };
    },
  };
}

async function socketsTable(field: Field): Promise<Table> {
  const entries = [
    field.ours("sockets", "tls", { as: h1 }),
    field.ours("sockets", "http2", { as: h2, variant: "http2" }),
    field.clientNode("sockets", "tls"),
    field.kfc("sockets", "tls"),
    field.clientGo("sockets", "tls", { as: "client-go, HTTP/1.1" }),
    field.clientGo("sockets", "http2", { as: "client-go, HTTP/2" }),
  ];
  const measured = await field.measure(entries.map((entry) => counted(field, entry)));
  const most = (name: string): number | undefined => summaryOf(measured, name, "most")?.max;
  return {
    id: "sockets",
    title: "Sockets over TLS: 1,000 GETs, 100 at a time, and 20 informers",
    columns: [
      { figure: "most", label: "open at once", better: "less", digits: 0 },
      { figure: "total", label: "opened in all", better: "less", digits: 0 },
      { figure: "getsMs", label: "GETs ms", better: "less" },
    ],
    measured,
    targets: [
      ...target("HTTP/1.1: open at once, at most the pool and one for each watch", most(h1), {
        atMost: poolSize + watches,
      }),
      ...target("HTTP/2: open at once", most(h2), { atMost: 2 }),
    ],
    ratios: [],
    notes: [],
  };
}

async function idleTable(field: Field): Promise<Table> {
  const measured: Measured[] = await field.measure([
    field.ours("idle", "tls"),
    field.clientNode("idle", "tls"),
    field.kfc("idle", "tls"),
    field.clientGo("idle", "tls"),
  ]);
  const median = (figure: string): number | undefined => summaryOf(measured, "kube-reflex", figure)?.median;
  return {
    id: "idle",
    title: "100 idle informers over TLS, each with a watch of its own",
    columns: [
      { figure: "cpuPercent", label: "CPU %", better: "less" },
      { figure: "heapKBEach", label: "heap KB each", better: "less" },
      { figure: "rssKBEach", label: "RSS KB each", better: "less" },
    ],
    measured,
    targets: [
      ...target("CPU %", median("cpuPercent"), { atMost: 1 }),
      ...target("KB of heap each", median("heapKBEach"), { atMost: 100 }),
    ],
    ratios: [],
    notes: [
      "Resident memory includes a TLS connection each, and what the system hands out in larger pieces than are used.",
    ],
  };
}

/** How many connections, and what silent ones cost. */
export const connections: Row = {
  id: "connections",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects: 10, prepare: [] }, async (field) => [
      await socketsTable(field),
      await idleTable(field),
    ]),
};

/** Many busy watches over HTTP/1.1 and HTTP/2: what the default is chosen by. */
export const manyWatches: Row = {
  id: "many-watches",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects: 500 }, async (field) => {
      const events = 1_500;
      const measured = await field.measure([
        field.ours("many-watches", "tls", { as: h1, events }),
        field.ours("many-watches", "http2", { as: h2, events, variant: "http2" }),
      ]);
      const faster = betterBy(measured, { figure: "perSecond", better: "more" }, h1, h2);
      const table: Table = {
        id: "many-watches",
        title: "20 busy watches over TLS, HTTP/1.1 and HTTP/2",
        columns: [
          { figure: "perSecond", label: "events/s", better: "more" },
          { figure: "perCpuSecond", label: "events/CPU s", better: "more" },
          { figure: "peakMB", label: "peak MB", better: "less" },
        ] satisfies Column[],
        measured,
        targets: [],
        ratios: [],
        notes:
          faster === undefined
            ? []
            : [`HTTP/1.1 is ${faster.median.toFixed(2)} times as fast as HTTP/2 here.`],
      };
      return [table];
    }),
};
