/** How many modules of whom an import of kube-reflex loads; not timed, because looking at each costs time. */
import { registerHooks } from "node:module";
import { report } from "./contestant.ts";

const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
await import("kube-reflex");
report({ modules: loaded.length, clientNode: loaded.filter((url) => url.includes("client-node")).length });
