/**
 * How the shared memory is laid out.
 *
 * It is addressed in units of 16 bytes, so that a position leaves bits for flags
 * and the index of a word fits into 31 bits, where the engine reads fastest.
 * First comes a header of 32-bit words that are read and written by `Atomics`
 * only, then one cache line for each read that may be under way at a time, then
 * blocks: a word of the allocator's, and what the block holds. Nothing in a block
 * that readers can reach is ever changed but that word, which they do not read.
 */

export const unitBytes = 16;

/** The words of the header; what readers write lies apart from what the writer writes. */
export const headerWord = {
  /** The block of the state that is shown. */
  root: 1,
  /** How many units there are. */
  units: 2,
  /** Goes up with each state, and when the writer closes: what readers wait on. */
  version: 3,
  /** Goes up before memory is freed. */
  epoch: 4,
  isClosed: 5,
  hashSeed: 6,
  /** How many readers wait. */
  waiters: 16,
  /** Where the next reader looks for a free pin first. */
  nextPin: 17,
  readers: 18,
} as const;

/** How many reads can be under way at a time, in all threads. */
export const pinCount = 128;

const firstPin = 32;
const wordsPerPin = 16;

/**
 * The word of a pin that goes up when a read takes it, and when it is let go of: odd while it is taken.
 *
 * So a read that lost its pin sees that, also where another one has taken it since.
 */
export function pinWord(pin: number): number {
  return firstPin + pin * wordsPerPin;
}

/** The word after it: the epoch that the read began in. */
export const pinEpoch = 1;

/** Where blocks begin; so no block is at 0, which stands for none. */
export const headerUnits: number = (firstPin + pinCount * wordsPerPin) >>> 2;

/** Above it, `Buffer.copy` would write elsewhere: it takes positions of 32 bits. */
export const mostBytes: number = 2 ** 32 - unitBytes;

/** Below it, not even an empty store has room. */
export const leastBytes: number = 2 ** 20;
