import TinyQueue from "tinyqueue";

/** How much garbage is not worth a thought. */
const spare = 32;

/** What a {@link PrunedHeap} asks about its values. */
export interface PrunedHeapOptions<T> {
  readonly compare: (a: T, b: T) => number;
  /** Whether a value still counts. */
  readonly isLive: (value: T) => boolean;
  /** Told of each value that is dropped because it does not. */
  readonly onDropped?: ((value: T) => void) | undefined;
}

/**
 * A heap of which values can be withdrawn: they stay as garbage, of which there is never more than of the rest.
 *
 * What `compare` looks at must not change while a value is in it.
 */
export class PrunedHeap<T> {
  readonly #options: PrunedHeapOptions<T>;
  #heap: TinyQueue<T>;

  constructor(options: PrunedHeapOptions<T>) {
    this.#options = options;
    this.#heap = new TinyQueue<T>([], options.compare);
  }

  /** With the garbage. */
  get length(): number {
    return this.#heap.length;
  }

  push(value: T): void {
    this.#heap.push(value);
  }

  /** The least value, which may be one that was withdrawn. */
  peek(): T | undefined {
    return this.#heap.peek();
  }

  pop(): T | undefined {
    return this.#heap.pop();
  }

  /**
   * Drop the garbage where it outweighs the `live` values; call it after withdrawing one.
   *
   * That is a walk through all of them, but each one dropped was withdrawn once:
   * on average it costs a withdrawal nothing.
   */
  prune(live: number): void {
    if (this.#heap.length <= 2 * live + spare) return;
    const { compare, isLive, onDropped } = this.#options;
    const kept: T[] = [];
    for (const value of this.#heap.data) {
      if (isLive(value)) kept.push(value);
      else onDropped?.(value);
    }
    this.#heap = new TinyQueue(kept, compare);
  }
}
