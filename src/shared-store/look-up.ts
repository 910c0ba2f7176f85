import { hasKey, isPosting } from "./blocks.ts";
import { codeOf, hashOf } from "./key-hash.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { findBlock } from "./trie.ts";

/** Where something is looked for: the memory, a root in it, and under how many codes. */
export interface LookUp {
  readonly memory: SharedMemory;
  readonly seed: number;
  readonly attempts: number;
}

/** The block of an object; 0 where there is none. */
export function findObject({ memory, seed, attempts }: LookUp, root: number, key: string): number {
  const hash = hashOf(key, seed);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const block = findBlock(memory.words, root, codeOf(hash, attempt));
    if (block !== 0 && hasKey(memory, block, key)) return block;
  }
  return 0;
}

/** The hash of a value of an index. */
export function hashOfValue(seed: number, index: number, value: string): number {
  return hashOf(value, seed ^ Math.imul(index + 1, 0x27d4eb2f));
}

/** The block of those objects that have a value in an index; 0 where there is none. */
export function findPosting(
  { memory, seed, attempts }: LookUp,
  root: number,
  index: number,
  value: string,
): number {
  const hash = hashOfValue(seed, index, value);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const block = findBlock(memory.words, root, codeOf(hash, attempt));
    if (block !== 0 && isPosting(memory, block, index, value)) return block;
  }
  return 0;
}
