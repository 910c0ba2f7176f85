/**
 * How one object lies in a block of bytes.
 *
 * A header of three 32-bit words in the machine's order, at a multiple of four:
 * the bytes of the object's JSON, the bytes of its key, and
 * `uid bytes << 16 | resourceVersion bytes`. The highest bits of the second say
 * that a store has decided about the entry, and that it is no JSON. Then key, uid and resourceVersion,
 * one byte per character, then the JSON, then padding to the next multiple of
 * four. So who needs only the names reads the first few bytes, and whoever
 * knows where an entry begins knows where the next one does.
 */

/** Bytes before the key. */
export const entryHeaderBytes = 12;

/** The longest key, uid or resourceVersion that an entry takes; an object with a longer one is not kept as bytes. */
export const longestNameBytes = 0x7fff;

const settledBit = 1 << 31;
const unreadableBit = 1 << 30;

/** How many bytes an entry takes, padding included. */
export function entryBytes(keyBytes: number, uidBytes: number, versionBytes: number, json: number): number {
  return (entryHeaderBytes + keyBytes + uidBytes + versionBytes + json + 3) & ~3;
}

/** Write the header of the entry at a position. */
export function writeHeader(
  words: Int32Array,
  at: number,
  keyBytes: number,
  uidBytes: number,
  versionBytes: number,
  json: number,
): void {
  const word = at >>> 2;
  words[word] = json;
  words[word + 1] = keyBytes;
  words[word + 2] = (uidBytes << 16) | versionBytes;
}

/** The bytes of the JSON of the entry at a position. */
export function jsonBytes(words: Int32Array, at: number): number {
  return words[at >>> 2] ?? 0;
}

/** The bytes of the key of the entry at a position. */
export function keyBytes(words: Int32Array, at: number): number {
  return (words[(at >>> 2) + 1] ?? 0) & 0xffff;
}

/** Note that a store has decided about the entry at a position; tells whether it is the first time. */
export function settle(words: Int32Array, at: number): boolean {
  const word = (at >>> 2) + 1;
  const before = words[word] ?? 0;
  words[word] = before | settledBit;
  return (before & settledBit) === 0;
}

/** Undo `settle`, in a copy of an entry. */
export function unsettle(words: Int32Array, at: number): void {
  const word = (at >>> 2) + 1;
  words[word] = (words[word] ?? 0) & ~settledBit;
}

/** Note that the entry at a position was found to be no JSON. */
export function markUnreadable(words: Int32Array, at: number): void {
  const word = (at >>> 2) + 1;
  words[word] = (words[word] ?? 0) | unreadableBit;
}

/** Tell whether the entry at a position was found to be no JSON. */
export function isMarkedUnreadable(words: Int32Array, at: number): boolean {
  return ((words[(at >>> 2) + 1] ?? 0) & unreadableBit) !== 0;
}

/** The bytes of the uid of the entry at a position. */
export function uidBytes(words: Int32Array, at: number): number {
  return (words[(at >>> 2) + 2] ?? 0) >>> 16;
}

/** The bytes of the resourceVersion of the entry at a position. */
export function versionBytes(words: Int32Array, at: number): number {
  return (words[(at >>> 2) + 2] ?? 0) & 0xffff;
}

/** Where the uid of the entry at a position begins. */
export function uidStart(words: Int32Array, at: number): number {
  return at + entryHeaderBytes + keyBytes(words, at);
}

/** Where the resourceVersion of the entry at a position begins. */
export function versionStart(words: Int32Array, at: number): number {
  return uidStart(words, at) + uidBytes(words, at);
}

/** Where the JSON of the entry at a position begins. */
export function jsonStart(words: Int32Array, at: number): number {
  return versionStart(words, at) + versionBytes(words, at);
}

/** The size of the entry at a position, padding included. */
export function entryLength(words: Int32Array, at: number): number {
  return entryBytes(keyBytes(words, at), uidBytes(words, at), versionBytes(words, at), jsonBytes(words, at));
}
