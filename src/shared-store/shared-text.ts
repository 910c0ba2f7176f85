import type { SharedMemory } from "./shared-memory.ts";

/**
 * Texts in shared memory, exact for every JavaScript string.
 *
 * One byte per character where that is enough, else two; the word that goes with
 * it is `bytes << 1 | isWide`.
 */

const wide = /[^\0-\xff]/;

/** The word of a text: how many bytes it takes, and of which kind. */
export function textWord(text: string): number {
  return wide.test(text) ? (text.length << 2) | 1 : text.length << 1;
}

export function textBytes(word: number): number {
  return word >>> 1;
}

function encodingOf(word: number): "latin1" | "utf16le" {
  return (word & 1) === 0 ? "latin1" : "utf16le";
}

export function writeText({ bytes }: SharedMemory, at: number, text: string, word: number): void {
  bytes.write(text, at, encodingOf(word));
}

export function readText({ bytes }: SharedMemory, at: number, word: number): string {
  const end = at + textBytes(word);
  return bytes.toString(encodingOf(word), at, end);
}

/** Compare without making a string. */
export function isText({ bytes }: SharedMemory, at: number, word: number, text: string): boolean {
  const isWide = (word & 1) !== 0;
  if (textBytes(word) !== text.length << (isWide ? 1 : 0)) return false;
  for (let index = 0; index < text.length; index++) {
    const character = isWide
      ? (bytes[at + 2 * index] ?? 0) | ((bytes[at + 2 * index + 1] ?? 0) << 8)
      : bytes[at + index];
    if (character !== text.charCodeAt(index)) return false;
  }
  return true;
}
