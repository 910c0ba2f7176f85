import { keyOfEntry } from "../bytes/encoded-record.ts";
import { entryHeaderBytes, keyBytes } from "../bytes/entry.ts";
import type { Segment } from "../bytes/segment.ts";
import { recordsPerStep } from "./records.ts";

const smallestCapacity = 16;
const none = -1;

interface Namespace {
  first: number;
  size: number;
}

/**
 * Finds entries by key, and the keys of a namespace, in a few typed arrays.
 *
 * An object costs about forty bytes here, outside the heap, and nothing that
 * the garbage collector has to visit. Each has a slot, which it keeps until it
 * is removed; slots are used again.
 */
export class EntryTable<T> {
  readonly #segments: (Segment<T> | undefined)[] = [];
  readonly #segmentIds = new Map<Segment<T>, number>();
  readonly #freeIds: number[] = [];
  /** How many entries each segment has here. */
  readonly #entriesOf: number[] = [];
  #segmentOf: Int32Array<ArrayBuffer>;
  #at: Int32Array<ArrayBuffer>;
  #hashes: Int32Array<ArrayBuffer>;
  #next: Int32Array<ArrayBuffer>;
  #previous: Int32Array<ArrayBuffer>;
  /** Slots by hash, with linear probing; twice as many places as slots at least, so that chains stay short. */
  #places: Int32Array<ArrayBuffer>;
  readonly #namespaces = new Map<string, Namespace>();
  #size = 0;
  /** What was found last; no slot once that was removed. */
  #lastKey = "";
  #lastSlot = none;
  /** Slots from here on were never used. */
  #unused = 0;
  /** The first of the slots that were used and are free, chained through `#next`. */
  #free = none;

