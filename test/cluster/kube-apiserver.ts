import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { access, mkdtemp, readFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { builtApiServer, goProblem } from "./apiserver-build.ts";
import { type ClusterAccess, type StartedClusterAccess, writeConfiguration } from "./configuration.ts";

/** A cluster to run tests against. `stop` ends what was started for it and may be called twice. */
export type ClusterUnderTest = ClusterAccess & { stop(): Promise<void> };

export interface StartOptions {
  /** Gets every line the server writes. */
  readonly log?: (line: string) => void;
  /** Gets a line before each step that takes minutes. */
  readonly progress?: (line: string) => void;
}

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const LOG_TAIL_LINES = 30;
const PORT_ATTEMPTS = 3;

/** Prefix of the scratch folder's name; the Go program removes no other folder. */
const SCRATCH_PREFIX = "kube-reflex-scratch-";
/** As in `apiserver/kubelet.go`. */
const NODE = "kube-reflex-node";
const SUPERVISOR = join(import.meta.dirname, "envtest-supervisor.ts");

/** A unix socket in the scratch folder, hence a fixed "address" collides with nothing. */
const ETCD_CLIENT_SOCKET = "127.0.0.1:2379";
const ETCD_CLIENT_URL = `unix://${ETCD_CLIENT_SOCKET}`;
const ETCD_PEER_URL = "unix://127.0.0.1:2380";

/**
 * Finds or starts a kube-apiserver with an etcd on loopback and waits until it is ready.
 *
 * The first of these that applies: the cluster of `KUBE_REFLEX_TEST_KUBECONFIG`,
 * the binaries in `KUBEBUILDER_ASSETS`, a build of the Go module next to this
 * file. Gives the reason when none does; throws when one applies and fails.
 */
export async function startKubeApiServer(
  options: StartOptions = {},
): Promise<ClusterUnderTest | { skipped: string }> {
  const given = process.env.KUBE_REFLEX_TEST_KUBECONFIG;
  if (given) {
    const kubeconfig = resolve(given);
    await access(kubeconfig);
    return { origin: "given", kubeconfig, stop: async () => {} };
  }
  if (process.platform === "win32")
    return { skipped: "kube-apiserver with etcd on unix sockets is not for Windows" };

  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) return start(assetsProgram(resolve(assets)), options);

  const problem = await goProblem();
  if (problem !== undefined) return { skipped: problem };
  return start(goProgram(await builtApiServer(options.progress)), options);
}

/** What is started: an etcd and a kube-apiserver, and perhaps a kubelet. */
interface ServerProgram {
  /** Its command line with these flags of kube-apiserver, inside the scratch folder. */
  command(folder: string, flags: readonly string[]): readonly [file: string, ...args: string[]];
  /** The node that its kubelet registers. */
  readonly node?: string;
}

/** Runs envtest's `etcd` and `kube-apiserver`. */
function assetsProgram(assets: string): ServerProgram {
  const etcd = join(assets, "etcd");
  const kubeApiServer = join(assets, "kube-apiserver");
  for (const file of [etcd, kubeApiServer]) {
    if (!existsSync(file)) throw new Error(`KUBEBUILDER_ASSETS names a folder without ${file}`);
  }
  const etcdFlags = [
    "--data-dir=etcd",
    "--log-level=error",
    "--unsafe-no-fsync",
    `--listen-client-urls=${ETCD_CLIENT_URL}`,
    `--advertise-client-urls=${ETCD_CLIENT_URL}`,
    `--listen-peer-urls=${ETCD_PEER_URL}`,
    `--initial-advertise-peer-urls=${ETCD_PEER_URL}`,
    `--initial-cluster=default=${ETCD_PEER_URL}`,
  ];
  return {
    command(folder, flags) {
      const kubeApiServerFlags = [`--etcd-servers=${ETCD_CLIENT_URL}`, ...flags];
      return [
        process.execPath,
        SUPERVISOR,
        folder,
        ETCD_CLIENT_SOCKET,
        JSON.stringify([etcd, ...etcdFlags]),
        JSON.stringify([kubeApiServer, ...kubeApiServerFlags]),
      ];
    },
  };
}

