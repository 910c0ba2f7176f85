/** The least queue of keys that there can be, for peers that bring none: no key twice, taken in turns of the event loop. */
export class KeyQueue {
  readonly #waiting = new Set<string>();
  readonly #take: (key: string) => void;
  #isAwake = false;

  constructor(take: (key: string) => void) {
    this.#take = take;
  }

  add(key: string): void {
    this.#waiting.add(key);
    if (this.#isAwake) return;
    this.#isAwake = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#isAwake = false;
    for (const key of this.#waiting) this.#take(key);
    this.#waiting.clear();
  }
}
