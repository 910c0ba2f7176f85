import type { Task } from "../contestants/contestant.ts";
import type { Bench, Row } from "../harness/bench.ts";
import { type Contestant, kubeReflex, runOnce } from "../harness/contestants.ts";
import { betterBy, type Column, summaryOf, type Table, target } from "../harness/results.ts";
import { type Entry, interleave } from "../harness/rounds.ts";
import { startFilledCluster } from "../server/cluster.ts";

const objects = 10_000;
const ours = "kube-reflex";
const protobuf = "client-go, protobuf";
/** What a Node process has before it does anything, in MB. */
const nodeMB = 45;
const columns: readonly Column[] = [
  { figure: "startToSyncedMs", label: "start to synced ms", better: "less" },
  { figure: "importedMs", label: "of it start-up ms", better: "less" },
  { figure: "syncCpuMs", label: "CPU ms of sync", better: "less" },
  { figure: "peakMB", label: "peak MB", better: "less" },
  { figure: "loopMaxMs", label: "loop max ms", better: "less", digits: 1 },
];

/** The same as `sync`, by a real server. */
export const realCluster: Row = {
  id: "real-cluster",
  async run(bench: Bench): Promise<Table[]> {
    const table = (notes: string[]): Table => ({
      id: "real-cluster",
      title: "10,000 pods of a real kube-apiserver, over TLS: from the start of the process to synced",
      columns,
      measured: [],
      targets: [],
      ratios: [],
      notes,
    });
    if (bench.withoutCluster) return [table(["Left out: --without-cluster."])];
    const cluster = await startFilledCluster(objects, bench.progress);
    if ("skipped" in cluster) return [table([`Left out: ${cluster.skipped}.`])];
    try {
      const task: Task = { kubeconfig: cluster.kubeconfig, objects: cluster.pods };
      const entry = (contestant: Contestant, as = contestant.name, variant = ""): Entry => ({
        name: as,
        missing: contestant.missing,
        run: () => runOnce(contestant, "sync", { ...task, variant }),
      });
      bench.progress("warming the server's caches");
      await entry(kubeReflex).run();
      const measured = await interleave(
        bench.rounds,
        [
          entry(kubeReflex, ours, "bytes"),
          entry(kubeReflex, `${ours}, managedFields cut`, "bytes cut"),
          entry(bench.clientNode),
          entry(bench.kfc),
          entry(bench.clientGo, "client-go, JSON"),
          entry(bench.clientGo, protobuf, "protobuf"),
        ],
        bench.progress,
      );
      const paged = await interleave(
        bench.rounds,
        [
          entry(kubeReflex, "pages, plain", "bytes paged identity"),
          entry(kubeReflex, "pages, gzip", "bytes paged gzip"),
        ],
        bench.progress,
      );
      const median = (name: string, figure: string): number =>
        summaryOf(measured, name, figure)?.median ?? Number.NaN;
      const timesOurs = (figure: string): number | undefined => {
        const summary = betterBy(measured, { figure, better: "less" }, ours, "client-node");
        return summary === undefined ? undefined : 1 / summary.median;
      };
      return [
        {
          ...table([]),
          measured,
          targets: [
            ...target("start to synced, times client-node's", timesOurs("startToSyncedMs"), { atMost: 0.6 }),
            ...target(
              "start to synced, ms: client-go with protobuf plus our import",
              median(ours, "startToSyncedMs"),
              {
                atMost: median(protobuf, "startToSyncedMs") + median(ours, "importedMs"),
              },
            ),
            ...target("peak memory, times client-node's", timesOurs("peakMB"), { atMost: 0.4 }),
            ...target("peak MB: client-go's plus Node's own", median(ours, "peakMB"), {
              atMost: median(protobuf, "peakMB") + nodeMB,
            }),
          ].filter(({ bound }) => !Number.isNaN(bound)),
        },
        {
          ...table([
            "The server is on this machine: what gzip saves on the wire is worth nothing here, what it costs is.",
          ]),
          id: "real-cluster-gzip",
          title: "gzip on lists in pages: 10,000 pods of the same kube-apiserver",
          measured: paged,
        },
      ];
    } finally {
      await cluster.stop();
    }
  },
};
