import type { Arena } from "./arena.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { bitOf, bitsPerLevel, nodeHead, popcount, type Words } from "./trie.ts";

/** Where nothing is left out, or put in. */
const nowhere = -1;

/**
 * Changes a trie by copying the nodes from the root to the place of the change.
 *
 * Nodes that the change under way has made itself are changed in place. Each
 * call returns the root to go on with; the root 0 is an empty trie.
 */
export class TrieEditor {
  readonly #arena: Arena;
  readonly #memory: SharedMemory;
  readonly #isSet: boolean;

  constructor(arena: Arena, memory: SharedMemory, kind: "map" | "set") {
    this.#arena = arena;
    this.#memory = memory;
    this.#isSet = kind === "set";
  }

  /** Have a value under its code; in a set, the value is the code. */
  set(root: number, code: number, value: number): number {
    if (root !== 0) return this.#set(root, 0, code, value);
    const node = this.#node(bitOf(code, 0), 0);
    this.#words[(node << 2) + nodeHead] = value;
    return node;
  }

  /** Have no value under a code. */
  remove(root: number, code: number): number {
    return root === 0 ? 0 : this.#remove(root, 0, code);
  }

  get #words(): Words {
    return this.#memory.words;
  }

  #codeOf(value: number): number {
    return this.#isSet ? value : (this.#words[(value << 2) + 1] ?? 0);
  }

  #set(node: number, shift: number, code: number, value: number): number {
    const at = node << 2;
    const bit = bitOf(code, shift);
    const values = this.#words[at + 1] ?? 0;
    const nodes = this.#words[at + 2] ?? 0;
    if ((values & bit) !== 0) {
      const index = popcount(values & (bit - 1));
      const before = this.#words[at + nodeHead + index] ?? 0;
      if (before === value) return node;
      const beforeCode = this.#codeOf(before);
      if (beforeCode === code) return this.#exchanged(node, index, value);
      const pair = this.#pair(shift + bitsPerLevel, beforeCode, before, code, value);
      const to = popcount(values) - 1 + popcount(nodes & (bit - 1));
      return this.#spliced(node, values ^ bit, nodes | bit, index, to, pair);
    }
    if ((nodes & bit) !== 0) {
      const index = popcount(values) + popcount(nodes & (bit - 1));
      const child = this.#words[at + nodeHead + index] ?? 0;
      const changed = this.#set(child, shift + bitsPerLevel, code, value);
      return changed === child ? node : this.#exchanged(node, index, changed);
    }
    return this.#spliced(node, values | bit, nodes, nowhere, popcount(values & (bit - 1)), value);
  }

  #remove(node: number, shift: number, code: number): number {
    const at = node << 2;
    const bit = bitOf(code, shift);
    const values = this.#words[at + 1] ?? 0;
    const nodes = this.#words[at + 2] ?? 0;
    if ((values & bit) !== 0) {
      const index = popcount(values & (bit - 1));
      if (this.#codeOf(this.#words[at + nodeHead + index] ?? 0) !== code) return node;
      if (values === bit && nodes === 0) {
        this.#arena.retire(node);
        return 0;
      }
      return this.#spliced(node, values ^ bit, nodes, index, nowhere, 0);
    }
    if ((nodes & bit) === 0) return node;
    const index = popcount(values) + popcount(nodes & (bit - 1));
    const child = this.#words[at + nodeHead + index] ?? 0;
    const changed = this.#remove(child, shift + bitsPerLevel, code);
    if (changed === child) return node;
    const lone = this.#loneValue(changed);
    if (lone === undefined) return this.#exchanged(node, index, changed);
    // A node of one value would only make the way longer.
    this.#arena.retire(changed);
    return this.#spliced(node, values | bit, nodes ^ bit, index, popcount(values & (bit - 1)), lone);
  }

  #loneValue(node: number): number | undefined {
    const at = node << 2;
    const values = this.#words[at + 1] ?? 0;
    const isLone = this.#words[at + 2] === 0 && (values & (values - 1)) === 0;
    return isLone ? this.#words[at + nodeHead] : undefined;
  }

  /** A node of two values, or one with such a node below it, as far down as their codes are alike. */
  #pair(shift: number, codeA: number, a: number, codeB: number, b: number): number {
    const bitA = bitOf(codeA, shift);
    const bitB = bitOf(codeB, shift);
    if (bitA === bitB) {
      const below = this.#pair(shift + bitsPerLevel, codeA, a, codeB, b);
      const node = this.#node(0, bitA);
      this.#words[(node << 2) + nodeHead] = below;
      return node;
    }
    const node = this.#node(bitA | bitB, 0);
    const at = (node << 2) + nodeHead;
    // By the bits without a sign: the last one would be the smallest.
    const isInOrder = bitA >>> 0 < bitB >>> 0;
    this.#words[at] = isInOrder ? a : b;
    this.#words[at + 1] = isInOrder ? b : a;
    return node;
  }

  #node(values: number, nodes: number): number {
    const node = this.#arena.allocate(nodeHead + popcount(values) + popcount(nodes));
    const at = node << 2;
    this.#words[at + 1] = values;
    this.#words[at + 2] = nodes;
    return node;
  }

  /** The same node with another value or node in one slot. */
  #exchanged(node: number, index: number, content: number): number {
    if (this.#arena.isBorn(node)) {
      this.#words[(node << 2) + nodeHead + index] = content;
      return node;
    }
    const values = this.#words[(node << 2) + 1] ?? 0;
    const nodes = this.#words[(node << 2) + 2] ?? 0;
    return this.#spliced(node, values, nodes, index, index, content);
  }

  /** A copy with other bitmaps, without the slot at `from`, and with `content` in a new one at `to`. */
  #spliced(node: number, values: number, nodes: number, from: number, to: number, content: number): number {
    const copy = this.#node(values, nodes);
    const words = this.#words;
    const slots = popcount(values) + popcount(nodes);
    let source = (node << 2) + nodeHead;
    const leftOut = from === nowhere ? nowhere : source + from;
    const target = (copy << 2) + nodeHead;
    for (let slot = 0; slot < slots; slot++) {
      if (source === leftOut) source++;
      words[target + slot] = slot === to ? content : (words[source++] ?? 0);
    }
    this.#arena.retire(node);
    return copy;
  }
}
