import type { StorageChange } from "../storage/port.ts";

/** The last changes of one resource: a ring that forgets the oldest. */
export class ChangeWindow {
  readonly #capacity: number;
  readonly #ring: StorageChange[] = [];
  /** Where the oldest change is once the ring is full. */
  #start = 0;
  #floor: number;

  /** `floor` is the revision from which all changes are seen. */
  constructor(capacity: number, floor: number) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  /** The oldest revision that can be resumed from: all changes after it are still here. */
  get floor(): number {
    return this.#floor;
  }

  push(change: StorageChange): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(change);
      return;
    }
    this.#floor = this.#at(0)?.revision ?? change.revision;
    this.#ring[this.#start] = change;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  /** Forget everything; only revisions from `floor` on can be resumed from. */
  clear(floor: number): void {
    this.#ring.length = 0;
    this.#start = 0;
    this.#floor = floor;
  }

  /** The changes after a revision, oldest first; meaningful only from {@link floor} on. */
  since(revision: number): StorageChange[] {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at(middle)?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    const changes: StorageChange[] = [];
    for (let at = low; at < this.#ring.length; at += 1) {
      const change = this.#at(at);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #at(position: number): StorageChange | undefined {
    return this.#ring[(this.#start + position) % this.#ring.length];
  }
}
