import { onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { advance, type Change } from "./batch.ts";
import type { ReflectorTarget } from "./target.ts";

/** Nothing, or why the target did not take it. */
type Written = KubeError | undefined;

/**
 * Writes to a target, and knows how far it got.
 *
 * The resourceVersion moves only once the target has taken what it stands for
 * (R9, R33). A target that never answers holds nobody up after an abort.
 */
export class Writer<T> {
  readonly #target: ReflectorTarget<T>;
  readonly #name: string;
  #resourceVersion = "";

  constructor(target: ReflectorTarget<T>, name: string) {
    this.#target = target;
    this.#name = name;
  }

  /** As far as the target was written to; "" before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Exchange everything; gives the error instead of throwing it. */
  replace(
    items: readonly ObjectRecord<T>[],
    resourceVersion: string,
    signal: AbortSignal,
  ): Written | Promise<Written> {
    return this.#write(() => this.#target.replace(items, resourceVersion), resourceVersion, signal);
  }

  /** Apply one chunk's changes in one call; a promise only where the target gave one. */
  apply(changes: readonly Change<T>[], signal: AbortSignal): Written | Promise<Written> {
    const reached = advance(this.#resourceVersion, changes);
    return this.#write(() => this.#target.apply(changes), reached, signal);
  }

  #write(call: () => void | Promise<void>, reached: string, signal: AbortSignal): Written | Promise<Written> {
    try {
      const pending = call();
      if (pending !== undefined) return this.#settle(pending, reached, signal);
    } catch (thrown) {
      return this.#failed(thrown);
    }
    this.#resourceVersion = reached;
    return undefined;
  }

  async #settle(pending: Promise<void>, reached: string, signal: AbortSignal): Promise<Written> {
    const aborted = Promise.withResolvers<void>();
    const stopListening = onAbort(signal, aborted.resolve);
    try {
      await Promise.race([pending, aborted.promise]);
    } catch (thrown) {
      return this.#failed(thrown);
    } finally {
      stopListening();
    }
    // After an abort nobody knows whether it was taken.
    if (!signal.aborted) this.#resourceVersion = reached;
    return undefined;
  }

  #failed(thrown: unknown): KubeError {
    return KubeError.from(
      thrown,
      "STORE_FAILED",
      `Write ${this.#name} to the store: it is listed again, as the change may be lost`,
    );
  }
}
