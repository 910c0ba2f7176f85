import type { ObjectRecord } from "../resource/watch-event.ts";
import type { Arena } from "./arena.ts";
import {
  keyOfObject,
  objectHead,
  objectWord,
  postingHead,
  postingWord,
  stateHead,
  stateWord,
  wordOf,
} from "./blocks.ts";
import { codeOf, hashOf } from "./key-hash.ts";
import { headerWord, unitBytes } from "./layout.ts";
import { findObject, findPosting, hashOfValue, type LookUp } from "./look-up.ts";
import { jsonOf } from "./object-json.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { textBytes, textWord, writeText } from "./shared-text.ts";
import { findBlock, forEachValue, hasCode } from "./trie.ts";
import { TrieEditor } from "./trie-editor.ts";

/** The state that a change works on; what readers see is the one that was shown last. */
interface Draft {
  objects: number;
  postings: number;
  count: number;
  /** Under how many codes a text may have to be looked for. */
  attempts: number;
}

/** Says under which values an object is found in the index of a number. */
export type ValuesOf<T> = (index: number, record: ObjectRecord<T>) => readonly string[];

const always = (): void => {};

/**
 * Changes the shared state: any number of puts and removals, then `show`, which readers see as one step.
 *
 * Where one of them throws, call `rollback`, and everything since the last
 * `show` is undone; readers see nothing of either.
 */
export class StateWriter<T> {
  readonly #memory: SharedMemory;
  readonly #arena: Arena;
  readonly #seed: number;
  readonly #indices: number;
  readonly #valuesOf: ValuesOf<T>;
  readonly #map: TrieEditor;
  readonly #set: TrieEditor;
  #draft: Draft = { objects: 0, postings: 0, count: 0, attempts: 1 };
  #shown: Draft = { ...this.#draft };
  #shownState = 0;
  #shownVersion = "";
  #hasSynced = false;
  readonly #codes: number[] = [];

  constructor(memory: SharedMemory, arena: Arena, indices: number, valuesOf: ValuesOf<T>) {
    this.#memory = memory;
    this.#arena = arena;
    this.#seed = Atomics.load(memory.words, headerWord.hashSeed);
    this.#indices = indices;
    this.#valuesOf = valuesOf;
    this.#map = new TrieEditor(arena, memory, "map");
    this.#set = new TrieEditor(arena, memory, "set");
  }

  /** The resourceVersion that readers see. */
  get shownVersion(): string {
    return this.#shownVersion;
  }

