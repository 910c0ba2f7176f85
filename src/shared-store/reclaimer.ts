import { headerWord, pinCount, pinEpoch, pinWord, unitBytes } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

/** What was replaced while the epoch had a number. */
interface Generation {
  readonly epoch: number;
  readonly blocks: number[];
  units: number;
}

/** So much is replaced before it is looked whether readers are done with it. */
const changesAtOnce = 64;
const unitsAtOnce = 16_384;
/** A read that lasts long is let be while it holds up no more than this, and than an eighth of what there may be. */
const harmlessUnits = 1_048_576;
const harmlessShare = 1 / 8;

/** Frees blocks, and says how large they are. */
export interface BlockOwner {
  unitsOf(block: number): number;
  free(block: number): void;
}

/**
 * Frees what was replaced once no read can see it any more.
 *
 * A read announces the epoch it begins in, in a pin, and only then looks for the
 * state. What was replaced in an epoch is freed when every read announced has
 * begun in a later one. Epochs are compared by their difference, so that they
 * may start over.
 *
 * A read that holds up more than 16 MiB for longer than `longestReadMs` loses
 * its pin; so a thread that died in the middle of a read holds up nothing for
 * ever. It finds out before it gives out anything that it has read.
 */
export class Reclaimer {
  readonly #memory: SharedMemory;
  readonly #harmlessUnits: number;
  readonly #longestReadMs: number;
  #epoch = 1;
  #open: Generation = { epoch: 1, blocks: [], units: 0 };
  #changes = 0;
  #waiting: Generation[] = [];
  #waitingUnits = 0;
  /** Whose turn each pin was when it was looked at last, and since when. */
  readonly #turns = new Int32Array(pinCount);
  readonly #since = new Float64Array(pinCount);

  constructor(memory: SharedMemory, mostBytes: number, longestReadMs: number) {
    this.#memory = memory;
    this.#harmlessUnits = Math.min(harmlessUnits, (mostBytes / unitBytes) * harmlessShare);
    this.#longestReadMs = longestReadMs;
    Atomics.store(memory.words, headerWord.epoch, this.#epoch);
  }

  /** What is replaced, but cannot be given out yet. */
  get waitingUnits(): number {
    return this.#waitingUnits + this.#open.units;
  }

  /** A block that the state shown last does not have any more. */
  add(block: number, owner: BlockOwner): void {
    this.#open.blocks.push(block);
    this.#open.units += owner.unitsOf(block);
  }

  /** A change is over; frees once in a while. */
  changed(owner: BlockOwner): void {
    if (++this.#changes >= changesAtOnce || this.#open.units >= unitsAtOnce) this.collect(owner);
  }

  /** Free all that can be; says whether anything was. */
  collect(owner: BlockOwner): boolean {
    this.#changes = 0;
    if (this.#open.blocks.length > 0) {
      this.#waiting.push(this.#open);
      this.#waitingUnits += this.#open.units;
    }
    this.#epoch = (this.#epoch + 1) | 0;
    this.#open = { epoch: this.#epoch, blocks: [], units: 0 };
    Atomics.store(this.#memory.words, headerWord.epoch, this.#epoch);
    const oldest = this.#oldestRead();
    let freed = 0;
    for (const { epoch, blocks, units } of this.#waiting) {
      if (((this.#epoch - epoch) | 0) <= oldest) break;
      for (const block of blocks) owner.free(block);
      this.#waitingUnits -= units;
      freed++;
    }
    if (freed > 0) this.#waiting.splice(0, freed);
    return freed > 0;
  }

  /** How many reads are under way. */
  get reads(): number {
    let reads = 0;
    for (let pin = 0; pin < pinCount; pin++) reads += Atomics.load(this.#memory.words, pinWord(pin)) & 1;
    return reads;
  }

  /** How many epochs ago the oldest read began that is still under way; 0 where there is none. */
  #oldestRead(): number {
    const { words } = this.#memory;
    let oldest = 0;
    for (let pin = 0; pin < pinCount; pin++) {
      const turn = Atomics.load(words, pinWord(pin));
      if ((turn & 1) === 0 || this.#isOver(pin, turn)) continue;
      oldest = Math.max(oldest, (this.#epoch - Atomics.load(words, pinWord(pin) + pinEpoch)) | 0);
    }
    return oldest;
  }

  /** Tell whether a read has to end now, having held up too much for too long. */
  #isOver(pin: number, turn: number): boolean {
    const now = performance.now();
    if (this.#turns[pin] !== turn) {
      this.#turns[pin] = turn;
      this.#since[pin] = now;
      return false;
    }
    if (this.#waitingUnits < this.#harmlessUnits || now - (this.#since[pin] ?? now) < this.#longestReadMs) {
      return false;
    }
    // It may have ended by itself meanwhile, and another one have begun.
    return Atomics.compareExchange(this.#memory.words, pinWord(pin), turn, (turn + 1) | 0) === turn;
  }
}
