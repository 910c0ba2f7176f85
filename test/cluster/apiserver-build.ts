import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const MODULE = join(import.meta.dirname, "apiserver");
const LOCK_BEAT_MS = 5_000;
const LOCK_STALE_MS = 30_000;
const LOCK_POLL_MS = 500;

/**
 * Why the Go module beside this file cannot be built here, or undefined when it can.
 *
 * Asks `go` inside the module's folder, so that a toolchain too old for it which
 * may not fetch a newer one counts as missing.
 */
export async function goProblem(): Promise<string | undefined> {
  try {
    await promisify(execFile)("go", ["env", "GOVERSION"], { cwd: MODULE, env: goEnvironment() });
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return "no go on PATH, and neither KUBE_REFLEX_TEST_KUBECONFIG nor KUBEBUILDER_ASSETS is set";
    }
    const reason = error instanceof Error ? error.message : String(error);
    return `go cannot be used: ${reason.trim().split("\n").at(-1)}`;
  }
}

/**
 * Path of the built Go program; builds it first when this version of its sources
 * has not been built on this machine. Calls in parallel, also of several
 * processes, wait for one build.
 */
export async function builtApiServer(progress: (line: string) => void = () => {}): Promise<string> {
  const sources = new Map<string, string>();
  for (const name of (await readdir(MODULE)).sort()) {
    if (/^go\.(mod|sum)$|\.go$/.test(name)) sources.set(name, await readFile(join(MODULE, name), "utf8"));
  }
  const hash = createHash("sha256")
    .update(JSON.stringify([process.platform, process.arch, ...sources]))
    .digest("hex");
  const folder = join(cacheFolder(), "kube-reflex", `apiserver-${hash.slice(0, 16)}`);
  const binary = join(folder, "apiserver");
  await mkdir(folder, { recursive: true });

  for (let announced = false; !(await exists(binary)); ) {
    const release = await tryLock(join(folder, "build.lock"));
    if (release === undefined) {
      if (!announced) progress("waiting for another process that builds kube-apiserver");
      announced = true;
      await sleep(LOCK_POLL_MS);
      continue;
    }
    try {
      // Another process may have finished between the look and the lock.
      if (!(await exists(binary))) await build(binary, kubernetesVersion(sources.get("go.mod")), progress);
    } finally {
      await release();
    }
  }
  return binary;
}

async function build(binary: string, version: string, progress: (line: string) => void): Promise<void> {
  progress(`building kube-apiserver ${version} into ${binary}; takes minutes, once`);
  const unfinished = `${binary}.${process.pid}`;
  const versionVariable = "k8s.io/component-base/version.gitVersion";
  const flags = [
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    `-s -w -X ${versionVariable}=${version}`,
  ];
  const go = spawn("go", ["build", ...flags, "-o", unfinished, "."], {
    cwd: MODULE,
    env: goEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const interrupt = () => go.kill("SIGINT");
  process.on("exit", interrupt);
  let output = "";
  go.stderr.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-4_000);
  });
  try {
    const [code, signal] = await once(go, "close");
    if (code !== 0)
      throw new Error(`go build of kube-apiserver: ${signal ?? `exit code ${code}`}\n${output}`);
    await rename(unfinished, binary);
  } finally {
    process.off("exit", interrupt);
    await rm(unfinished, { force: true });
  }
}

/** Environment in which a workspace around this repository and a C compiler play no part. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOWORK: "off", CGO_ENABLED: "0" };
}

function kubernetesVersion(goMod: string | undefined): string {
  const version = goMod?.match(/^\s*k8s\.io\/kubernetes (v\S+)/m)?.[1];
  if (version === undefined) throw new Error("go.mod names no version of k8s.io/kubernetes");
  return version;
}

function cacheFolder(): string {
  const configured = process.env.XDG_CACHE_HOME;
  // The XDG specification has relative paths ignored.
  return configured && isAbsolute(configured) ? configured : join(homedir(), ".cache");
}

/**
 * Takes a lock file that its holder keeps touching; gives its release, or
 * undefined while another holds it.
 *
 * Two waiters that find the same stale lock can both get it. They then build
 * twice, each into a file of its own, and the last rename wins: slow, not wrong.
 */
async function tryLock(path: string): Promise<(() => Promise<void>) | undefined> {
  try {
    await (await open(path, "wx")).close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const touched = await stat(path).catch(() => undefined);
    if (touched !== undefined && Date.now() - touched.mtimeMs > LOCK_STALE_MS)
      await rm(path, { force: true });
    return undefined;
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, LOCK_BEAT_MS);
  return async () => {
    clearInterval(beat);
    await rm(path, { force: true });
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
