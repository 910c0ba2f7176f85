/**
 * Calls back once after a stretch of waiting that was too long.
 *
 * Only what lies between `begin` and `end` is waiting. One timer is re-checked
 * against the clock instead of being set anew for each chunk.
 */
export class InactivityTimer {
  readonly #limitMs: number;
  readonly #onInactive: () => void;
  #waitingSince: number | undefined;
  #timer: ReturnType<typeof setTimeout>;

  constructor(limitMs: number, onInactive: () => void) {
    this.#limitMs = limitMs;
    this.#onInactive = onInactive;
    this.#timer = setTimeout(() => this.#check(), limitMs);
  }

  begin(): void {
    this.#waitingSince = Date.now();
  }

  end(): void {
    this.#waitingSince = undefined;
  }

  /** Clear the timer; it never calls back after this. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    const waitedMs = this.#waitingSince === undefined ? 0 : Date.now() - this.#waitingSince;
    const leftMs = this.#limitMs - waitedMs;
    if (leftMs <= 0) this.#onInactive();
    else this.#timer = setTimeout(() => this.#check(), leftMs);
  }
}