/** Runs the Go program, which holds both and a kubelet. */
function goProgram(binary: string): ServerProgram {
  return { command: (folder, flags) => [binary, folder, ...flags], node: NODE };
}

async function start(program: ServerProgram, options: StartOptions): Promise<ClusterUnderTest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(program, options);
    } catch (error) {
      // The port was free when asked for; another process may have taken it since.
      const portTaken = error instanceof Error && error.message.includes("address already in use");
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(program: ServerProgram, options: StartOptions): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), SCRATCH_PREFIX));
  const port = await freePort();
  const { access: written, flags } = await writeConfiguration(folder, port);
  const access = program.node === undefined ? written : { ...written, node: program.node };
  const server = runServer(program.command(folder, flags), folder, options.log);
  try {
    await untilReady(access, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...access, stop: server.stop };
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP listener has no port");
  return address.port;
}

interface RunningServer {
  /** Why it ended, or undefined while it runs. */
  ended(): string | undefined;
  logTail(): string;
  stop(): Promise<void>;
}

function runServer(
  [file, ...args]: readonly string[],
  folder: string,
  log?: (line: string) => void,
): RunningServer {
  if (file === undefined) throw new Error("a command without a program");
  const { NODE_OPTIONS: _, ...env } = process.env;
  // Its own process group: a signal then reaches the supervisor's children too,
  // and a Ctrl-C in the terminal does not end the server ahead of its tests.
  const child = spawn(file, args, { cwd: folder, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let ended: string | undefined;
  const closed = new Promise<void>((done) => {
    child.on("error", (error) => {
      ended ??= String(error);
      if (child.pid === undefined) done();
    });
    child.on("exit", (code, signal) => {
      ended ??= signal ? `ended by ${signal}` : `exited with code ${code}`;
    });
    child.on("close", () => done());
  });
  child.stdin.on("error", () => {});

  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      tail.push(line);
      if (tail.length > LOG_TAIL_LINES) tail.shift();
      log?.(line);
    });
  }

  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const endWithParent = () => {
    signalGroup(child, "SIGKILL");
    removeFolder();
  };
  process.on("exit", endWithParent);

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // The supervisor passes it on in order, kube-apiserver before its etcd.
    child.kill("SIGTERM");
    const forced = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_LIMIT_MS);
    await closed;
    clearTimeout(forced);
    process.off("exit", endWithParent);
    removeFolder();
  };
  return {
    ended: () => ended,
    logTail: () => tail.join("\n"),
    stop: () => (stopping ??= stop()),
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Waits until the server is ready and has what comes some time later: the namespace `default`, the kubelet's node. */
async function untilReady(access: StartedClusterAccess, server: RunningServer): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  const later = ["namespaces/default", ...(access.node === undefined ? [] : [`nodes/${access.node}`])];
  for (const path of ["/readyz", ...later.map((each) => `/api/v1/${each}`)]) {
    for (;;) {
      const problem = await getProblem(access, path);
      if (problem === undefined) break;
      const ended = server.ended();
      if (ended !== undefined || Date.now() > deadline) {
        const state = ended ?? `not ready after ${READY_LIMIT_MS / 1000} s`;
        throw new Error(
          `kube-apiserver ${state}; GET ${path}: ${problem}; end of its log:\n${server.logTail()}`,
        );
      }
      await sleep(100);
    }
  }
}

/** Gets a path as the administrator; gives what went wrong, or undefined for a 200. */
async function getProblem(access: StartedClusterAccess, path: string): Promise<string | undefined> {
  try {
    const ca = await readFile(access.caFile);
    return await new Promise<string | undefined>((done, fail) => {
      const headers = { authorization: `Bearer ${access.token}` };
      const sent = request(
        `${access.server}${path}`,
        { ca, headers, agent: false, timeout: 2_000 },
        (response) => {
          let body = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (body += chunk));
          response.on("error", fail);
          response.on("end", () =>
            done(response.statusCode === 200 ? undefined : `${response.statusCode} ${body}`),
          );
        },
      );
      sent.on("timeout", () => sent.destroy(new Error("no answer in 2 s")));
      sent.on("error", fail);
      sent.end();
    });
  } catch (error) {
    return String(error);
  }
}
