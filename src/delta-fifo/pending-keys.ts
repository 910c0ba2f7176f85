import type { Merge } from "./coalesce.ts";
import type { Ring } from "./ring.ts";

interface Keyed {
  readonly key?: string | undefined;
}

/**
 * Where in a ring the entries of each key wait.
 *
 * Holds the newest position of each key, and for a key with several entries the
 * chain from there to the oldest.
 */
export class PendingKeys<D extends Keyed> {
  readonly #ring: Ring<D>;
  readonly #newest = new Map<string, number>();
  readonly #earlier = new Map<number, number>();

  constructor(ring: Ring<D>) {
    this.#ring = ring;
  }

  /** How many positions are remembered: no more than entries wait. */
  get size(): number {
    return this.#newest.size + this.#earlier.size;
  }

  /** Take in everything that waits already, from a position on. */
  indexFrom(first: number): void {
    for (let position = Math.max(first, this.#ring.head); position < this.#ring.tail; position++) {
      const delta = this.#ring.at(position);
      if (delta !== undefined) this.pushed(delta, position);
    }
  }

  has(delta: D): boolean {
    return delta.key !== undefined && this.#newest.has(delta.key);
  }

  pushed(delta: D, position: number): void {
    if (delta.key === undefined) return;
    const before = this.#newest.get(delta.key);
    if (before !== undefined) this.#earlier.set(position, before);
    this.#newest.set(delta.key, position);
  }

  popped(delta: D, position: number): void {
    if (delta.key === undefined) return;
    if (this.#newest.get(delta.key) === position) this.#newest.delete(delta.key);
    this.#earlier.delete(position);
  }

  /**
   * Merge an entry into the waiting ones of its key, and those among each other.
   *
   * Returns how many slots were emptied by that, or `undefined` where the entry
   * must be queued by itself.
   */
  merge(delta: D, merge: Merge<D>): number | undefined {
    if (delta.key === undefined) return undefined;
    let position = this.#newest.get(delta.key);
    if (position === undefined) return undefined;
    const pending = this.#ring.at(position);
    let merged = pending === undefined ? undefined : merge(pending, delta);
    if (merged === undefined) return undefined;
    let emptied = 0;
    this.#ring.set(position, merged);
    for (;;) {
      const earlier = this.#earlier.get(position);
      const older = earlier === undefined ? undefined : this.#ring.at(earlier);
      if (earlier === undefined || older === undefined) break;
      merged = merge(older, merged);
      if (merged === undefined) break;
      this.#ring.set(earlier, merged);
      this.#ring.set(position, undefined);
      this.#earlier.delete(position);
      emptied++;
      position = earlier;
    }
    this.#newest.set(delta.key, position);
    return emptied;
  }

  clear(): void {
    this.#newest.clear();
    this.#earlier.clear();
  }
}
