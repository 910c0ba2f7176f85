/** Lets examples run as processes of their own without a build: `node --import ./test/cluster/from-source.ts FILE`. */
import { registerHooks } from "node:module";

const source = (path: string): string => new URL(`../../src/${path}`, import.meta.url).href;

const entries: ReadonlyMap<string, string> = new Map([
  ["kube-reflex", source("index.ts")],
  ["kube-reflex/kinds", source("kinds/index.ts")],
  ["kube-reflex/metrics", source("metrics/index.ts")],
  ["kube-reflex/testing", source("testing/index.ts")],
]);

registerHooks({
  resolve(specifier, context, next) {
    const url = entries.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
