/**
 * What a CPU profile says, as a table: `node bench/profile.ts FILE.cpuprofile`.
 *
 * Self times by what the code belongs to, and the functions that take the most;
 * code of `dist` is told by the file of `src` that it was built from.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { formatNumber, markdownTable } from "./harness/tables.ts";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** One place in the code, and its share of the time in which the thread was busy. */
export interface ProfileEntry {
  readonly name: string;
  readonly share: number;
}

/** Where the time of a busy thread went. */
export interface ProfileSummary {
  readonly busyMs: number;
  readonly categories: readonly ProfileEntry[];
  readonly functions: readonly ProfileEntry[];
}

const maps = new Map<string, SourceMap | undefined>();

/** The file of `src` that a place in `dist` comes from. */
function sourceOf({ url, lineNumber, columnNumber }: ProfileNode["callFrame"]): string | undefined {
  if (!maps.has(url)) {
    const path = `${fileURLToPath(url)}.map`;
    maps.set(url, existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined);
  }
  const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
  return entry !== undefined && "originalSource" in entry
    ? entry.originalSource.replace(/^.*\/src\//, "src/")
    : undefined;
}

/** What the code belongs to, and how it is named in the table. */
function placeOf({ callFrame }: ProfileNode): { readonly category: string; readonly name: string } {
  const { functionName, url } = callFrame;
  const shown = functionName === "" ? "(anonymous)" : functionName;
  if (shown === "(garbage collector)") return { category: "garbage collection", name: shown };
  if (url === "") return { category: "built-in: JSON.parse, decoding, sockets", name: `${shown}, built-in` };
  if (url.startsWith("node:")) return { category: "Node's own modules", name: `${shown}, ${url}` };
  // undici's HTTP parser is the only one.
  if (url.startsWith("wasm:"))
    return { category: "HTTP parser (WebAssembly)", name: `${shown}, WebAssembly` };
  if (!url.startsWith("file:")) return { category: "other", name: `${shown}, ${url}` };
  const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (dependency !== undefined) return { category: dependency, name: `${shown}, ${dependency}` };
  const source = sourceOf(callFrame);
  if (source === undefined) return { category: "the benchmark", name: `${shown}, the benchmark` };
  const [, room = "src"] = /^src\/([^/]+)/.exec(source) ?? [];
  return { category: `kube-reflex: ${room}`, name: `${shown}, ${source}` };
}

function sharesOf(times: ReadonlyMap<string, number>, all: number, most: number): ProfileEntry[] {
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, time]) => ({ name, share: time / all }));
}

/** Sum up a profile; the time in which the thread had nothing to do counts for nothing. */
export function summariseProfile(text: string): ProfileSummary {
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(text);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const categories = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const [i, sample] of samples.entries()) {
    const node = byId.get(sample);
    const time = timeDeltas[i] ?? 0;
    if (node === undefined || ["(idle)", "(program)", "(root)"].includes(node.callFrame.functionName))
      continue;
    busy += time;
    const { category, name } = placeOf(node);
    categories.set(category, (categories.get(category) ?? 0) + time);
    functions.set(name, (functions.get(name) ?? 0) + time);
  }
  return {
    busyMs: busy / 1000,
    categories: sharesOf(categories, busy, 12),
    functions: sharesOf(functions, busy, 12),
  };
}

/** Both tables of a profile, in Markdown. */
export function formatProfile({ busyMs, categories, functions }: ProfileSummary): string {
  const table = (title: string, entries: readonly ProfileEntry[]): string =>
    markdownTable(
      [title, "self time"],
      entries.map(({ name, share }) => [name, `${formatNumber(share * 100, 1)} %`]),
    );
  const most = categories
    .slice(0, 3)
    .map(({ name, share }) => `${name} (${formatNumber(share * 100, 0)} %)`)
    .join(", ");
  return `The thread was busy for ${formatNumber(busyMs, 0)} ms, most of it with: ${most}.\n\n${table("what", categories)}\n\n${table("function", functions)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of process.argv.slice(2))
    console.log(formatProfile(summariseProfile(readFileSync(file, "utf8"))));
}
