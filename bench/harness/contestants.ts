import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Task } from "../contestants/contestant.ts";
import type { Figures } from "./results.ts";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "..");
const cache = join(folder, "../node_modules/.cache/kube-reflex");

/** Who takes part: a command for each scenario. */
export interface Contestant {
  readonly name: string;
  /** Why it cannot take part. */
  readonly missing?: string;
  command(scenario: string, task: Task): readonly string[];
}

/** A contestant in TypeScript: a file for each scenario, in a folder. */
function inNode(name: string, files: string, missing?: string): Contestant {
  return {
    name,
    ...(missing !== undefined && { missing }),
    command: (scenario, task) => [
      process.execPath,
      "--expose-gc",
      join(folder, files, `${scenario}.ts`),
      JSON.stringify(task),
    ],
  };
}

export const kubeReflex: Contestant = inNode("kube-reflex", "contestants/kube-reflex");
/** The floor, the raw socket and what else is no library. */
export const yardstick: Contestant = inNode("yardstick", "contestants");

async function installPeers(): Promise<string | undefined> {
  const peers = join(folder, "peers");
  if (existsSync(join(peers, "node_modules/kubernetes-fluent-client"))) return undefined;
  try {
    await run("npm", ["ci"], { cwd: peers, timeout: 120_000 });
    return undefined;
  } catch (error) {
    return `not installed: ${firstLine(error)}`;
  }
}

async function buildClientGo(): Promise<string | undefined> {
  mkdirSync(cache, { recursive: true });
  try {
    const env = { ...process.env, GOWORK: "off", CGO_ENABLED: "0" };
    const output = join(cache, "client-go-informer");
    await run("go", ["build", "-o", output, "./informer"], {
      cwd: join(folder, "client-go"),
      env,
      timeout: 600_000,
    });
    return undefined;
  } catch (error) {
    return `not built: ${firstLine(error)}`;
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").find((line) => line.trim() !== "" && !line.startsWith("Command failed")) ?? text;
}

/** The peers by name, each with the reason why it is missing where it is. */
export async function preparePeers(
  wanted: boolean,
): Promise<{ clientNode: Contestant; kfc: Contestant; clientGo: Contestant }> {
  const left = wanted ? undefined : "left out";
  const npm = left ?? (await installPeers());
  const go = left ?? (await buildClientGo());
  return {
    clientNode: inNode("client-node", "peers/client-node", npm),
    kfc: inNode("KFC", "peers/kfc", npm),
    clientGo: {
      name: "client-go",
      ...(go !== undefined && { missing: go }),
      command: (scenario, task) => [join(cache, "client-go-informer"), JSON.stringify({ ...task, scenario })],
    },
  };
}

/** Why a process ended without figures, in one line. */
export function reasonOf(error: unknown): string {
  const { killed, stderr = "" } = error as { killed?: boolean; stderr?: string };
  if (killed === true) return "did not end in time";
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.find((line) => /^(\w*Error\b|KubeError|FATAL|.*(out of memory|too long))/.test(line));
  return (
    said ??
    lines.findLast((line) => line !== "" && !line.startsWith("Node.js")) ??
    firstLine(error)
  ).slice(0, 160);
}

/** Run a contestant in a fresh process; rejects with a line that says why there are no figures. */
export async function runOnce(
  contestant: Contestant,
  scenario: string,
  task: Task,
  options: { readonly timeoutMs?: number; readonly nodeArguments?: readonly string[] } = {},
): Promise<Figures> {
  const { timeoutMs = 60_000, nodeArguments = [] } = options;
  const [file = "", ...args] = contestant.command(scenario, { ...task, startedAt: Date.now() });
  const { NODE_OPTIONS: _, NODE_ENV: __, ...env } = process.env;
  try {
    const { stdout } = await run(file, file === process.execPath ? [...nodeArguments, ...args] : args, {
      env: { ...env, NODE_ENV: "production" },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 26,
    });
    const figures: Figures = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    return Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(5))]),
    );
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}
