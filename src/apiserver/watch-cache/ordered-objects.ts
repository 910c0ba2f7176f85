import type { StoredObject } from "../storage/port.ts";

/** A key and its object. */
export type Entry = readonly [key: string, object: StoredObject];

/** Objects in key order, to be read by ranges: `from` included, `until` excluded, absent for the end. */
export interface OrderedView {
  entries(from: string, until?: string): Iterable<Entry>;
  count(from: string, until?: string): number;
}

/** The position of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Current objects in key order, so that a page of a list costs the page and not the list. */
export class OrderedObjects implements OrderedView {
  readonly #keys: string[];
  readonly #objects: Map<string, StoredObject>;

  /** Takes entries in key order. */
  constructor(entries: Iterable<Entry> = []) {
    this.#objects = new Map(entries);
    this.#keys = [...this.#objects.keys()];
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: StoredObject): void {
    if (!this.#objects.has(key)) this.#keys.splice(lowerBound(this.#keys, key), 0, key);
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys.splice(lowerBound(this.#keys, key), 1);
  }

  *entries(from: string, until?: string): Generator<Entry, void, void> {
    const end = until === undefined ? this.#keys.length : lowerBound(this.#keys, until);
    for (let at = lowerBound(this.#keys, from); at < end; at += 1) {
      const key = this.#keys[at] ?? "";
      const object = this.#objects.get(key);
      if (object !== undefined) yield [key, object];
    }
  }

  count(from: string, until?: string): number {
    const end = until === undefined ? this.#keys.length : lowerBound(this.#keys, until);
    return Math.max(0, end - lowerBound(this.#keys, from));
  }
}

/**
 * A past state: the current objects, seen through what later changes replaced.
 *
 * `replaced` holds for each key that changed since its state then, `undefined`
 * where it did not exist. Reading a page costs the page and the changes, not
 * the list. Only valid until the next change of the current objects.
 */
export class PastObjects implements OrderedView {
  readonly #current: OrderedObjects;
  readonly #replaced: ReadonlyMap<string, StoredObject | undefined>;

  constructor(current: OrderedObjects, replaced: ReadonlyMap<string, StoredObject | undefined>) {
    this.#current = current;
    this.#replaced = replaced;
  }

  *entries(from: string, until?: string): Generator<Entry, void, void> {
    const then = this.#replacedIn(from, until);
    let at = 0;
    for (const entry of this.#current.entries(from, until)) {
      for (; at < then.length; at += 1) {
        const [key, object] = then[at] ?? entry;
        if (key >= entry[0]) break;
        if (object !== undefined) yield [key, object];
      }
      if (!this.#replaced.has(entry[0])) yield entry;
    }
    for (; at < then.length; at += 1) {
      const [key, object] = then[at] ?? ["", undefined];
      if (object !== undefined) yield [key, object];
    }
  }

  count(from: string, until?: string): number {
    let count = this.#current.count(from, until);
    for (const [key, object] of this.#replacedIn(from, until)) {
      if (this.#current.get(key) !== undefined) count -= 1;
      if (object !== undefined) count += 1;
    }
    return count;
  }

  #replacedIn(from: string, until?: string): [key: string, object: StoredObject | undefined][] {
    return [...this.#replaced]
      .filter(([key]) => key >= from && (until === undefined || key < until))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
