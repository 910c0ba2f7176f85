/**
 * An informer at work: `npm run demo`.
 *
 * Without options on the embedded API server, with a proof at the end; with
 * `-- --kubeconfig FILE [--context C] [--resource pods] [--namespace N]` on a real
 * cluster, until Ctrl-C.
 */
import { parseArgs } from "node:util";
import { runEmbeddedDemo } from "./demo/embedded.ts";
import { follow } from "./demo/follow.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    context: { type: "string" },
    resource: { type: "string", default: "pods" },
    namespace: { type: "string" },
  },
});

try {
  const { kubeconfig, ...options } = values;
  process.exitCode =
    kubeconfig === undefined ? await runEmbeddedDemo() : await follow({ kubeconfig, ...options });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
