import { KubeError } from "../base/errors.ts";
import { jsonOfObject, keyOfObject, postingWord, stateWord, versionOf, wordOf } from "./blocks.ts";
import { headerWord, pinCount, pinEpoch, pinWord } from "./layout.ts";
import { findObject, findPosting, type LookUp } from "./look-up.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { findBlock, forEachValue } from "./trie.ts";

/** No text is looked for under more codes. */
const mostAttempts = 0xffff;

/** Ends a walk through memory that is not this read's any more. */
const lost = new Error("the pin was lost");

/**
 * One state of the shared memory, for as long as it is pinned.
 *
 * What is read counts only once `isHeld` or `unpin` has said that it was pinned
 * all the while: otherwise the memory may have been used anew, and everything
 * read from it may be anything.
 */
export class SharedState {
  readonly memory: SharedMemory;
  readonly #name: string;
  readonly #indices: readonly string[];
  readonly #firstPin: number;
  readonly #lookUp: { memory: SharedMemory; seed: number; attempts: number };
  readonly #check: () => void = () => {
    if (!this.isHeld()) throw lost;
  };
  #pin = 0;
  #turn = 0;
  #block = 0;

  constructor(memory: SharedMemory, name: string, indices: readonly string[], firstPin: number) {
    this.memory = memory;
    this.#name = name;
    this.#indices = indices;
    this.#firstPin = firstPin;
    this.#lookUp = { memory, seed: Atomics.load(memory.words, headerWord.hashSeed), attempts: 1 };
  }

  /** Take the state that is shown now, and keep its memory from being used anew. */
  pin(): void {
    const { words } = this.memory;
    for (let tries = 0; tries < pinCount; tries++) {
      const word = pinWord((this.#firstPin + tries) % pinCount);
      // Before the pin is taken: whoever has it next may find this in it, and that must not be too late for them.
      const epoch = Atomics.load(words, headerWord.epoch);
      const turn = Atomics.load(words, word);
      if ((turn & 1) !== 0 || Atomics.compareExchange(words, word, turn, (turn + 1) | 0) !== turn) continue;
      this.#pin = word;
      this.#turn = (turn + 1) | 0;
      // Announced before the state is looked for: what that has is freed after this epoch only.
      Atomics.store(words, word + pinEpoch, epoch);
      this.#block = Atomics.load(words, headerWord.root);
      this.memory.refresh();
      // Bounded, as whatever may be read after the pin was lost.
      this.#lookUp.attempts = Math.min(wordOf(this.memory, this.#block, stateWord.attempts), mostAttempts);
      return;
    }
    throw new KubeError(
      "OVERFLOW",
      `Read the shared store${this.#ofName}: ${pinCount} snapshots and reads of it are under way; release snapshots`,
    );
  }

  /** Let go of it; says whether it was pinned until now. */
  unpin(): boolean {
    return this.#exchange((this.#turn + 1) | 0);
  }

  /** Tell whether it is still pinned. */
  isHeld(): boolean {
    // Not a plain load: what was read before must not be read after it.
    return this.#exchange(this.#turn);
  }

  #exchange(turn: number): boolean {
    return Atomics.compareExchange(this.memory.words, this.#pin, this.#turn, turn) === this.#turn;
  }

  get hasSynced(): boolean {
    return wordOf(this.memory, this.#block, stateWord.hasSynced) !== 0;
  }

  get resourceVersion(): string {
    return versionOf(this.memory, this.#block);
  }

  get size(): number {
    return wordOf(this.memory, this.#block, stateWord.count);
  }

  expectSynced(step: string): void {
    if (this.hasSynced) return;
    throw new KubeError(
      "NOT_SYNCED",
      `Shared store${this.#ofName}, ${step}: nothing was listed yet; await informer.synced() in the thread that ` +
        "shares it before reading, or see in health() there what the list fails of",
    );
  }

  /** The block of an object; 0 where there is none. */
  find(key: string): number {
    return findObject(this.#lookUp as LookUp, wordOf(this.memory, this.#block, stateWord.objects), key);
  }

  json(object: number): string {
    return jsonOfObject(this.memory, object);
  }

  key(object: number): string {
    return keyOfObject(this.memory, object);
  }

  /** Visit the blocks of all objects. */
  visitAll(visit: (object: number) => void): void {
    const root = wordOf(this.memory, this.#block, stateWord.objects);
    forEachValue(this.memory.words, root, this.#check, visit);
  }

  /** Visit the blocks of those under a value. Throws `INDEX_UNKNOWN`. */
  visitUnder(name: string, value: string, visit: (object: number) => void): void {
    const index = this.#indices.indexOf(name);
    if (index < 0) {
      const known = this.#indices.join(", ");
      throw new KubeError("INDEX_UNKNOWN", `Index with name \`${name}\` does not exist; there are: ${known}`);
    }
    const { words } = this.memory;
    const postings = wordOf(this.memory, this.#block, stateWord.postings);
    const posting = findPosting(this.#lookUp as LookUp, postings, index, value);
    if (posting === 0) return;
    const objects = wordOf(this.memory, this.#block, stateWord.objects);
    const set = wordOf(this.memory, posting, postingWord.set);
    if (wordOf(this.memory, posting, postingWord.count) === 1) visit(findBlock(words, objects, set));
    else forEachValue(words, set, this.#check, (code) => visit(findBlock(words, objects, code)));
  }

  get #ofName(): string {
    return this.#name === "" ? "" : ` of ${this.#name}`;
  }
}
