import type { SharedMemory } from "./shared-memory.ts";

const isFree = 1;
const isPreviousFree = 2;
/** The sizes between two powers of two are told apart in so many steps. */
const steps = 16;
const stepBits = 4;
const rows = 27;
/** How many blocks of about the size are looked at before larger ones, and before memory grows. */
const firstTries = 8;
const lastTries = 64;

/** A size's list; sizes below 16 have one each. */
function listOf(units: number): number {
  if (units < steps) return units;
  const log = 31 - Math.clz32(units);
  return (log - stepBits + 1) * steps + ((units >>> (log - stepBits)) - steps);
}

/**
 * The free blocks of the shared memory, by size; neighbours are merged at once.
 *
 * A two-level segregated fit: taking and giving back cost the same however many
 * blocks there are. Each block begins with a word `units << 3 | flags`; a free
 * one has its neighbours in the list in the next two words, and its size again
 * in its last word, where the block behind it looks.
 */
export class FreeBlocks {
  readonly #memory: SharedMemory;
  readonly #heads = new Int32Array(rows * steps);
  readonly #columns = new Int32Array(rows);
  #rows = 0;
  freeUnits = 0;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** Take in memory that nothing lies in yet; behind it stands a block of one unit that is never free. */
  addFirst(start: number, end: number): void {
    const { words } = this.#memory;
    words[(end - 1) << 2] = 1 << 3;
    this.#insert(start, end - 1 - start);
  }

  /** The same, of memory that follows what was added before. */
  addNext(start: number, end: number): void {
    const { words } = this.#memory;
    words[(end - 1) << 2] = 1 << 3;
    // The block that stood at the end is the first of the new memory.
    const last = start - 1;
    const header = words[last << 2] ?? 0;
    words[last << 2] = ((end - 1 - last) << 3) | (header & isPreviousFree);
    this.release(last);
  }

  /** A block of exactly so many units; 0 where there is none. */
  take(units: number): number {
    const block = this.#find(units);
    if (block === 0) return 0;
    const { words } = this.#memory;
    const size = (words[block << 2] ?? 0) >>> 3;
    this.#unlink(block, size);
    words[block << 2] = units << 3;
    if (size > units) this.#insert(block + units, size - units);
    else this.#mark((block + size) << 2, false);
    return block;
  }

  /** Take a free block out, so that nothing is put there and no neighbour merges with it. */
  claim(block: number): void {
    const { words } = this.#memory;
    const units = (words[block << 2] ?? 0) >>> 3;
    this.#unlink(block, units);
    words[block << 2] = units << 3;
    this.#mark((block + units) << 2, false);
  }

  /** Visit every block from one on, in order. */
  walk(first: number, visit: (block: number, units: number, isFree: boolean) => void): void {
    const { words, units: end } = this.#memory;
    for (let block = first; block < end - 1; ) {
      const header = words[block << 2] ?? 0;
      visit(block, header >>> 3, (header & isFree) !== 0);
      block += header >>> 3;
    }
  }

  release(block: number): void {
    const { words } = this.#memory;
    const header = words[block << 2] ?? 0;
    let start = block;
    let units = header >>> 3;
    const next = block + units;
    const nextHeader = words[next << 2] ?? 0;
    if ((nextHeader & isFree) !== 0) {
      this.#unlink(next, nextHeader >>> 3);
      units += nextHeader >>> 3;
    }
    if ((header & isPreviousFree) !== 0) {
      const before = words[(block << 2) - 1] ?? 0;
      start -= before;
      this.#unlink(start, before);
      units += before;
    }
    this.#insert(start, units);
  }

  #find(units: number): number {
    const list = listOf(units);
    // Of its own size some are large enough: to use those first leaves the larger ones whole.
    const close = this.#fitting(list, units, firstTries);
    if (close !== 0 || units < steps) return close === 0 ? this.#firstFrom(list + 1) : close;
    // Of the next larger size every block is large enough; so the first one will do.
    const larger = this.#firstFrom(list + 1);
    return larger === 0 ? this.#fitting(list, units, lastTries) : larger;
  }

  #fitting(list: number, units: number, tries: number): number {
    const { words } = this.#memory;
    let block = this.#heads[list] ?? 0;
    for (let count = 0; block !== 0 && count < tries; count++) {
      if ((words[block << 2] ?? 0) >>> 3 >= units) return block;
      block = words[(block << 2) + 1] ?? 0;
    }
    return 0;
  }

  #firstFrom(list: number): number {
    let row = list >>> stepBits;
    let columns = (this.#columns[row] ?? 0) & (-1 << (list & (steps - 1)));
    if (columns === 0) {
      const later = row + 1 > 31 ? 0 : this.#rows & (-1 << (row + 1));
      if (later === 0) return 0;
      row = 31 - Math.clz32(later & -later);
      columns = this.#columns[row] ?? 0;
    }
    const column = 31 - Math.clz32(columns & -columns);
    return this.#heads[(row << stepBits) | column] ?? 0;
  }

  #insert(block: number, units: number): void {
    const { words } = this.#memory;
    const at = block << 2;
    const list = listOf(units);
    const head = this.#heads[list] ?? 0;
    words[at] = (units << 3) | isFree;
    words[at + 1] = head;
    words[at + 2] = 0;
    words[((block + units) << 2) - 1] = units;
    if (head !== 0) words[(head << 2) + 2] = block;
    this.#heads[list] = block;
    const row = list >>> stepBits;
    this.#columns[row] = (this.#columns[row] ?? 0) | (1 << (list & (steps - 1)));
    this.#rows |= 1 << row;
    this.#mark((block + units) << 2, true);
    this.freeUnits += units;
  }

  #unlink(block: number, units: number): void {
    const { words } = this.#memory;
    const at = block << 2;
    const next = words[at + 1] ?? 0;
    const before = words[at + 2] ?? 0;
    if (next !== 0) words[(next << 2) + 2] = before;
    if (before !== 0) words[(before << 2) + 1] = next;
    else this.#empty(listOf(units), next);
    this.freeUnits -= units;
  }

  #empty(list: number, next: number): void {
    this.#heads[list] = next;
    if (next !== 0) return;
    const row = list >>> stepBits;
    const columns = (this.#columns[row] ?? 0) & ~(1 << (list & (steps - 1)));
    this.#columns[row] = columns;
    if (columns === 0) this.#rows &= ~(1 << row);
  }

  #mark(at: number, isPrevious: boolean): void {
    const { words } = this.#memory;
    const header = words[at] ?? 0;
    words[at] = isPrevious ? header | isPreviousFree : header & ~isPreviousFree;
  }
}
