import type { ListenerHealth } from "./health.ts";

/** What a {@link Listener} holds on to. */
export interface ListenerParts {
  readonly name: string;
  readonly synced: Promise<void>;
  readonly isRemoved: boolean;
  remove(): Promise<void>;
  health(now: number): ListenerHealth;
}

/** One listener of an informer, as `listen` returns it. */
export class Listener implements AsyncDisposable {
  readonly #parts: ListenerParts;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get isRemoved(): boolean {
    return this.#parts.isRemoved;
  }

  /**
   * Wait until its handlers have returned from every initial object, failed ones included (I10, I11).
   *
   * It does not start the informer. Rejects with `STOPPED` when it is removed before.
   */
  synced(): Promise<void> {
    return this.#parts.synced;
  }

  /** What waits, what runs, what failed. */
  health(): ListenerHealth {
    return this.#parts.health(Date.now());
  }

  /**
   * End it: what waits is dropped, no handler is called again; any number of times (I23).
   *
   * Resolves once a running call has returned (I24): never await it inside the
   * listener's own handlers.
   */
  remove(): Promise<void> {
    return this.#parts.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}
