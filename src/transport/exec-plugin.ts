import { type ChildProcess, spawn } from "node:child_process";
import { onAbort } from "../base/abort.ts";

/** How long a plugin may take; it may wait for a browser. */
const timeoutMs = 120_000;
const maxOutputBytes = 1024 * 1024;
/** How long its output is waited for after its end: something it left in the background may keep the pipe open. */
const outputGraceMs = 1000;

/** A program to run, with the whole environment that it gets. */
export interface PluginCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a plugin printed, or, in words without its output, why that cannot be used. */
export type PluginEnd = { readonly output: string } | { readonly problem: string };

const isPosix = process.platform !== "win32";

function startProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT") return "there is no such command; install it, or check PATH";
  if (code === "EACCES") return "it may not be executed; check its permissions";
  return `it cannot be started (${code})`;
}

/** Kill it and whatever it has started: both would go on with nobody to read what they say. */
function kill(child: ChildProcess): void {
  try {
    if (isPosix && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended by itself in the meantime.
  }
}

/**
 * Run a credential plugin to its end and read what it prints; never rejects.
 *
 * It has no standard input and shares our standard error, as with kubectl. It
 * is killed with all it has started when `signal` aborts, when it takes longer
 * than two minutes, or prints more than 1 MiB.
 */
export function runPlugin({ command, args, env }: PluginCommand, signal: AbortSignal): Promise<PluginEnd> {
  const { promise, resolve } = Promise.withResolvers<PluginEnd>();
  let child: ChildProcess;
  try {
    // A group of its own, so that it can be killed as one.
    const options = { env, detached: isPosix, windowsHide: true } as const;
    child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    return Promise.resolve({ problem: startProblem(error) });
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let grace: ReturnType<typeof setTimeout> | undefined;

  const settle = (end: PluginEnd): void => {
    clearTimeout(timer);
    clearTimeout(grace);
    stopListening();
    child.stdout?.destroy();
    resolve(end);
  };
  const giveUp = (problem: string): void => {
    kill(child);
    settle({ problem });
  };
  const ended = (code: number | null, by: NodeJS.Signals | null): void => {
    if (code === 0) settle({ output: Buffer.concat(chunks).toString("utf8") });
    else settle({ problem: `it ended with ${by ?? code}; run it by hand to see why` });
  };

  const timer = setTimeout(
    () => giveUp(`it took longer than ${timeoutMs / 1000} s; run it by hand, it may wait for an answer`),
    timeoutMs,
  );
  const stopListening = onAbort(signal, () => giveUp("it was not waited for"));
  child.stdout?.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxOutputBytes)
      giveUp(`it printed more than ${maxOutputBytes} bytes; run it by hand to see what`);
  });
  child.once("error", (error) => settle({ problem: startProblem(error) }));
  child.once("close", ended);
  child.once("exit", (code, by) => {
    grace = setTimeout(() => ended(code, by), outputGraceMs);
  });
  return promise;
}
