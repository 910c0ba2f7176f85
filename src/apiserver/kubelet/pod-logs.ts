import { keyOf } from "../../resource/key.ts";
import { Watcher } from "../fan-out/watcher.ts";

/** Whose log it is. */
export interface LogTarget {
  readonly namespace: string;
  /** The pod's name. */
  readonly name: string;
  /** @default every container of the pod that has no log of its own */
  readonly container?: string | undefined;
  /** The log of the container's run before this one. @default false */
  readonly previous?: boolean | undefined;
}

/** Which part of a log is wanted, and how. */
export interface LogQuery {
  readonly tailLines?: number | undefined;
  /** Only lines written at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  readonly limitBytes?: number | undefined;
  /** Each line begins with the time it was written. */
  readonly timestamps: boolean;
  /** Go on with what is appended, until the pod is gone. */
  readonly follow: boolean;
}

interface Line {
  readonly text: string;
  readonly atMs: number;
}

/** Lines on their way to one client, up to its limit. */
class LogOutput {
  readonly #timestamps: boolean;
  #leftBytes: number;

  constructor({ timestamps, limitBytes = Number.POSITIVE_INFINITY }: LogQuery) {
    this.#timestamps = timestamps;
    this.#leftBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.#leftBytes <= 0;
  }

  encode(lines: readonly Line[]): Uint8Array[] {
    if (lines.length === 0) return [];
    const text = lines.map((line) => `${this.#prefix(line)}${line.text}\n`).join("");
    const bytes = Buffer.from(text, "utf8").subarray(0, this.#leftBytes);
    this.#leftBytes -= bytes.byteLength;
    return bytes.byteLength === 0 ? [] : [bytes];
  }

  #prefix({ atMs }: Line): string {
    if (!this.#timestamps) return "";
    // Nine digits, as container runtimes write them.
    return `${new Date(atMs).toISOString().slice(0, -1)}000000Z `;
  }
}

interface Follower {
  readonly watcher: Watcher;
  readonly output: LogOutput;
}

/** One container's log and who follows it. */
class ContainerLog {
  #lines: Line[] = [];
  readonly #followers = new Set<Follower>();

  append(texts: readonly string[], atMs: number): void {
    const lines = texts.map((text) => ({ text, atMs }));
    // Not spread: a call takes a hundred thousand arguments at most.
    for (const line of lines) this.#lines.push(line);
    for (const { watcher, output } of [...this.#followers]) {
      for (const bytes of output.encode(lines)) watcher.push(bytes);
      if (output.isFull) watcher.end();
    }
  }

  clear(): void {
    this.#lines = [];
  }

  open(query: LogQuery): Watcher {
    const { tailLines, sinceMs = Number.NEGATIVE_INFINITY, follow } = query;
    const tail = tailLines === undefined ? this.#lines : tailLines === 0 ? [] : this.#lines.slice(-tailLines);
    const output = new LogOutput(query);
    const backlog = output.encode(tail.filter(({ atMs }) => atMs >= sinceMs));
    // Unbounded: the log is in memory anyhow, and a line that is lost is not sent again.
    const most = Number.MAX_SAFE_INTEGER;
    const watcher = new Watcher({
      backlog,
      queueEvents: most,
      queueBytes: most,
      onEnd: () => this.#followers.delete(follower),
    });
    const follower: Follower = { watcher, output };
    if (follow && !output.isFull) this.#followers.add(follower);
    else watcher.end();
    return watcher;
  }

  end(): void {
    for (const { watcher } of [...this.#followers]) watcher.end();
  }
}

/** A text or lines as lines; what ends the last one begins no other. */
function linesOf(log: string | readonly string[]): string[] {
  const lines = typeof log === "string" ? log.split("\n") : log.flatMap((line) => line.split("\n"));
  if (typeof log === "string" && lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * The logs of containers that do not run: what a test says they have written.
 *
 * A pod's logs are forgotten, and their followers end, when it is deleted.
 */
export class PodLogs {
  /** By pod, then by container; "" stands for all that have none of their own. */
  readonly #pods = new Map<string, Map<string, ContainerLog>>();

  /** Say what a log holds, as written at `atMs`; who follows it is sent all of it. */
  set(target: LogTarget, log: string | readonly string[], atMs: number): void {
    const found = this.#log(target);
    found.clear();
    found.append(linesOf(log), atMs);
  }

  /** Write lines to the end of a log. */
  append(target: LogTarget, log: string | readonly string[], atMs: number): void {
    this.#log(target).append(linesOf(log), atMs);
  }

  /** Read a log; undefined where the test has said nothing of it. */
  open({ namespace, name, container = "", previous }: LogTarget, query: LogQuery): Watcher | undefined {
    const logs = this.#pods.get(keyOf(namespace, name));
    const log = logs?.get(runOf(container, previous)) ?? logs?.get(runOf("", previous));
    return log?.open(query);
  }

  /** Whether anything has been said of a pod. */
  has(namespace: string, name: string): boolean {
    return this.#pods.has(keyOf(namespace, name));
  }

  /** End what follows a pod's logs, as when its containers stop. */
  end(podKey: string): void {
    for (const log of this.#pods.get(podKey)?.values() ?? []) log.end();
  }

  /** Forget a pod. */
  forget(podKey: string): void {
    this.end(podKey);
    this.#pods.delete(podKey);
  }

  /** End everything that follows. */
  close(): void {
    for (const key of this.#pods.keys()) this.end(key);
  }

  #log({ namespace, name, container = "", previous }: LogTarget): ContainerLog {
    const key = keyOf(namespace, name);
    const logs = this.#pods.get(key) ?? new Map<string, ContainerLog>();
    this.#pods.set(key, logs);
    const run = runOf(container, previous);
    const log = logs.get(run) ?? new ContainerLog();
    logs.set(run, log);
    return log;
  }
}

function runOf(container: string, previous: boolean | undefined): string {
  return previous === true ? `${container}\0previous` : container;
}
