import type { Readable } from "node:stream";
import { expectBoolean, expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Query } from "../client/api-call.ts";
import type { CallOptions } from "../client/deadline.ts";

/** How large a terminal is, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a command can be fed with: a stream, an iterable, or all of it at once. */
export type StdinSource = Readable | AsyncIterable<string | Uint8Array> | string | Uint8Array;

/** What `attach` takes, and `exec` besides its command. */
export interface AttachOptions extends CallOptions {
  /** @default the one that the annotation `kubectl.kubernetes.io/default-container` or the server chooses */
  readonly container?: string | undefined;
  /**
   * `true` for the process' `stdin` to be written to, or what is written to it and then ended.
   *
   * A source that ends needs a server of Kubernetes 1.30 or newer (v5.channel.k8s.io), unless there is a terminal.
   *
   * @default false
   */
  readonly stdin?: boolean | StdinSource | undefined;
  /** Every stream that is asked for has to be read, or it holds the others up. @default true */
  readonly stdout?: boolean | undefined;
  /** @default true, and false with a terminal, which has one output for both */
  readonly stderr?: boolean | undefined;
  /** Give the command a terminal. @default false */
  readonly tty?: boolean | undefined;
  /** The terminal's size at first; `resize` changes it. */
  readonly terminalSize?: TerminalSize | undefined;
}

/** What `exec` takes besides its command. */
export type ExecOptions = AttachOptions;

/** Checked options, each with a value. */
export interface StreamChoice {
  readonly stdin: boolean;
  readonly source: StdinSource | undefined;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly terminalSize: TerminalSize | undefined;
}

function isSource(value: unknown): value is StdinSource {
  if (typeof value === "string" || value instanceof Uint8Array) return true;
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Throw unless both numbers of a terminal's size fit the two bytes that carry them. */
export function expectTerminalSize(name: string, size: TerminalSize): void {
  expectOptions(name, size ?? null);
  for (const field of ["columns", "rows"] as const) {
    const value = size[field];
    if (!Number.isInteger(value) || value < 1 || value > 0xffff) {
      throw invalidArgument(`${name}.${field}`, "a whole number from 1 to 65535", value);
    }
  }
}

/** Check what `exec` and `attach` are given, and fill in the defaults. */
export function chooseStreams(options: AttachOptions): StreamChoice {
  expectOptions("options", options);
  const { stdin = false, tty = false, terminalSize } = options;
  expectBoolean("tty", tty);
  expectBoolean("stdout", options.stdout);
  expectBoolean("stderr", options.stderr);
  expectText("container", options.container);
  if (typeof stdin !== "boolean" && !isSource(stdin)) {
    throw invalidArgument("stdin", "true, a text, bytes, a Readable or an async iterable", stdin);
  }
  if (terminalSize !== undefined) {
    expectTerminalSize("terminalSize", terminalSize);
    if (!tty) throw invalidArgument("terminalSize", "absent without `tty: true`", terminalSize);
  }
  const stdout = options.stdout ?? true;
  const stderr = options.stderr ?? !tty;
  if (tty && stderr) {
    throw invalidArgument("stderr", "absent or false with `tty: true`: a terminal has one output", stderr);
  }
  if (stdin === false && !stdout && !stderr) {
    throw new KubeError(
      "INVALID_ARGUMENT",
      "Expected at least one of `stdin`, `stdout` and `stderr` to be asked for",
    );
  }
  const source = typeof stdin === "boolean" ? undefined : stdin;
  return { stdin: stdin !== false, source, stdout, stderr, tty, terminalSize };
}

/** The query that asks for these streams. */
export function streamQuery(choice: StreamChoice, container: string | undefined): Query {
  const { stdin, stdout, stderr, tty } = choice;
  return { container, stdin, stdout, stderr, tty };
}

/** Throw unless `command` is a program and its arguments. */
export function expectCommand(command: unknown): void {
  const isCommand =
    Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === "string");
  if (!isCommand || command[0] === "") {
    throw invalidArgument(
      "command",
      'a program and its arguments, such as ["sh", "-c", "ls | wc -l"]',
      command,
    );
  }
}
