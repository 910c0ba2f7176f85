import { unitBytes } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { isText, readText, textBytes } from "./shared-text.ts";

/**
 * What blocks hold, by words. The first word of each is the allocator's.
 *
 * - state: the root of the objects, the root of the postings, how many objects,
 *   how many codes a text may have to be looked for under, hasSynced, the word
 *   of the resourceVersion, its text
 * - object: its code, the bytes of its JSON, the word of its key, how many
 *   postings it is in, their codes, its key, its JSON
 * - posting, the objects under one value of one index: its code, the index, how
 *   many there are, their set (or its code, where it is one), the word of the
 *   value, its text
 */
export const stateWord = {
  objects: 1,
  postings: 2,
  count: 3,
  attempts: 4,
  hasSynced: 5,
  version: 6,
} as const;
export const stateHead = 7;
export const objectWord = { code: 1, json: 2, key: 3, postings: 4 } as const;
export const objectHead = 5;
export const postingWord = { code: 1, index: 2, count: 3, set: 4, value: 5 } as const;
export const postingHead = 6;

/** One word of a block. */
export function wordOf({ words }: SharedMemory, block: number, word: number): number {
  return words[(block << 2) + word] ?? 0;
}

export function versionOf(memory: SharedMemory, state: number): string {
  return readText(memory, state * unitBytes + stateHead * 4, wordOf(memory, state, stateWord.version));
}

function keyStart(memory: SharedMemory, object: number): number {
  return object * unitBytes + (objectHead + wordOf(memory, object, objectWord.postings)) * 4;
}

export function keyOfObject(memory: SharedMemory, object: number): string {
  return readText(memory, keyStart(memory, object), wordOf(memory, object, objectWord.key));
}

export function hasKey(memory: SharedMemory, object: number, key: string): boolean {
  return isText(memory, keyStart(memory, object), wordOf(memory, object, objectWord.key), key);
}

export function jsonStart(memory: SharedMemory, object: number): number {
  return keyStart(memory, object) + textBytes(wordOf(memory, object, objectWord.key));
}

export function jsonOfObject(memory: SharedMemory, object: number): string {
  const start = jsonStart(memory, object);
  return memory.bytes.toString("utf8", start, start + wordOf(memory, object, objectWord.json));
}

export function isPosting(memory: SharedMemory, posting: number, index: number, value: string): boolean {
  if (wordOf(memory, posting, postingWord.index) !== index) return false;
  const word = wordOf(memory, posting, postingWord.value);
  return isText(memory, posting * unitBytes + postingHead * 4, word, value);
}
