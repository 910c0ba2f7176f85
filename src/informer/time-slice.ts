import { eventLoopTurn } from "../base/event-loop-turn.ts";

/** After this long without a turn of the event loop, other work gets one. */
const sliceMs = 10;

/**
 * Keeps a loop of handler calls from starving the event loop.
 *
 * Waiting for a promise is no turn where the promise was settled already; so a
 * marker tells whether the event loop has turned while the loop waited.
 */
export class TimeSlice {
  #beganAt = Date.now();
  #marker: NodeJS.Immediate | undefined;

  begin(): void {
    this.#beganAt = Date.now();
  }

  /** Wait for a promise; where the event loop turned meanwhile, others have had their share. */
  async wait(promise: Promise<void>): Promise<void> {
    this.#marker ??= setImmediate(() => {
      this.#marker = undefined;
    });
    await promise;
    if (this.#marker === undefined) this.begin();
  }

  get isOver(): boolean {
    return Date.now() - this.#beganAt > sliceMs;
  }

  /** Let the event loop turn once; not waited for once `signal` aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    await eventLoopTurn(signal);
    this.begin();
  }

  end(): void {
    clearImmediate(this.#marker);
    this.#marker = undefined;
  }
}
