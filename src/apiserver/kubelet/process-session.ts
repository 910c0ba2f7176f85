import { once } from "node:events";
import { PassThrough, type Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { isJsonObject } from "../../base/json-object.ts";
import { Channels } from "./channels.ts";

/** How large a client's terminal is. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a scripted process gets: what it was asked to run, and its streams. */
export interface PodProcess {
  readonly namespace: string;
  /** The pod's name. */
  readonly name: string;
  readonly container: string;
  /** Empty for `attach`. */
  readonly command: readonly string[];
  /** Ends at once where the client sends none. */
  readonly stdin: Readable;
  /** Goes nowhere where the client does not ask for it; so does `stderr`. */
  readonly stdout: Writable;
  /** With a terminal everything comes on `stdout`. */
  readonly stderr: Writable;
  readonly tty: boolean;
  /** The sizes of the client's terminal, as it tells them. */
  readonly resize: AsyncIterable<TerminalSize>;
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal;
}

/** An exit code; what is none, or nothing, stands for 0. */
// biome-ignore lint/suspicious/noConfusingVoidType: a process that just returns has succeeded
type ExitCode = number | undefined | void;

/** Plays a process in a pod; resolves with its exit code, 0 where it says none. */
export type ProcessHandler = (process: PodProcess) => Promise<ExitCode> | ExitCode;

/** What is asked of a process. */
export interface ProcessOptions
  extends Pick<PodProcess, "namespace" | "name" | "container" | "command" | "tty"> {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

function exitStatus(code: number, command: readonly string[]): object {
  if (code === 0) return { metadata: {}, status: "Success" };
  const why = `error executing command [${command.join(" ")}], exit code ${code}`;
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: ${why}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function failureStatus(error: unknown): object {
  const why = error instanceof Error ? error.message : String(error);
  const message = `error executing command in container: ${why}`;
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

function sizeOf(message: Buffer): TerminalSize | undefined {
  try {
    const size: unknown = JSON.parse(message.toString("utf8"));
    if (!isJsonObject(size)) return undefined;
    return { columns: Number(size.Width ?? 0), rows: Number(size.Height ?? 0) };
  } catch {
    return undefined;
  }
}

/** Let what was written go out, also where the process has ended the stream itself. */
async function flushed(stream: Writable): Promise<void> {
  if (!stream.writableEnded && !stream.destroyed) stream.end();
  if (!stream.writableFinished && !stream.destroyed) await once(stream, "finish").catch(() => {});
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/**
 * Run a scripted process over one WebSocket: stdin 0, stdout 1, stderr 2, its end 3, resize 4.
 *
 * Resolves when the connection is closed: in order after the process has ended,
 * broken when `signal` aborts.
 */
export async function runProcess(
  socket: WebSocket,
  options: ProcessOptions,
  handler: ProcessHandler,
  signal: AbortSignal,
): Promise<void> {
  const channels = new Channels(socket, signal);
  const gone = new AbortController();
  const stdin = channels.readable(channel.stdin);
  if (!options.stdin) channels.end(channel.stdin);
  const stdout = options.stdout ? channels.writable(channel.stdout) : nowhere();
  const stderr = options.stderr ? channels.writable(channel.stderr) : nowhere();
  const resize = new PassThrough({ objectMode: true });
  // A process that writes on after its end, or breaks its own streams, must not end the whole server with it.
  for (const stream of [stdin, stdout, stderr, resize]) stream.on("error", () => {});
  channels.on(channel.resize, (message) => {
    const size = sizeOf(message);
    if (size !== undefined && !resize.writableEnded) resize.write(size);
  });
  const closed = channels.closed.then(() => {
    resize.end();
    gone.abort(signal.reason);
  });
  // As a kubelet does, so that clients know that the process is there.
  const first = options.stdout ? channel.stdout : options.stderr ? channel.stderr : channel.error;
  await channels.send(first, "");
  const { stdin: _, stdout: __, stderr: ___, ...asked } = options;
  const process = { ...asked, stdin, stdout, stderr, resize, signal: gone.signal };
  // A process that goes on without its client is nobody's any more.
  const status = await Promise.race([outcome(handler, process), closed]);
  if (status === undefined) return;
  await Promise.race([Promise.all([flushed(stdout), flushed(stderr)]), closed]);
  await channels.send(channel.error, JSON.stringify(status));
  channels.close();
  await closed;
}

async function outcome(handler: ProcessHandler, process: PodProcess): Promise<object> {
  try {
    return exitStatus((await handler(process)) ?? 0, process.command);
  } catch (error) {
    return failureStatus(error);
  }
}
