import { headerWord, unitBytes } from "./layout.ts";

/**
 * The views on a buffer that grows.
 *
 * They are of fixed length and made anew after growth: views that follow the
 * length of a growable buffer are read 15 times slower. Take `words` and
 * `bytes` from here again after whatever may have grown it; older ones stay
 * good for what they reach.
 */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer;
  words: Int32Array<SharedArrayBuffer>;
  bytes: Buffer;
  units: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    const byteLength = Math.floor(buffer.byteLength / unitBytes) * unitBytes;
    this.words = new Int32Array(buffer, 0, byteLength / 4);
    this.bytes = Buffer.from(buffer, 0, byteLength);
    this.units = byteLength / unitBytes;
  }

  /** Reach all that the writer has announced. */
  refresh(): void {
    const units = Atomics.load(this.words, headerWord.units);
    if (units > this.units) this.#reach(units);
  }

  /** Make it larger; for the writer. */
  grow(units: number): void {
    this.buffer.grow(units * unitBytes);
    this.#reach(units);
    Atomics.store(this.words, headerWord.units, units);
  }

  #reach(units: number): void {
    this.words = new Int32Array(this.buffer, 0, units * (unitBytes / 4));
    this.bytes = Buffer.from(this.buffer, 0, units * unitBytes);
    this.units = units;
  }
}
