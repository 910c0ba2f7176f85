import { onAbort } from "../base/abort.ts";
import { Chain, type Link } from "./chain.ts";

class Waiter<T> implements Link<Waiter<T>> {
  readonly resolve: (value: T | undefined) => void;
  previous: Waiter<T> | undefined = undefined;
  next: Waiter<T> | undefined = undefined;
  stopListening: () => void = () => {};

  constructor(resolve: (value: T | undefined) => void) {
    this.resolve = resolve;
  }
}

/** Those who wait for a value, the first one first. */
export class Waiters<T> {
  readonly #chain = new Chain<Waiter<T>>();

  get isEmpty(): boolean {
    return this.#chain.first === undefined;
  }

  /** Wait; resolves with `undefined` at `release()` and where `signal` aborts, never rejects. */
  wait(signal?: AbortSignal): Promise<T | undefined> {
    if (signal?.aborted === true) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const waiter = new Waiter(resolve);
    this.#chain.push(waiter);
    waiter.stopListening = onAbort(signal, () => {
      this.#chain.remove(waiter);
      resolve(undefined);
    });
    return promise;
  }

  /** Give a value to the one that has waited longest. */
  serve(value: T): void {
    this.#settle(value);
  }

  /** Give the same to all of them. */
  serveAll(value: T): void {
    while (!this.isEmpty) this.#settle(value);
  }

  /** Let all of them go with nothing. */
  release(): void {
    while (!this.isEmpty) this.#settle(undefined);
  }

  #settle(value: T | undefined): void {
    const waiter = this.#chain.shift();
    waiter?.stopListening();
    waiter?.resolve(value);
  }
}
