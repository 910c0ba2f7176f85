import { delay } from "../base/abort.ts";

/** The two clocks of one machine, and how to wait by them. */
export interface ElectionClock {
  /** Milliseconds since any moment; never set, but it may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Milliseconds since the epoch; goes on while the machine sleeps, but may be set at any time, back too. */
  wallMs(): number;
  /** Wait, or until `signal` aborts; resolves to whether the whole time passed, and never rejects. */
  delay(ms: number, signal?: AbortSignal): Promise<boolean>;
}

/** One reading of both clocks; readings of one process can be compared, and no others. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** This process' clocks, looked up at each call. */
export const systemClock: ElectionClock = Object.freeze({
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  delay,
});

/** Read both clocks. */
export function readClock(clock: ElectionClock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/**
 * The longest time that may have passed between two readings: for "am I still the leader?".
 *
 * A machine that slept stopped its monotonic clock; a wall clock that was set
 * back has lost time. The one that counted more tells.
 */
export function elapsedAtMostMs(since: Instant, now: Instant): number {
  return Math.max(0, now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs);
}

/**
 * The shortest time that may have passed between two readings: for "has somebody else's lease expired?".
 *
 * A wall clock that was set forward has counted what never passed. Set back, it
 * gives 0, so that no more than this one interval is lost.
 */
export function elapsedAtLeastMs(since: Instant, now: Instant): number {
  return Math.max(0, Math.min(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs));
}