  /** Whether readers may read. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get count(): number {
    return this.#draft.count;
  }

  /** Have an object under its key; nothing changes where the same bytes are there. Throws `NoRoom`, `STORE_FAILED`. */
  put(record: ObjectRecord<T>): void {
    const { key } = record;
    const before = this.#find(key);
    const code =
      before === 0 ? this.#freeCode(this.#draft.objects, hashOf(key, this.#seed)) : this.#codeAt(before);
    const codes = this.#codes;
    codes.length = 0;
    for (let index = 0; index < this.#indices; index++) {
      for (const value of this.#valuesOf(index, record)) codes.push(this.#postingCode(index, value));
    }
    const object = this.#writeObject(record, code, codes);
    if (before !== 0 && this.#isSame(before, object)) {
      this.#arena.undo(object);
      return;
    }
    this.#draft.objects = this.#map.set(this.#draft.objects, code, object);
    if (before === 0) this.#draft.count++;
    else this.#leavePostings(before, codes);
    for (const posting of codes) this.#enter(posting, code);
    if (before !== 0) this.#arena.retire(before);
  }

  /** Have no object under a key. */
  remove(key: string): void {
    const before = this.#find(key);
    if (before === 0) return;
    this.#leavePostings(before, []);
    this.#draft.objects = this.#map.remove(this.#draft.objects, this.#codeAt(before));
    this.#arena.retire(before);
    this.#draft.count--;
    if (this.#draft.count === 0) this.#draft.attempts = 1;
  }

  /** Tell whether a block is an object of the state. */
  isObject(block: number): boolean {
    return findBlock(this.#memory.words, this.#draft.objects, this.#codeAt(block)) === block;
  }

  /** Have an object in another block, where it is one of the state still and there is one. Throws `NoRoom`. */
  move(object: number): void {
    if (!this.isObject(object)) return;
    const size = this.#arena.unitsOf(object) << 2;
    const copy = this.#arena.tryAllocate(size);
    if (copy === 0) return;
    const start = object << 2;
    this.#memory.words.copyWithin((copy << 2) + 1, start + 1, start + size);
    this.#draft.objects = this.#map.set(this.#draft.objects, this.#codeAt(copy), copy);
    this.#arena.retire(object);
  }

  /** Every key that is in the state. */
  keys(): string[] {
    const keys: string[] = [];
    forEachValue(this.#memory.words, this.#draft.objects, always, (object) => {
      keys.push(keyOfObject(this.#memory, object));
    });
    return keys;
  }

  /** Show what was changed, as one step. `dying` is told of what only earlier readers still see. */
  show(resourceVersion: string, hasSynced: boolean, dying: (block: number) => void): void {
    const { objects, postings, count, attempts } = this.#draft;
    const text = textWord(resourceVersion);
    const state = this.#arena.allocate(stateHead + ((textBytes(text) + 3) >>> 2));
    const { words } = this.#memory;
    const at = state << 2;
    words[at + stateWord.objects] = objects;
    words[at + stateWord.postings] = postings;
    words[at + stateWord.count] = count;
    words[at + stateWord.attempts] = attempts;
    words[at + stateWord.hasSynced] = hasSynced ? 1 : 0;
    words[at + stateWord.version] = text;
    writeText(this.#memory, state * unitBytes + stateHead * 4, resourceVersion, text);
    if (this.#shownState !== 0) this.#arena.retire(this.#shownState);
    // Everything before it is seen by whoever sees this.
    Atomics.store(words, headerWord.root, state);
    this.#arena.commit(dying);
    this.#shownState = state;
    this.#shownVersion = resourceVersion;
    this.#hasSynced = hasSynced;
    this.#shown = { ...this.#draft };
  }

  rollback(): void {
    this.#arena.rollback();
    this.#draft = { ...this.#shown };
  }

  get #lookUp(): LookUp {
    return { memory: this.#memory, seed: this.#seed, attempts: this.#draft.attempts };
  }

  #find(key: string): number {
    return findObject(this.#lookUp, this.#draft.objects, key);
  }

  #codeAt(block: number): number {
    return wordOf(this.#memory, block, 1);
  }

  /** The first code of a text that none has; for one that is not there itself. */
  #freeCode(root: number, hash: number): number {
    for (let attempt = 0; ; attempt++) {
      const code = codeOf(hash, attempt);
      if (findBlock(this.#memory.words, root, code) !== 0) continue;
      this.#draft.attempts = Math.max(this.#draft.attempts, attempt + 1);
      return code;
    }
  }

  /** The code of a posting; a new one where nothing has the value yet. */
  #postingCode(index: number, value: string): number {
    const found = findPosting(this.#lookUp, this.#draft.postings, index, value);
    if (found !== 0) return this.#codeAt(found);
    const code = this.#freeCode(this.#draft.postings, hashOfValue(this.#seed, index, value));
    const text = textWord(value);
    const posting = this.#arena.allocate(postingHead + ((textBytes(text) + 3) >>> 2));
    const { words } = this.#memory;
    const at = posting << 2;
    words[at + postingWord.code] = code;
    words[at + postingWord.index] = index;
    words[at + postingWord.count] = 0;
    words[at + postingWord.set] = 0;
    words[at + postingWord.value] = text;
    writeText(this.#memory, posting * unitBytes + postingHead * 4, value, text);
    this.#draft.postings = this.#map.set(this.#draft.postings, code, posting);
    return code;
  }

  #writeObject(record: ObjectRecord<T>, code: number, postings: readonly number[]): number {
    const { key } = record;
    const json = jsonOf(record);
    const text = textWord(key);
    const bytes = textBytes(text) + json.length;
    const head = objectHead + postings.length;
    const object = this.#arena.allocate(head + ((bytes + 3) >>> 2));
    const { words, bytes: target } = this.#memory;
    const at = object << 2;
    words[at + objectWord.code] = code;
    words[at + objectWord.json] = json.length;
    words[at + objectWord.key] = text;
    words[at + objectWord.postings] = postings.length;
    for (let index = 0; index < postings.length; index++)
      words[at + objectHead + index] = postings[index] ?? 0;
    const start = object * unitBytes + head * 4;
    writeText(this.#memory, start, key, text);
    const jsonStart = start + textBytes(text);
    if (json.text !== undefined) target.write(json.text, jsonStart, "utf8");
    else json.bytes.copy(target, jsonStart, json.start, json.start + json.length);
    return object;
  }

  /** Tell whether two objects of one key have the same bytes, and are in the same postings. */
  #isSame(a: number, b: number): boolean {
    const head = objectHead + wordOf(this.#memory, a, objectWord.postings);
    for (let word = 1; word < head; word++) {
      if (wordOf(this.#memory, a, word) !== wordOf(this.#memory, b, word)) return false;
    }
    const bytes =
      textBytes(wordOf(this.#memory, a, objectWord.key)) + wordOf(this.#memory, a, objectWord.json);
    const startA = a * unitBytes + head * 4;
    const startB = b * unitBytes + head * 4;
    const all = this.#memory.bytes;
    return all.compare(all, startB, startB + bytes, startA, startA + bytes) === 0;
  }

  /** Take an object out of those postings that it is not to be in. */
  #leavePostings(object: number, kept: readonly number[]): void {
    const count = wordOf(this.#memory, object, objectWord.postings);
    const code = this.#codeAt(object);
    for (let index = 0; index < count; index++) {
      const posting = wordOf(this.#memory, object, objectHead + index);
      if (!kept.includes(posting)) this.#leave(posting, code);
    }
  }

  #enter(postingCode: number, code: number): void {
    const posting = findBlock(this.#memory.words, this.#draft.postings, postingCode);
    const count = wordOf(this.#memory, posting, postingWord.count);
    const set = wordOf(this.#memory, posting, postingWord.set);
    if (count === 0) {
      this.#exchange(posting, 1, code);
    } else if (count === 1) {
      if (set !== code) this.#exchange(posting, 2, this.#set.set(this.#set.set(0, set, set), code, code));
    } else if (!hasCode(this.#memory.words, set, code)) {
      this.#exchange(posting, count + 1, this.#set.set(set, code, code));
    }
  }

  #leave(postingCode: number, code: number): void {
    const posting = findBlock(this.#memory.words, this.#draft.postings, postingCode);
    const count = wordOf(this.#memory, posting, postingWord.count);
    const set = wordOf(this.#memory, posting, postingWord.set);
    if (count === 1) {
      // An empty posting left behind is a leak for values that never come again (S11).
      this.#draft.postings = this.#map.remove(this.#draft.postings, postingCode);
      this.#arena.retire(posting);
      return;
    }
    const smaller = this.#set.remove(set, code);
    if (count > 2) {
      this.#exchange(posting, count - 1, smaller);
      return;
    }
    let last = 0;
    forEachValue(this.#memory.words, smaller, always, (value) => {
      last = value;
    });
    this.#arena.retire(smaller);
    this.#exchange(posting, 1, last);
  }

  /** Have another set in a posting. */
  #exchange(posting: number, count: number, set: number): void {
    let own = posting;
    if (!this.#arena.isBorn(posting)) {
      const wordsUsed =
        postingHead + ((textBytes(wordOf(this.#memory, posting, postingWord.value)) + 3) >>> 2);
      own = this.#arena.allocate(wordsUsed);
      const start = posting << 2;
      this.#memory.words.copyWithin((own << 2) + 1, start + 1, start + wordsUsed);
    }
    const { words } = this.#memory;
    words[(own << 2) + postingWord.count] = count;
    words[(own << 2) + postingWord.set] = set;
    if (own === posting) return;
    this.#draft.postings = this.#map.set(this.#draft.postings, wordOf(this.#memory, own, 1), own);
    this.#arena.retire(posting);
  }
}
