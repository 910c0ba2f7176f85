/**
 * Runs envtest's etcd and kube-apiserver as children and ends them with itself.
 *
 * The binaries do not watch their stdin, as the Go program in `apiserver` does.
 * This process does it for them: at the end of its stdin it kills both and
 * removes the scratch folder, so a caller that is killed leaves nothing behind.
 *
 * Usage: node envtest-supervisor.ts FOLDER SOCKET ETCD-COMMAND KUBE-APISERVER-COMMAND,
 * SOCKET the unix socket of etcd's clients inside FOLDER, each command a JSON array.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const EXPIRED_REVISIONS = 10;

const [folder = "", socket = "", etcdCommand = "[]", kubeApiServerCommand = "[]"] = process.argv.slice(2);
const children: ChildProcess[] = [];
let ending = false;
let orphaned = false;

function run(command: string): ChildProcess {
  const [file = "", ...args]: string[] = JSON.parse(command);
  const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  children.push(child);
  child.on("error", (error) => {
    console.error(String(error));
    process.exitCode = 1;
    end("SIGKILL");
  });
  child.on("exit", (code) => {
    process.exitCode ||= code ?? 1;
    end("SIGTERM");
  });
  return child;
}

function end(signal: NodeJS.Signals): void {
  ending = true;
  for (const child of children) child.kill(signal);
  if (children.every(hasEnded)) process.stdin.destroy();
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Calls etcd's JSON gateway; fails while etcd does not serve yet. */
async function callEtcd(path: string, body: object): Promise<{ header: { revision: string } }> {
  const sent = request({ socketPath: socket, path, method: "POST" }).end(JSON.stringify(body));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`etcd: ${path}: ${response.statusCode} ${answer}`);
  return JSON.parse(answer);
}

/** Makes resourceVersion=1 too old for every resource; `main.go` says why. Waits for etcd to serve first. */
async function expireFirstRevisions(): Promise<void> {
  const put = () => callEtcd("/v3/kv/put", { key: Buffer.from("expired").toString("base64") });
  let answer: { header: { revision: string } } | undefined;
  while (answer === undefined) {
    if (ending) return;
    answer = await put().catch(() => sleep(50, undefined));
  }
  for (let written = 1; written < EXPIRED_REVISIONS; written++) answer = await put();
  await callEtcd("/v3/kv/compaction", { revision: answer.header.revision, physical: true });
}

process.chdir(folder);
process.stdin.on("end", () => {
  orphaned = true;
  end("SIGKILL");
});
process.stdin.resume();
process.on("exit", () => {
  end("SIGKILL");
  if (orphaned) rmSync(folder, { recursive: true, force: true });
});

const etcd = run(etcdCommand);
let last = etcd;
// kube-apiserver first: without its etcd it would not get to its end. When it
// has ended, its exit event ends etcd.
process.on("SIGTERM", () => last.kill("SIGTERM"));
await expireFirstRevisions();
if (!ending) last = run(kubeApiServerCommand);
