/**
 * An informer at work: `npm run demo`.
 *
 * Without options on the embedded API server, with a proof at the end; with
 * `-- --kubeconfig FILE [--context C] [--resource pods] [--namespace N]` on a real
 * cluster, until Ctrl-C. Exits with 1 where something went wrong, with 2 for
 * options that make no sense.
 */
import { runEmbeddedDemo } from "./demo/embedded.ts";
import { follow } from "./demo/follow.ts";
import { demoOptions } from "./demo/options.ts";

async function run(args: readonly string[]): Promise<number> {
  const asked = demoOptions(args);
  if (asked.type === "embedded") return runEmbeddedDemo();
  if (asked.type === "follow") return follow(asked.options);
  console.error(asked.message);
  return 2;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
