import { eventLoopTurn } from "../base/event-loop-turn.ts";

/** After this long without a turn of the event loop, other work gets one. */
const sliceMs = 10;

/**
 * Lets the event loop turn where loops wait only for promises that are settled already.
 *
 * One serves several loops: they share its slice.
 */
export class EventLoopTurns {
  readonly #signal: AbortSignal;
  #turnedAt: number = performance.now();
  #turning: Promise<void> | undefined;

  /** A turn is not waited for once `signal` aborts. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** What to wait for before going on; `undefined` where others have had their share just now. */
  due(): Promise<void> | undefined {
    if (this.#turning === undefined && performance.now() - this.#turnedAt > sliceMs) {
      this.#turning = this.#turn();
    }
    return this.#turning;
  }

  async #turn(): Promise<void> {
    await eventLoopTurn(this.#signal);
    this.#turnedAt = performance.now();
    this.#turning = undefined;
  }
}
