import { abortError } from "../../base/abort.ts";
import type { KubeError } from "../../base/errors.ts";
import type { Watcher } from "../fan-out/watcher.ts";

/** The body of a watch: its frames; aborting the request ends it with `ABORTED`. */
export class WatchBody implements AsyncIterable<Uint8Array> {
  readonly #watcher: Watcher;
  readonly #signal: AbortSignal | undefined;

  constructor(watcher: Watcher, signal: AbortSignal | undefined) {
    this.#watcher = watcher;
    this.#signal = signal;
  }

  /** Be told when the watch is cut while the other side does not take what it is sent. */
  onCut(listener: (error: KubeError | undefined) => void): void {
    this.#watcher.onCut(listener);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#watcher;
    if (this.#signal?.aborted) throw abortError(this.#signal, "Read a watch");
  }
}
