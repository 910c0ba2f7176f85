import { entryLength, settle } from "./entry.ts";
import type { ObjectReader } from "./object-reader.ts";

const noBytes: Buffer = Buffer.alloc(0);
const noWords: Int32Array = new Int32Array(0);

/** Where a segment goes whose entries nobody needs any more. */
export interface SegmentPort<T> {
  readonly reader: ObjectReader<T>;
  retire(segment: Segment<T>): void;
}

/**
 * A block of memory that entries are written to one after the other, and never over each other.
 *
 * Each entry is settled once: it is kept by a store for a while, or not at all.
 * When all are settled and none is kept, the segment retires and its memory is
 * used again; without its memory, an entry that is read all the same is no JSON.
 */
export class Segment<T> {
  /** Memory outside the heap. */
  bytes: Buffer;
  /** The same memory by words, for the headers. */
  words: Int32Array;
  readonly pool: SegmentPort<T>;
  /** How much of it is written. */
  usedBytes = 0;
  /** How much of that a store keeps. */
  liveBytes = 0;
  #isOpen = true;
  /** Entries that are not settled. */
  #open = 0;
  /** Entries that are kept. */
  #kept = 0;

  constructor(memory: Buffer, pool: SegmentPort<T>) {
    this.bytes = memory;
    this.words = new Int32Array(memory.buffer, memory.byteOffset, memory.length >>> 2);
    this.pool = pool;
  }

  get reader(): ObjectReader<T> {
    return this.pool.reader;
  }

  /** An entry was written at the end; returns its position. */
  written(): number {
    const at = this.usedBytes;
    this.usedBytes += entryLength(this.words, at);
    this.#open++;
    return at;
  }

  /** No entry will be written any more. */
  close(): void {
    this.#isOpen = false;
    this.#retireIfUnused();
  }

  /** Keep an entry, until it is left. */
  keep(at: number): void {
    if (settle(this.words, at)) this.#open--;
    this.#kept++;
    this.liveBytes += entryLength(this.words, at);
  }

  /** Keep an entry no longer. */
  leave(at: number): void {
    this.#kept--;
    this.liveBytes -= entryLength(this.words, at);
    this.#retireIfUnused();
  }

  /** Say that an entry will not be kept. */
  discard(at: number): void {
    if (!settle(this.words, at)) return;
    this.#open--;
    this.#retireIfUnused();
  }

  /** Give its memory away; whoever still reads it reads nothing. */
  surrender(): Buffer {
    const { bytes } = this;
    this.bytes = noBytes;
    this.words = noWords;
    return bytes;
  }

  #retireIfUnused(): void {
    if (!this.#isOpen && this.#open === 0 && this.#kept === 0) this.pool.retire(this);
  }
}
