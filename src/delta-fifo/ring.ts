const smallest = 16;

/**
 * A queue in one array that is reused in a circle: O(1) at both ends.
 *
 * Every value has a position that never changes while it waits, so that it can
 * be read and exchanged in place. Slots are emptied as they are left (D33), and
 * the array shrinks again once it has run empty.
 */
export class Ring<V> {
  #slots: (V | undefined)[] = new Array<V | undefined>(smallest).fill(undefined);
  #mask = smallest - 1;
  #head = 0;
  #tail = 0;

  /** Position of the oldest value. */
  get head(): number {
    return this.#head;
  }

  /** Position that the next value gets. */
  get tail(): number {
    return this.#tail;
  }

  /** How many slots are allocated. */
  get capacity(): number {
    return this.#slots.length;
  }

  push(value: V): number {
    if (this.#tail - this.#head === this.#slots.length) this.#grow();
    const position = this.#tail++;
    this.#slots[position & this.#mask] = value;
    return position;
  }

  /** Take the oldest slot out; `undefined` where it was emptied, or where there is none. */
  shift(): V | undefined {
    if (this.#head === this.#tail) return undefined;
    const slot = this.#head++ & this.#mask;
    const value = this.#slots[slot];
    this.#slots[slot] = undefined;
    if (this.#head === this.#tail && this.#slots.length > 64 * smallest) this.clear();
    return value;
  }

  at(position: number): V | undefined {
    return position < this.#head || position >= this.#tail ? undefined : this.#slots[position & this.#mask];
  }

  /** Exchange, or empty, the slot of a waiting value. */
  set(position: number, value: V | undefined): void {
    this.#slots[position & this.#mask] = value;
  }

  /** Drop everything and the memory it took. */
  clear(): void {
    this.#slots = new Array<V | undefined>(smallest).fill(undefined);
    this.#mask = smallest - 1;
    this.#head = this.#tail;
  }

  #grow(): void {
    const slots = new Array<V | undefined>(this.#slots.length * 2).fill(undefined);
    const mask = slots.length - 1;
    for (let at = this.#head; at < this.#tail; at++) slots[at & mask] = this.#slots[at & this.#mask];
    this.#slots = slots;
    this.#mask = mask;
  }
}
