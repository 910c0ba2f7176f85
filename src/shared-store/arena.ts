import { FreeBlocks } from "./free-blocks.ts";
import { headerUnits, unitBytes } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

const isBorn = 4;
/** A node of 32 slots; blocks up to it are of fixed size and lie in chunks. */
const mostSmallUnits = 9;
const chunkUnits = 256;
/** Memory grows by at least 1 MiB, and by an eighth. */
const leastGrowthUnits = 65_536;
const sparseShare = 0.25;

/** Thrown where there is no room, nor may be. */
export class NoRoom extends Error {
  readonly sizeBytes: number;

  constructor(sizeBytes: number) {
    super(`no room for ${sizeBytes} bytes`);
    this.sizeBytes = sizeBytes;
  }
}

/**
 * Gives out blocks of the shared memory, and takes back all of them that a change asked for where it fails.
 *
 * Small blocks are of exact sizes and never merge, so that the many short-lived
 * ones do not cut up the space of objects.
 *
 * What belongs to the change under way is *born*: nobody else has seen it, and it
 * may be changed and freed. `commit` ends the change, `rollback` undoes it.
 */
export class Arena {
  readonly #memory: SharedMemory;
  readonly #mostUnits: number;
  readonly #blocks: FreeBlocks;
  /** Frees what waits for readers; says whether that gave anything. */
  readonly #makeRoom: () => boolean;
  readonly #smallHeads = new Int32Array(mostSmallUnits + 1);
  #chunk = 0;
  #chunkEnd = 0;
  #smallFreeUnits = 0;
  readonly #born: number[] = [];
  readonly #dropped: number[] = [];
  /** Seen by readers until the change is committed, and freed some time after. */
  readonly #dying: number[] = [];

  constructor(memory: SharedMemory, mostBytes: number, makeRoom: () => boolean) {
    this.#memory = memory;
    this.#mostUnits = Math.floor(mostBytes / unitBytes);
    this.#makeRoom = makeRoom;
    this.#blocks = new FreeBlocks(memory);
    this.#blocks.addFirst(headerUnits, memory.units);
  }

  /** Memory had to grow although a quarter of it was free, in pieces that were too small. */
  isSparse = false;
  /** Set to false, it does not grow, and throws `NoRoom` instead. */
  mayGrow = true;

  /** How much of large blocks was given out since it was set to 0. */
  takenUnits = 0;

  get freeUnits(): number {
    return this.#blocks.freeUnits + this.#smallFreeUnits + (this.#chunkEnd - this.#chunk);
  }

  /** The large blocks, free or not; small ones are in chunks of those. */
  walk(visit: (block: number, units: number, isFree: boolean) => void): void {
    this.#blocks.walk(headerUnits, visit);
  }

  /** Keep a free block from being given out until it is freed. */
  claim(block: number): void {
    this.#blocks.claim(block);
  }

  /** A block of so many words, its own first one included. Throws `NoRoom`. */
  allocate(words: number): number {
    const units = (words + 3) >>> 2;
    const block = units <= mostSmallUnits ? this.#takeSmall(units) : this.#take(units);
    this.#memory.words[block << 2] = (this.#memory.words[block << 2] ?? 0) | isBorn;
    this.#born.push(block);
    return block;
  }

  /** The same, or 0 where there is no room. */
  tryAllocate(words: number): number {
    try {
      return this.allocate(words);
    } catch (error) {
      if (error instanceof NoRoom) return 0;
      throw error;
    }
  }

  isBorn(block: number): boolean {
    return ((this.#memory.words[block << 2] ?? 0) & isBorn) !== 0;
  }

  unitsOf(block: number): number {
    return (this.#memory.words[block << 2] ?? 0) >>> 3;
  }

  /** Take back the block that was allocated last. */
  undo(block: number): void {
    this.#born.pop();
    this.free(block);
  }

  /** The change does not need a block any more. */
  retire(block: number): void {
    if (!this.isBorn(block)) this.#dying.push(block);
    else if (this.unitsOf(block) <= mostSmallUnits) this.free(block);
    // A large one may merge with others: its place in the list of those born would mean something else then.
    else this.#dropped.push(block);
  }

  /** Free what nobody can see. */
  free(block: number): void {
    const { words } = this.#memory;
    const at = block << 2;
    const units = (words[at] ?? 0) >>> 3;
    if (units > mostSmallUnits) {
      words[at] = (words[at] ?? 0) & ~isBorn;
      this.#blocks.release(block);
      return;
    }
    this.#putSmall(block, units);
  }

  /** End the change; returns what readers before it may still see, until the next one. */
  commit(dying: (block: number) => void): void {
    const { words } = this.#memory;
    for (const block of this.#born) words[block << 2] = (words[block << 2] ?? 0) & ~isBorn;
    this.#born.length = 0;
    for (const block of this.#dropped) this.free(block);
    this.#dropped.length = 0;
    for (const block of this.#dying) dying(block);
    this.#dying.length = 0;
  }

  rollback(): void {
    // Small blocks that were given out twice are here twice.
    for (const block of this.#born) if (this.isBorn(block)) this.free(block);
    this.#born.length = 0;
    this.#dropped.length = 0;
    this.#dying.length = 0;
  }

  #takeSmall(units: number): number {
    const { words } = this.#memory;
    const head = this.#smallHeads[units] ?? 0;
    if (head !== 0) {
      this.#smallHeads[units] = words[(head << 2) + 1] ?? 0;
      this.#smallFreeUnits -= units;
      return head;
    }
    if (this.#chunkEnd - this.#chunk < units) this.#nextChunk();
    const block = this.#chunk;
    this.#chunk += units;
    this.#memory.words[block << 2] = units << 3;
    return block;
  }

  #nextChunk(): void {
    const chunk = this.#take(chunkUnits);
    const left = this.#chunkEnd - this.#chunk;
    if (left > 0) this.#putSmall(this.#chunk, left);
    // Its first unit is the allocator's.
    this.#chunk = chunk + 1;
    this.#chunkEnd = chunk + chunkUnits;
  }

  #putSmall(block: number, units: number): void {
    const { words } = this.#memory;
    words[block << 2] = units << 3;
    words[(block << 2) + 1] = this.#smallHeads[units] ?? 0;
    this.#smallHeads[units] = block;
    this.#smallFreeUnits += units;
  }

  #take(units: number): number {
    this.takenUnits += units;
    const block = this.#blocks.take(units);
    if (block !== 0) return block;
    if (this.#makeRoom()) {
      const freed = this.#blocks.take(units);
      if (freed !== 0) return freed;
    }
    this.#grow(units);
    const grown = this.#blocks.take(units);
    if (grown === 0) throw new NoRoom(units * unitBytes);
    return grown;
  }

  #grow(units: number): void {
    const before = this.#memory.units;
    if (this.#blocks.freeUnits > before * sparseShare) this.isSparse = true;
    if (!this.mayGrow) throw new NoRoom(units * unitBytes);
    // Room for a size rounded up, as it is looked for.
    const wanted = Math.max(leastGrowthUnits, before >>> 3, units + (units >>> 4) + 2);
    const after = Math.min(before + wanted, this.#mostUnits);
    if (after <= before + 1) throw new NoRoom(units * unitBytes);
    try {
      this.#memory.grow(after);
    } catch {
      // The machine has no more memory to give: the same as a limit.
      throw new NoRoom(units * unitBytes);
    }
    this.#blocks.addNext(before, after);
  }
}
