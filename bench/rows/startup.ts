import { type Bench, type Row, withServer } from "../harness/bench.ts";
import { betterBy, type Column, type Table, target, valuesOf } from "../harness/results.ts";
import { summarise } from "../harness/statistics.ts";

const columns: readonly Column[] = [
  { figure: "importMs", label: "import ms", better: "less", digits: 1 },
  { figure: "importCpuMs", label: "CPU ms", better: "less", digits: 1 },
  { figure: "peakMB", label: "peak MB", better: "less" },
];

/** What an import of the package costs. */
export const startup: Row = {
  id: "startup",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects: 1, prepare: [] }, async (field) => {
      const peer = (name: string, variant: string, missing?: string) => ({
        ...field.yardstick("import", "plain", { as: name, variant }),
        missing,
      });
      const measured = await field.measure([
        peer("undici", "undici"),
        peer("kube-reflex", "kube-reflex"),
        peer("client-node", "@kubernetes/client-node", bench.clientNode.missing),
        peer("KFC", "kubernetes-fluent-client", bench.kfc.missing),
      ]);
      const modules = await field.yardstick("imported-modules", "plain").run();
      const [ours, undici] = ["kube-reflex", "undici"].map((name) => valuesOf(measured, name, "importMs"));
      const more = (ours ?? []).map((ms, round) => ms - (undici?.[round] ?? Number.NaN));
      const table: Table = {
        id: "startup",
        title: "Import of the package, in a fresh process",
        columns,
        measured,
        targets: [
          ...target("ms more than undici alone", summarise(more).median, { atMost: 10 }),
          ...target("modules of client-node that are loaded", modules.clientNode, { atMost: 0 }),
        ],
        ratios: columns.slice(0, 2).flatMap((column) => {
          const summary = betterBy(measured, column, "kube-reflex", "undici");
          if (summary === undefined) return [];
          const of = column.figure === "importMs" ? ("wall" as const) : ("processor" as const);
          return [{ name: `startup: kube-reflex / undici, ${column.label}`, of, summary }];
        }),
        notes: [],
      };
      return [table];
    }),
};
