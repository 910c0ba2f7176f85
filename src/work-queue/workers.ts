import { onAbort } from "../base/abort.ts";
import { expectFunction, expectOptions, expectSignal, invalidArgument } from "../base/arguments.ts";
import { EventLoopTurns } from "./event-loop-turns.ts";
import type { WorkItem } from "./work-item.ts";

/** What is done for one key; its promise is waited for before the key is done. */
export type Worker = (item: WorkItem) => unknown;

/** How `work` ends, and what it does with errors. */
export interface WorkOptions {
  /** No key is taken after it aborts; workers that run then are waited for. Pass it to them too, where they can stop. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told what a worker threw, and waited for; the key is done after it. The place for
   * `queue.addRateLimited(item.key)`.
   *
   * Without it, or where it throws itself, nothing further is taken, and `work`
   * rejects once the workers that run have ended: no error is lost.
   */
  readonly onError?: ((error: unknown, item: WorkItem) => unknown) | undefined;
}

/** What workers need of a queue. */
export interface WorkerSource {
  tryTake(): WorkItem | undefined;
  take(signal: AbortSignal): Promise<WorkItem | undefined>;
  /** The work on it has ended. */
  finish(item: WorkItem): void;
  /** It was not begun. */
  putBack(item: WorkItem): void;
}

/** Several loops that each take a key, work on it, and take the next. */
export class Workers {
  readonly #source: WorkerSource;
  readonly #worker: Worker;
  readonly #onError: WorkOptions["onError"];
  readonly #signal: AbortSignal | undefined;
  readonly #stop = new AbortController();
  readonly #turns: EventLoopTurns = new EventLoopTurns(this.#stop.signal);
  readonly #failures: unknown[] = [];

  constructor(source: WorkerSource, worker: Worker, options: WorkOptions) {
    if (worker === undefined) throw invalidArgument("worker", "a function", worker);
    expectFunction("worker", worker);
    expectOptions("options", options);
    expectSignal("signal", options.signal);
    expectFunction("onError", options.onError);
    this.#source = source;
    this.#worker = worker;
    this.#signal = options.signal;
    this.#onError = options.onError;
  }

  /** Resolves once every loop has ended; rejects then with what workers threw and nobody was told of. */
  async run(concurrency: number): Promise<void> {
    const stopListening = onAbort(this.#signal, () => this.#stop.abort());
    await Promise.all(Array.from({ length: concurrency }, () => this.#loop()));
    stopListening();
    if (this.#failures.length === 0) return;
    if (this.#failures.length === 1) throw this.#failures[0];
    throw new AggregateError(this.#failures, `Work on a queue: ${this.#failures.length} workers failed`);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const item = this.#source.tryTake() ?? (await this.#source.take(signal));
      if (item === undefined) return;
      // It aborted after the key was handed over, but before this line was reached.
      if (signal.aborted) return this.#source.putBack(item);
      await this.#workOn(item);
      const turn = this.#turns.due();
      if (turn !== undefined) await turn;
    }
  }

  async #workOn(item: WorkItem): Promise<void> {
    try {
      await this.#worker(item);
    } catch (error) {
      await this.#failed(error, item);
    }
    this.#source.finish(item);
  }

  async #failed(error: unknown, item: WorkItem): Promise<void> {
    try {
      if (this.#onError === undefined) throw error;
      await this.#onError(error, item);
    } catch (unheard) {
      this.#failures.push(unheard);
      this.#stop.abort();
    }
  }
}

/** Each worker is a loop that waits; nobody who means "as many as there are" must get a billion of them. */
const mostWorkers = 10_000;

/** How many keys are worked on at the same time, at most. */
export function expectConcurrency(concurrency: number): void {
  const isNumber = Number.isSafeInteger(concurrency) && concurrency >= 1 && concurrency <= mostWorkers;
  if (!isNumber) throw invalidArgument("concurrency", `a whole number from 1 to ${mostWorkers}`, concurrency);
}
