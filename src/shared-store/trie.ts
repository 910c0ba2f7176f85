/**
 * A map from 32-bit codes, as a tree of blocks that is never changed once it is shown.
 *
 * Each level decides by five bits of the code. A node is the allocator's word,
 * a bitmap of the slots with values, one of those with nodes, then the values and
 * then the nodes, each in the order of their bits. A value lies in the highest
 * node where no other one has the same bits. In a map, values are blocks, which
 * have their code in their second word; in a set they are the codes themselves.
 */

/** Words before the slots. */
export const nodeHead = 3;
export const bitsPerLevel = 5;
const lastShift = 30;

export type Words = Int32Array<SharedArrayBuffer>;

/** How many bits are set. */
export function popcount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The slot bit of a code at a level. */
export function bitOf(code: number, shift: number): number {
  return 1 << ((code >>> shift) & 31);
}

/** Find the word of the value that could be a code's; -1 where there is none. Ends after seven levels, whatever it reads. */
function slotOf(words: Words, root: number, code: number): number {
  let node = root;
  for (let shift = 0; node !== 0 && shift <= lastShift; shift += bitsPerLevel) {
    const at = node << 2;
    const bit = bitOf(code, shift);
    const values = words[at + 1] ?? 0;
    if ((values & bit) !== 0) return at + nodeHead + popcount(values & (bit - 1));
    const nodes = words[at + 2] ?? 0;
    if ((nodes & bit) === 0) return -1;
    node = words[at + nodeHead + popcount(values) + popcount(nodes & (bit - 1))] ?? 0;
  }
  return -1;
}

/** The block of a code in a map; 0 where there is none. */
export function findBlock(words: Words, root: number, code: number): number {
  const slot = slotOf(words, root, code);
  if (slot < 0) return 0;
  const block = words[slot] ?? 0;
  return words[(block << 2) + 1] === code ? block : 0;
}

/** Tell whether a code is in a set. */
export function hasCode(words: Words, root: number, code: number): boolean {
  const slot = slotOf(words, root, code);
  return slot >= 0 && words[slot] === code;
}

/**
 * Visit every value of a map or set.
 *
 * `check` is called at each node and throws where what was read may not be what
 * was written: without it, that could be a tree without end.
 */
export function forEachValue(
  words: Words,
  root: number,
  check: () => void,
  visit: (value: number) => void,
  shift = 0,
): void {
  if (root === 0 || shift > lastShift) return;
  const at = root << 2;
  const values = popcount(words[at + 1] ?? 0);
  const nodes = popcount(words[at + 2] ?? 0);
  check();
  const firstNode = at + nodeHead + values;
  for (let slot = at + nodeHead; slot < firstNode; slot++) visit(words[slot] ?? 0);
  for (let slot = firstNode; slot < firstNode + nodes; slot++) {
    forEachValue(words, words[slot] ?? 0, check, visit, shift + bitsPerLevel);
  }
}
