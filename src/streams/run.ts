import type { Readable } from "node:stream";
import { expectInteger, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { Deadline } from "../client/deadline.ts";
import type { Transport } from "../transport/port.ts";
import { CommandError, type CommandResult } from "./command-error.ts";
import { exec } from "./exec.ts";
import type { ExecOptions, StdinSource } from "./exec-options.ts";
import { describeAddress, type PodAddress } from "./pod-address.ts";
import type { RemoteProcess } from "./remote-process.ts";

export type { CommandResult } from "./command-error.ts";

/** What `run` takes; `timeoutMs` covers the command's whole life. */
export interface RunOptions extends Pick<ExecOptions, "container" | "signal" | "timeoutMs"> {
  /** What the command reads; needs a server of Kubernetes 1.30 or newer. @default nothing */
  readonly stdin?: StdinSource | undefined;
  /** The most that is kept of stdout, and of stderr; more ends it with `OVERFLOW`. @default 16 MiB */
  readonly maxOutputBytes?: number | undefined;
  /** The exit codes that are no failure. @default [0] */
  readonly exitCodes?: readonly number[] | "any" | undefined;
}

async function textOf(output: Readable, name: string, maxBytes: number, step: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of output) {
    const bytes: Buffer = chunk;
    length += bytes.length;
    if (length > maxBytes) {
      throw new KubeError(
        "OVERFLOW",
        `${step}: the command wrote more than ${maxBytes} bytes to ${name}; raise \`maxOutputBytes\`, or use exec() and read it as a stream`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

function expectExitCodes(exitCodes: unknown): void {
  if (exitCodes === undefined || exitCodes === "any") return;
  if (Array.isArray(exitCodes) && exitCodes.every((code) => Number.isSafeInteger(code))) return;
  throw invalidArgument("exitCodes", '"any" or an array of whole numbers', exitCodes);
}

/**
 * Run a command to its end, and collect what it writes as text.
 *
 * Rejects with a {@link CommandError} for an exit code that is not among
 * `exitCodes`, and as {@link exec} does; however it ends, it leaves the connection.
 */
export async function run(
  transport: Transport,
  pod: PodAddress,
  command: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  expectOptions("options", options);
  const { container, stdin, maxOutputBytes = 16 * 1024 * 1024, exitCodes = [0] } = options;
  expectInteger("maxOutputBytes", maxOutputBytes, 1);
  expectExitCodes(exitCodes);
  if (typeof stdin === "boolean") throw invalidArgument("stdin", "what the command shall read", stdin);
  const step = `exec in ${describeAddress(pod)}`;
  const deadline = new Deadline(step, options);
  let remote: RemoteProcess | undefined;
  try {
    remote = await exec(transport, pod, command, { container, stdin, signal: deadline.signal });
    const [stdout, stderr, { exitCode }] = await Promise.all([
      textOf(remote.stdout, "stdout", maxOutputBytes, step),
      textOf(remote.stderr, "stderr", maxOutputBytes, step),
      remote.exited,
    ]);
    const result = { exitCode, stdout, stderr };
    if (exitCodes !== "any" && !exitCodes.includes(exitCode)) throw new CommandError(step, result);
    return result;
  } finally {
    deadline.release();
    void remote?.close();
  }
}
