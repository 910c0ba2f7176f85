import { abortError, onAbort } from "./abort.ts";
import { KubeError } from "./errors.ts";

interface Run<T> {
  readonly result: PromiseWithResolvers<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Something that runs once at a time, however many wait for what it gives.
 *
 * Each of them leaves by its own signal while the run goes on for the others;
 * when the last has left, and on `close`, the run's signal aborts.
 */
export class SingleFlight<T> {
  readonly #step: string;
  readonly #start: (signal: AbortSignal) => Promise<T>;
  #run: Run<T> | undefined;
  #closed: KubeError | undefined;

  /** `step` is what the runs do, for errors; `start` is given the signal that ends its run. */
  constructor(step: string, start: (signal: AbortSignal) => Promise<T>) {
    this.#step = step;
    this.#start = start;
  }

  /** Wait for the run that is under way, or for one of its own. */
  async join(signal?: AbortSignal): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed;
    if (signal?.aborted) throw abortError(signal, this.#step);
    this.#run ??= this.#begin();
    const run = this.#run;
    const left = Promise.withResolvers<never>();
    const stopListening = onAbort(signal, () => {
      if (signal !== undefined) left.reject(abortError(signal, this.#step));
    });
    run.waiting += 1;
    try {
      return await Promise.race([run.result.promise, left.promise]);
    } finally {
      stopListening();
      run.waiting -= 1;
      if (run.waiting === 0) this.#end(run);
    }
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#run === undefined;
  }

  /** End the run and refuse others: whoever waits gets `STOPPED`. */
  close(): void {
    this.#closed ??= new KubeError("STOPPED", `${this.#step}: it was closed`);
    const run = this.#run;
    if (run === undefined) return;
    run.result.reject(this.#closed);
    this.#end(run);
  }

  #begin(): Run<T> {
    const run = { result: Promise.withResolvers<T>(), controller: new AbortController(), waiting: 0 };
    const forget = (): void => {
      if (this.#run === run) this.#run = undefined;
    };
    this.#start(run.controller.signal).then(
      (value) => {
        forget();
        run.result.resolve(value);
      },
      (error: unknown) => {
        forget();
        run.result.reject(error);
      },
    );
    return run;
  }

  #end(run: Run<T>): void {
    if (this.#run === run) this.#run = undefined;
    run.controller.abort();
  }
}
