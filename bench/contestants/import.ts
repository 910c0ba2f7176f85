/** How long a fresh process takes to import what its task names. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { cpuMs, report, task } from "./contestant.ts";

const specifier = task.variant ?? "";
const isPeer = specifier.includes("client");
const from = createRequire(new URL(isPeer ? "../peers/x.js" : "./x.js", import.meta.url));
// Looking it up is not what is measured.
const url = specifier.startsWith("node:") ? specifier : pathToFileURL(resolved(specifier)).href;
const cpu = cpuMs();
const began = performance.now();
await import(url);
report({ importMs: performance.now() - began, importCpuMs: cpuMs() - cpu });

function resolved(name: string): string {
  if (name === "kube-reflex") return new URL("../../dist/index.js", import.meta.url).pathname;
  return from.resolve(name);
}
