import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("./ends-by-itself.ts", import.meta.url));

/** Run the script; rejects where it fails, or has to be killed. */
async function outcome(scenario: string): Promise<{ readonly heldForMs: number }> {
  const options = { timeout: 20_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await promisify(execFile)(process.execPath, [script, scenario], options);
  return JSON.parse(stdout);
}

it("P22: a process with an informer, a watch and a listener ends by itself once they are stopped", async () => {
  const { heldForMs, ...told } = await outcome("started");
  expect(told).toEqual({ watches: 2, running: [] });
  // Less than any keep-alive, back-off or grace that could have held it.
  expect(heldForMs).toBeLessThan(2000);
}, 30_000);

it("P25: a process that built an informer, a watch and a cluster and started none ends at once", async () => {
  const { heldForMs, ...told } = await outcome("unstarted");
  expect(told).toEqual({ requests: 0, running: [] });
  expect(heldForMs).toBeLessThan(2000);
}, 30_000);
