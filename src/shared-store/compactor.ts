import type { Arena } from "./arena.ts";

/** Windows of 1 MiB are emptied as a whole. */
const windowShift = 16;
/** Less free than that, and to empty it costs more than it gives. */
const leastFreeUnits = 2 ** (windowShift - 2);
const movesAtOnce = 64;

/** Moves objects, one state after the other. */
export interface Mover {
  isObject(block: number): boolean;
  move(block: number): void;
}

/** What is free in a part of the memory, and what of the rest could be moved. */
interface Window {
  free: number;
  movable: number;
  readonly holes: number[];
  readonly objects: number[];
}

/**
 * Makes large free blocks of many small ones, by moving the objects between them.
 *
 * It empties those parts of the memory that have the most free space already,
 * as far as their objects find room in the small blocks of the others, a few
 * objects at a time. So the memory taken stays within a bound of what is needed:
 * it does not grow for long while more than a quarter of it is free.
 */
export class Compactor {
  readonly #arena: Arena;
  readonly #mover: Mover;
  /** Windows that are being emptied, the next one last. */
  #open: Window[] = [];

  constructor(arena: Arena, mover: Mover) {
    this.#arena = arena;
    this.#mover = mover;
  }

  /** What is free, but kept from being given out. */
  get heldUnits(): number {
    return this.#open.reduce((units, window) => units + window.free, 0);
  }

  /** There is something to move; plans it where it is time to. */
  get isActive(): boolean {
    if (this.#open.length === 0 && this.#arena.isSparse) {
      this.#arena.isSparse = false;
      this.#arena.takenUnits = 0;
      this.#plan();
    }
    return this.#open.length > 0;
  }

  /** Move a few objects, more where much was written. Throws `NoRoom` where there is none for them: then `stop`. */
  step(): void {
    // In windows of which a quarter is free, three times as much is moved as is gained.
    const leastUnits = 3 * this.#arena.takenUnits;
    this.#arena.takenUnits = 0;
    this.#arena.mayGrow = false;
    try {
      for (let moves = 0; moves < movesAtOnce || this.#arena.takenUnits < leastUnits; moves++) {
        const window = this.#open.at(-1);
        if (window === undefined) return;
        const object = window.objects.pop();
        if (object === undefined) {
          this.#open.pop();
          this.#release(window);
        } else {
          this.#mover.move(object);
        }
      }
    } finally {
      this.#arena.takenUnits = 0;
      this.#arena.mayGrow = true;
    }
  }

  /** Give up what is not moved yet. */
  stop(): void {
    for (const window of this.#open) this.#release(window);
    this.#open = [];
  }

  #release({ holes }: Window): void {
    for (const hole of holes) this.#arena.free(hole);
  }

  #plan(): void {
    const windows = new Map<number, Window>();
    let freeUnits = 0;
    this.#arena.walk((block, units, isFree) => {
      const number = block >>> windowShift;
      let window = windows.get(number);
      if (window === undefined) {
        window = { free: 0, movable: 0, holes: [], objects: [] };
        windows.set(number, window);
      }
      if (isFree) {
        freeUnits += units;
        window.free += units;
        window.holes.push(block);
      } else if (this.#mover.isObject(block)) {
        window.movable += units;
        window.objects.push(block);
      }
    });
    const emptiest = [...windows.values()].sort((a, b) => b.free - a.free);
    let moved = 0;
    for (const window of emptiest) {
      if (window.free < leastFreeUnits || window.objects.length === 0) continue;
      // What is left free has to take what is moved, in sizes that do not quite fit.
      if (moved + window.movable > (freeUnits - window.free) / 2) break;
      moved += window.movable;
      freeUnits -= window.free;
      for (const hole of window.holes) this.#arena.claim(hole);
      this.#open.unshift(window);
    }
  }
}
