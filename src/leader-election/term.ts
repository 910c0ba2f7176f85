import type { KubeError } from "../base/errors.ts";
import { type ElectionClock, elapsedAtMostMs, type Instant, readClock } from "./election-clock.ts";

/**
 * One time of being the leader: from the first write of the lease to the end.
 *
 * It is counted from the *start* of the last request that renewed the lease:
 * others may have seen that write, and begun to count, long before its answer
 * came. Once it is over, or found to be, it never begins again.
 */
export class Term {
  readonly #clock: ElectionClock;
  readonly #deadlineMs: number;
  readonly #expired: () => KubeError;
  readonly #loss: PromiseWithResolvers<KubeError> = Promise.withResolvers<KubeError>();
  #renewedAt: Instant;
  #lossError: KubeError | undefined;
  #isEnded = false;

  constructor(
    startedAt: Instant,
    options: {
      readonly clock: ElectionClock;
      readonly deadlineMs: number;
      /** Makes the error of a term that was not renewed in time. */
      readonly expired: () => KubeError;
    },
  ) {
    this.#renewedAt = startedAt;
    this.#clock = options.clock;
    this.#deadlineMs = options.deadlineMs;
    this.#expired = options.expired;
  }

  /** Resolves to why, once it is lost; pending for ever where it never is. */
  get lost(): Promise<KubeError> {
    return this.#loss.promise;
  }

  /** Why it is lost; `undefined` where it is not. */
  get lossError(): KubeError | undefined {
    return this.#lossError;
  }

  /** Whether it goes on at this very moment; found to be too old, it is lost from here on. */
  isValid(): boolean {
    if (this.#isEnded || this.#lossError !== undefined) return false;
    if (this.ageMs() < this.#deadlineMs) return true;
    this.lose(this.#expired());
    return false;
  }

  /** The longest that may have passed since it was last renewed. */
  ageMs(): number {
    return elapsedAtMostMs(this.#renewedAt, readClock(this.#clock));
  }

  /** How long it lasts if it is not renewed. */
  leftMs(): number {
    return Math.max(0, this.#deadlineMs - this.ageMs());
  }

  /** A request that began then has renewed the lease. */
  renewed(startedAt: Instant): void {
    this.#renewedAt = startedAt;
  }

  /** End it for a reason; the first one counts. */
  lose(error: KubeError): void {
    if (this.#isEnded || this.#lossError !== undefined) return;
    this.#lossError = error;
    this.#loss.resolve(error);
  }

  /** End it in order. */
  end(): void {
    this.#isEnded = true;
  }

  /** Whether it was ended in order. */
  get isEnded(): boolean {
    return this.#isEnded;
  }
}
