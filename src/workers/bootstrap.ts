import { existsSync } from "node:fs";
import { reconcilerKey } from "./reconciler-module.ts";

/**
 * What a thread begins with: loads the module, then lets the library serve its default export.
 *
 * A module whose export was made by `defineReconcile` brings the library with it,
 * which works in bundled programs too; for any other it is loaded from where it
 * is installed. Text, as a file of its own could not be found from a bundle.
 */
export const bootstrap: string = `
import("node:worker_threads").then(async ({ workerData }) => {
  const data = workerData["kube-reflex"];
  const pack = ({ name, message, stack, code }) => ({ kind: "error", name: String(name), message: String(message), stack, code });
  const refuse = (error) => data.port.postMessage({ type: "unusable", error: pack(error instanceof Error ? error : new Error(String(error))) });
  try {
    const exported = (await import(data.module)).default;
    const reconcile = typeof exported === "object" && exported?.__esModule === true ? exported.default : exported;
    const own = typeof reconcile === "function" ? reconcile[Symbol.for(${JSON.stringify(reconcilerKey)})] : undefined;
    if (own === undefined && data.library === undefined) {
      throw Object.assign(new Error("this program is bundled, and its default export was not made by defineReconcile() of kube-reflex/workers, which brings what the thread needs"), { name: "KubeError" });
    }
    const { serve } = await (own === undefined ? import(data.library) : own());
    serve(reconcile, data);
  } catch (error) {
    refuse(error);
  }
});
`;

/** This library's part of a thread: beside the sources, or beside what they were built to; `undefined` in a bundle. */
export function libraryOf(here: string | undefined): string | undefined {
  // A bundle of CommonJS has no address, and none has a file beside it.
  if (here === undefined) return undefined;
  const url = new URL(here.endsWith(".ts") ? "../worker-thread/main.ts" : "./worker-thread.js", here);
  return existsSync(url) ? url.href : undefined;
}
