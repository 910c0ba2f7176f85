/** Loaded first by threads of examples: there the package's names mean its sources, as they do in tests. */
import { registerHooks } from "node:module";

const sources = new Map([
  ["kube-reflex", "index.ts"],
  ["kube-reflex/kinds", "kinds/index.ts"],
  ["kube-reflex/workers", "worker-thread/index.ts"],
]);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sources.get(specifier);
    if (source === undefined) return nextResolve(specifier, context);
    return nextResolve(new URL(`../../src/${source}`, import.meta.url).href, context);
  },
});
