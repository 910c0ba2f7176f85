/** How often each key has failed; keys that have not take no memory. */
export class Failures {
  readonly #counts = new Map<string, number>();

  /** Count one more; returns how many there were before. */
  add(key: string): number {
    const before = this.of(key);
    this.#counts.set(key, before + 1);
    return before;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }
}
