import { longestTimerMs } from "../base/abort.ts";
/** Something that runs and may hang. */
export interface Hanging {
  readonly runningMs: number;
  /** It was told of. */
  wasTold: boolean;
}

/**
 * Tells once of each that runs for longer than a limit.
 *
 * One timer for all that run, and none while nothing does: most end long before
 * a timer of their own would fire.
 */
export class HangWatch<H extends Hanging> {
  readonly #limitMs: number;
  readonly #running: () => Iterable<H>;
  readonly #onHung: (hung: H) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(limitMs: number, running: () => Iterable<H>, onHung: (hung: H) => void) {
    this.#limitMs = limitMs;
    this.#running = running;
    this.#onHung = onHung;
  }

  /** One more runs. */
  began(): void {
    if (this.#timer === undefined && !this.#isOver) this.#arm(this.#limitMs);
  }

  /** No timer is left. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(1, Math.ceil(ms)), longestTimerMs));
  }

  #look(): void {
    this.#timer = undefined;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const one of this.#running()) {
      if (one.wasTold) continue;
      const leftMs = this.#limitMs - one.runningMs;
      if (leftMs > 0) {
        nextMs = Math.min(nextMs, leftMs);
        continue;
      }
      one.wasTold = true;
      this.#onHung(one);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}
