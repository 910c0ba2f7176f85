import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Bench } from "../harness/bench.ts";
import { reasonOf } from "../harness/contestants.ts";

/** What another benchmark printed. */
export interface PrintedFigures {
  readonly title: string;
  readonly text: string;
}

/** Benchmarks of threads, which alternate among themselves, and print their own tables. */
const programs: readonly {
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
}[] = [
  {
    title: "Reconciles in worker threads: `node bench/workers.ts 500 5`",
    file: "workers.ts",
    args: ["500", "5"],
  },
  {
    title: "A store that threads share: `node bench/shared-store.ts 30000`",
    file: "shared-store.ts",
    args: ["30000", "4800"],
  },
];

/** Run those that are there; what fails says so in its place. */
export async function runPrograms(bench: Bench): Promise<PrintedFigures[]> {
  const printed: PrintedFigures[] = [];
  for (const { title, file, args } of programs) {
    const path = join(import.meta.dirname, "..", file);
    if (!existsSync(path)) continue;
    bench.progress(title);
    const text = await promisify(execFile)(process.execPath, [path, ...args], { timeout: 120_000 }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => `failed: ${reasonOf(error)}`,
    );
    printed.push({ title, text });
  }
  return printed;
}
