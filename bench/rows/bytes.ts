import { type Bench, type Row, withServer } from "../harness/bench.ts";
import type { Table } from "../harness/results.ts";

/** What the bytes themselves allow: gzip on lists, and how fast the machine can look at bytes at all. */
export const bytes: Row = {
  id: "bytes",
  run: (bench: Bench) =>
    withServer(bench, { kind: "pods", objects: 1, prepare: [] }, async (field) => {
      const limits = await field.measure([
        field.yardstick("limits", "plain", { as: "one thread, in memory", objects: 10_000 }),
      ]);
      const gzip = await field.measure([
        field.yardstick("gzip", "plain", { as: "10,000 pods, level 1", objects: 10_000 }),
      ]);
      return [
        {
          id: "limits",
          title: "What the machine allows: frames of 4.8 KB",
          columns: [
            { figure: "newlinesPerSecond", label: "newlines found/s", better: "more" },
            { figure: "copiesPerSecond", label: "frames copied/s", better: "more" },
            { figure: "copyGBPerSecond", label: "GB/s copied", better: "more" },
          ],
          measured: limits,
          targets: [],
          ratios: [],
          notes: [],
        },
        {
          id: "gzip",
          title: "gzip on lists",
          columns: [
            { figure: "gunzipMs", label: "gunzip ms", better: "less" },
            { figure: "listMB", label: "plain MB", better: "less" },
            { figure: "gzipMB", label: "gzip MB", better: "less" },
            { figure: "gunzipMBPerSecond", label: "plain MB/s", better: "more" },
            { figure: "breakEvenMbitPerSecond", label: "break-even Mbit/s", better: "more" },
          ],
          measured: gzip,
          targets: [],
          ratios: [],
          notes: [
            "On a network slower than the break-even, gzip shortens a list; on a faster one it lengthens it, and costs the server more than the client. These pods resemble each other more than those of a cluster do, so their gzip is smaller than it would be there.",
          ],
        },
      ] satisfies Table[];
    }),
};
