import type { KubeError } from "../base/errors.ts";

/**
 * Waits for one promise at a time, until it is interrupted.
 *
 * Unlike `Promise.race` with a promise that lives for hours, it leaves nothing
 * behind on either side. A promise it no longer waits for may still reject;
 * that rejection counts as handled.
 */
export class Interrupt {
  #error: KubeError | undefined;
  #reject: ((error: KubeError) => void) | undefined;

  /** Reject the present wait and all later ones; only the first call counts. */
  raise(error: KubeError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#reject?.(error);
  }

  /** Settle as the promise does, or reject once interrupted. */
  wait<V>(promise: PromiseLike<V>): Promise<V> {
    const { promise: waiting, resolve, reject } = Promise.withResolvers<V>();
    this.#reject = reject;
    if (this.#error !== undefined) reject(this.#error);
    promise.then(resolve, reject);
    return waiting;
  }
}
