import { delay } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { isThenable } from "../base/thenable.ts";
import type { EventLoopTurns } from "../work-queue/event-loop-turns.ts";
import type { SourceReport } from "./controller-health.ts";
import { isKey } from "./mapping.ts";
import { nameOf } from "./outcome.ts";
import type { IterableSource } from "./source.ts";
import type { SourcePorts, SourceRun } from "./source-run.ts";

/** How many entries are read ahead of the workers; as many as controller-runtime buffers (Q42). */
const readAhead = 1024;

/** How long an iterable that was left may take to end. */
const leaveMs = 5_000;

type Entries = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * An iterable that wakes keys: read from `begin` on, never further ahead of the workers than 1,024 entries.
 *
 * One that throws has ended, visibly; an entry that is no key is reported and left out.
 */
export class IterableRun implements SourceRun {
  readonly name: string;
  readonly #source: IterableSource;
  readonly #ports: SourcePorts;
  readonly #turns: EventLoopTurns;
  /** How many entries named each key that no worker has taken since. */
  readonly #ahead = new Map<string, number>();
  #entriesAhead = 0;
  #resume: () => void = () => {};
  #entries: Entries | undefined;
  /** `next()` was called and has not answered: `return()` may never do then. */
  #isPulling = false;
  #state: "idle" | "reading" | "ended" | "failed" | "stopped" = "idle";
  #leaving: Promise<void> = Promise.resolve();
  #failures = 0;
  #lastFailure: KubeError | undefined;

  constructor(source: IterableSource, ports: SourcePorts, turns: EventLoopTurns) {
    this.name = source.name;
    this.#source = source;
    this.#ports = ports;
    this.#turns = turns;
  }

  begin(): void {
    this.#state = "reading";
    void this.#read();
  }

  async synced(): Promise<void> {}

  taken(key: string): void {
    const entries = this.#ahead.get(key);
    if (entries === undefined) return;
    this.#ahead.delete(key);
    this.#entriesAhead -= entries;
    this.#resume();
  }

  end(): void {
    const wasReading = this.#state === "reading";
    if (this.#state === "idle" || wasReading) this.#state = "stopped";
    this.#ahead.clear();
    this.#resume();
    if (wasReading) this.#leaving = this.#leave();
  }

  async release(): Promise<void> {
    const over = new AbortController();
    // One that hangs in its own clean-up is left alone: it cannot be forced, and wakes nothing.
    await Promise.race([this.#leaving, delay(leaveMs, over.signal)]);
    over.abort();
  }

  report(): SourceReport {
    const state = this.#state;
    return {
      name: this.name,
      state,
      hasSynced: true,
      problem: state === "failed" ? `${this.name} has failed, and wakes nothing any more` : undefined,
      lastError: state === "failed" ? this.#lastFailure : undefined,
      failures: this.#failures,
      lastFailure: this.#lastFailure,
    };
  }

  async #read(): Promise<void> {
    try {
      const { wakes } = this.#source;
      this.#entries =
        Symbol.asyncIterator in wakes ? wakes[Symbol.asyncIterator]() : wakes[Symbol.iterator]();
      while (this.#state === "reading") {
        const result = await this.#next(this.#entries);
        if (this.#state !== "reading") return;
        if (result.done === true) {
          this.#state = "ended";
          this.#ports.log.debug({ source: this.name }, "the source has ended");
          return;
        }
        this.#wake(result.value);
        if (this.#entriesAhead >= readAhead) await this.#untilTaken();
        await this.#turns.due();
      }
    } catch (cause) {
      if (this.#state !== "reading") return;
      this.#state = "failed";
      this.#failed(`it threw (${nameOf(cause)}) and is read no further; see the cause`, cause);
    }
  }

  async #next(entries: Entries): Promise<IteratorResult<unknown>> {
    this.#isPulling = true;
    try {
      return await entries.next();
    } finally {
      this.#isPulling = false;
    }
  }

  async #untilTaken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = () => {
      if (this.#entriesAhead < readAhead || this.#state !== "reading") resolve();
    };
    await promise;
    this.#resume = () => {};
  }

  #wake(entry: unknown): void {
    const { key, priority = 0 } = read(entry);
    if (!isKey(key)) {
      this.#failed("an entry names no key: it is `namespace/name`, or `name`");
    } else if (typeof priority !== "number" || !Number.isFinite(priority)) {
      this.#failed(`the entry of ${key} has a priority that is no number`);
    } else {
      // Before it is woken: a worker may take it at once.
      this.#ahead.set(key, (this.#ahead.get(key) ?? 0) + 1);
      this.#entriesAhead++;
      this.#ports.wake(key, { type: "EXTERNAL", source: this.name }, priority);
    }
  }

  /** Let the iterable clean up, as a loop that is left does. */
  async #leave(): Promise<void> {
    const wasPulling = this.#isPulling;
    try {
      const returned: unknown = this.#entries?.return?.();
      if (!isThenable(returned)) return;
      // A generator that waits in the middle gets to its clean-up once that wait is over, which may be never.
      if (wasPulling) returned.then(undefined, () => {});
      else await returned;
    } catch (cause) {
      this.#failed(`it threw (${nameOf(cause)}) when it was left; see the cause`, cause);
    }
  }

  #failed(what: string, cause?: unknown): void {
    const error = new KubeError("SOURCE_FAILED", `Source ${this.name}: ${what}`, { cause });
    this.#failures++;
    this.#lastFailure = error;
    this.#ports.failed(error);
  }
}

function read(entry: unknown): { readonly key: unknown; readonly priority?: unknown } {
  if (typeof entry !== "object" || entry === null || !("key" in entry)) return { key: entry };
  return { key: entry.key, priority: "priority" in entry ? entry.priority : undefined };
}
