/**
 * A controller beside client-go's, on one embedded server: `npm run bench:controller`.
 *
 * 10,000 pods, a reconcile that only reads its object. Each round starts both as
 * fresh processes, one after the other, because machines are shared and noisy;
 * the medians and their ratio are what counts. Needs Go for the peer; without it
 * only our own figures are printed.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const [objects = "10000", roundCount = "5", workers = "1"] = process.argv.slice(2);
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

interface Figures {
  readonly syncMs: number;
  readonly reconcileMs: number;
  readonly totalMs: number;
  readonly peakBytes: number;
}

/** The peer, built once; undefined where there is no Go. */
function buildPeer(): string | undefined {
  const folder = path("../node_modules/.cache/kube-reflex");
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("go", ["build", "-o", `${folder}/client-go-controller`, "./controller"], {
      cwd: path("client-go"),
      stdio: ["ignore", "ignore", "inherit"],
    });
    return `${folder}/client-go-controller`;
  } catch (error) {
    console.log(`client-go is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [path("controller/server.ts"), objects], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return {
    url: String(line).trim(),
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const whole = (value: number): string => Math.round(value).toLocaleString("en").padStart(10);

const peer = buildPeer();
const server = await startServer();
const figures: Record<string, Figures[]> = { "kube-reflex": [] };
if (peer !== undefined) figures["client-go"] = [];
try {
  // The first round warms the server up.
  for (let round = 0; round <= Number(roundCount); round++) {
    const ours = await run(process.execPath, [
      path("controller/kube-reflex.ts"),
      server.url,
      objects,
      workers,
    ]);
    if (round > 0) figures["kube-reflex"]?.push(JSON.parse(ours.stdout));
    if (peer === undefined) continue;
    const theirs = await run(peer, ["-server", server.url, "-objects", objects, "-workers", workers]);
    if (round > 0) figures["client-go"]?.push(JSON.parse(theirs.stdout));
  }
} finally {
  await server.stop();
}

console.log(
  `node ${process.version}, ${objects} pods, ${roundCount} rounds, ${workers} at once; medians\n\n` +
    `${"".padEnd(14)}    sync ms  reconciled/s  ready+done ms   peak MB`,
);
for (const [name, rounds] of Object.entries(figures)) {
  const of = (field: keyof Figures): number => median(rounds.map((round) => round[field]));
  console.log(
    `${name.padEnd(14)} ${whole(of("syncMs"))} ${whole((Number(objects) / of("reconcileMs")) * 1000).padStart(13)} ${whole(of("totalMs")).padStart(14)} ${whole(of("peakBytes") / 1e6)}`,
  );
}
const [ours = [], theirs = []] = Object.values(figures);
if (theirs.length > 0) {
  const ratios = ours.map(({ totalMs }, round) => (theirs[round]?.totalMs ?? Number.NaN) / totalMs);
  console.log(
    `\nfrom the start until all were reconciled, client-go's time over ours, round by round: ` +
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
}
