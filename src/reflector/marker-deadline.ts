/** How long a streaming list may take. */
export interface MarkerDeadlineOptions {
  /** Without an event, in milliseconds. */
  readonly quietMs: number;
  /** In all, in milliseconds. */
  readonly totalMs: number;
  /** Called once, when either has passed. */
  readonly onPassed: () => void;
}

/**
 * Ends the wait for a streaming list's marker (R55, P17).
 *
 * A server that does not know `sendInitialEvents` answers like any watch, and
 * then stays silent for ever. Clear it once the marker is there.
 */
export class MarkerDeadline {
  readonly #options: MarkerDeadlineOptions;
  readonly #startedAt: number;
  #heardAt: number;
  #timer: NodeJS.Timeout;
  #why: string | undefined;

  constructor(options: MarkerDeadlineOptions) {
    this.#options = options;
    this.#startedAt = Date.now();
    this.#heardAt = this.#startedAt;
    this.#timer = this.#arm();
  }

  /** Which of the two has passed, as words; undefined while neither has. */
  get why(): string | undefined {
    return this.#why;
  }

  /** Something arrived. One timer serves all events: it looks at this when it fires. */
  heard(): void {
    this.#heardAt = Date.now();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #arm(): NodeJS.Timeout {
    const { quietMs, totalMs } = this.#options;
    const dueAt = Math.min(this.#heardAt + quietMs, this.#startedAt + totalMs);
    return setTimeout(() => this.#look(), Math.max(0, dueAt - Date.now()));
  }

  #look(): void {
    const { quietMs, totalMs, onPassed } = this.#options;
    const now = Date.now();
    if (now - this.#startedAt >= totalMs) this.#why = `no marker within ${totalMs} ms`;
    else if (now - this.#heardAt >= quietMs) this.#why = `no event for ${quietMs} ms before the marker`;
    if (this.#why === undefined) this.#timer = this.#arm();
    else onPassed();
  }
}
