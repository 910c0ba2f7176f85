import { elapsedAtLeastMs, type Instant } from "./election-clock.ts";
import type { LeaseObject } from "./lease.ts";
import { durationMsOf, holderOf, stateOf } from "./lease-record.ts";

/**
 * A lease as this process has seen it: its state, and for how long that has not changed.
 *
 * Only this process' own clocks count, and only since the state last changed
 * before its eyes (Q51): the times inside are another machine's. Time is added
 * up from reading to reading, at each the least that can have passed.
 */
export class ObservedLease {
  readonly #defaultMs: number;
  #state: string | undefined;
  #holder: string | undefined;
  #durationMs = 0;
  #unchangedMs = 0;
  #readAt: Instant | undefined;

  constructor(defaultMs: number) {
    this.#defaultMs = defaultMs;
  }

  /** Who held it when it was last seen; `undefined`: nobody, or it was never seen. */
  get holder(): string | undefined {
    return this.#holder;
  }

  /**
   * Note the answer to a read or a write, and when it came.
   *
   * Not when the request was sent: what it brought may have been written since.
   */
  observe(lease: LeaseObject, now: Instant): void {
    const state = stateOf(lease);
    this.pass(now);
    if (state === this.#state) return;
    this.#state = state;
    this.#holder = holderOf(lease);
    this.#durationMs = durationMsOf(lease, this.#defaultMs);
    this.#unchangedMs = 0;
  }

  /** Let time pass, for a lease that could not be seen: deleted, it binds as long as it would have. */
  pass(now: Instant): void {
    if (this.#readAt !== undefined) this.#unchangedMs += elapsedAtLeastMs(this.#readAt, now);
    this.#readAt = now;
  }

  /** Nobody holds it, or whoever does has not renewed it for its whole duration. */
  get isFree(): boolean {
    return this.#holder === undefined || this.#unchangedMs >= this.#durationMs;
  }
}