  /** `sizeHint` is how many entries there will be, so that it need not grow. */
  constructor(sizeHint: number = smallestCapacity) {
    const capacity = Math.max(smallestCapacity, sizeHint);
    this.#segmentOf = new Int32Array(capacity);
    this.#at = new Int32Array(capacity);
    this.#hashes = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#places = placesFor(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The slot of a key; -1 where there is none. */
  find(key: string): number {
    // A change is looked up before it is written: the same string, which is cheap to see.
    if (this.#lastSlot !== none && key === this.#lastKey) return this.#lastSlot;
    const slot = this.#search(key);
    if (slot !== none) {
      this.#lastKey = key;
      this.#lastSlot = slot;
    }
    return slot;
  }

  #search(key: string): number {
    const mask = this.#places.length - 1;
    const hash = hashOf(key);
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = this.#places[place] ?? none;
      if (slot === none || (this.#hashes[slot] === hash && this.#hasKey(slot, key))) return slot;
    }
  }

  segment(slot: number): Segment<T> {
    const segment = this.#segments[this.#segmentOf[slot] ?? none];
    if (segment === undefined) throw new RangeError(`slot ${slot} is not in use`);
    return segment;
  }

  at(slot: number): number {
    return this.#at[slot] ?? none;
  }

  key(slot: number): string {
    return keyOfEntry(this.segment(slot), this.at(slot));
  }

  /** Write where the entry of a key lies; returns its slot. */
  set(key: string, segment: Segment<T>, at: number): number {
    const slot = this.find(key);
    if (slot !== none) {
      this.move(slot, segment, at);
      return slot;
    }
    const added = this.#insert(key);
    this.#point(added, segment, at);
    return added;
  }

  /** Have an entry elsewhere, where it was copied to. */
  move(slot: number, segment: Segment<T>, at: number): void {
    // Left before it is kept again, it might have been the last one of its segment.
    if (this.segment(slot) === segment && this.at(slot) === at) return;
    this.#leave(slot);
    this.#point(slot, segment, at);
  }

  /** Remove a slot's entry. */
  remove(slot: number): void {
    this.#unlink(slot, this.key(slot));
    this.#leave(slot);
    this.#segmentOf[slot] = none;
    this.#lastSlot = none;
    this.#vacate(slot);
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Every slot in use; not changed by writing to it while it is walked, but by removing. */
  *slots(): Generator<number, void, undefined> {
    for (let slot = 0; slot < this.#unused; slot++) if (this.#segmentOf[slot] !== none) yield slot;
  }

  /** The slots of a namespace's keys. */
  *slotsIn(namespace: string): Generator<number, void, undefined> {
    let slot = this.#namespaces.get(namespace)?.first ?? none;
    while (slot !== none) {
      const next: number = this.#next[slot] ?? none;
      yield slot;
      slot = next;
    }
  }

  namespaces(): string[] {
    return [...this.#namespaces.keys()];
  }

  /** Need none of it any more, a few entries with each step: for a table that is not used again. */
  *release(): Generator<void, void, undefined> {
    let count = 0;
    for (const slot of this.slots()) {
      this.#leave(slot);
      if (++count % recordsPerStep === 0) yield;
    }
  }

  #hasKey(slot: number, key: string): boolean {
    const { bytes, words } = this.segment(slot);
    const at = this.at(slot);
    if (keyBytes(words, at) !== key.length) return false;
    const start = at + entryHeaderBytes;
    for (let index = 0; index < key.length; index++) {
      if (bytes[start + index] !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  #point(slot: number, segment: Segment<T>, at: number): void {
    const id = this.#segmentIds.get(segment) ?? this.#identify(segment);
    this.#entriesOf[id] = (this.#entriesOf[id] ?? 0) + 1;
    this.#segmentOf[slot] = id;
    this.#at[slot] = at;
    segment.keep(at);
  }

  #leave(slot: number): void {
    const id = this.#segmentOf[slot] ?? none;
    const segment = this.segment(slot);
    segment.leave(this.at(slot));
    const left = (this.#entriesOf[id] ?? 0) - 1;
    this.#entriesOf[id] = left;
    if (left > 0) return;
    this.#segments[id] = undefined;
    this.#segmentIds.delete(segment);
    this.#freeIds.push(id);
  }

  #identify(segment: Segment<T>): number {
    const id = this.#freeIds.pop() ?? this.#segments.length;
    this.#segments[id] = segment;
    this.#entriesOf[id] = 0;
    this.#segmentIds.set(segment, id);
    return id;
  }

  #insert(key: string): number {
    if (this.#free === none && this.#unused === this.#at.length) this.#grow();
    let slot = this.#free;
    if (slot === none) slot = this.#unused++;
    else this.#free = this.#next[slot] ?? none;
    this.#hashes[slot] = hashOf(key);
    this.#occupy(slot);
    this.#link(slot, key);
    this.#size++;
    return slot;
  }

  #occupy(slot: number): void {
    const mask = this.#places.length - 1;
    let place = (this.#hashes[slot] ?? 0) & mask;
    while (this.#places[place] !== none) place = (place + 1) & mask;
    this.#places[place] = slot;
  }

  /** Empty a slot's place, and move up what was put behind it only because it was taken. */
  #vacate(slot: number): void {
    const mask = this.#places.length - 1;
    let hole = (this.#hashes[slot] ?? 0) & mask;
    while (this.#places[hole] !== slot) hole = (hole + 1) & mask;
    for (let place = (hole + 1) & mask; ; place = (place + 1) & mask) {
      const other = this.#places[place] ?? none;
      if (other === none) break;
      const home = (this.#hashes[other] ?? 0) & mask;
      // Only what may stand in the hole: its home is not between the two.
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = other;
      hole = place;
    }
    this.#places[hole] = none;
  }

  #link(slot: number, key: string): void {
    const name = namespaceOf(key);
    const namespace = this.#namespaces.get(name);
    this.#previous[slot] = none;
    this.#next[slot] = namespace?.first ?? none;
    if (namespace === undefined) {
      this.#namespaces.set(name, { first: slot, size: 1 });
      return;
    }
    this.#previous[namespace.first] = slot;
    namespace.first = slot;
    namespace.size++;
  }

  #unlink(slot: number, key: string): void {
    const name = namespaceOf(key);
    const namespace = this.#namespaces.get(name);
    if (namespace === undefined) return;
    const next = this.#next[slot] ?? none;
    const previous = this.#previous[slot] ?? none;
    if (next !== none) this.#previous[next] = previous;
    if (previous !== none) this.#next[previous] = next;
    else namespace.first = next;
    if (--namespace.size === 0) this.#namespaces.delete(name);
  }

  #grow(): void {
    const capacity = 2 * this.#at.length;
    this.#segmentOf = larger(this.#segmentOf, capacity);
    this.#at = larger(this.#at, capacity);
    this.#hashes = larger(this.#hashes, capacity);
    this.#next = larger(this.#next, capacity);
    this.#previous = larger(this.#previous, capacity);
    this.#places = placesFor(capacity);
    for (let slot = 0; slot < this.#unused; slot++) this.#occupy(slot);
  }
}

/** Empty places for so many slots: a power of two of them. */
function placesFor(slots: number): Int32Array<ArrayBuffer> {
  return new Int32Array(2 ** Math.ceil(Math.log2(2 * slots))).fill(none);
}

function larger(column: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(capacity);
  next.set(column);
  return next;
}

/** The namespace of a key, `""` for one that has none. */
export function namespaceOf(key: string): string {
  const slash = key.indexOf("/");
  return slash === -1 ? "" : key.slice(0, slash);
}

/** FNV-1a, and its bits mixed once more: tables use the lowest. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 15);
}
