const noKeys: ReadonlySet<string> = new Set();

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Which keys have a value, as an index is written and read. */
export interface KeysByValue {
  /** Exchange a key's values; they must hold each value once. */
  set(key: string, values: readonly string[]): void;
  delete(key: string): void;
  /** The keys that have a value, live. */
  keys(value: string): Iterable<string>;
  /** Every value that some key has. */
  values(): string[];
}

/** The keys that have a value. */
interface Bucket {
  readonly keys: Set<string>;
  /** The value alone, as the values of each key that has no other: one array for all of them. */
  readonly alone: readonly string[];
}

/** One index: which keys have a value, and which values a key has. */
export class ValueIndex implements KeysByValue {
  readonly #buckets = new Map<string, Bucket>();
  readonly #values = new Map<string, readonly string[]>();

  /** Exchange a key's values; they must hold each value once. Does nothing where they are the same (S9). */
  set(key: string, values: readonly string[]): void {
    const before = this.#values.get(key);
    if (before !== undefined && areSame(before, values)) return;
    if (before !== undefined) this.#leave(key, before);
    if (values.length === 0) {
      this.#values.delete(key);
      return;
    }
    let remembered = values;
    for (const value of values) {
      const bucket = this.#bucket(value);
      bucket.keys.add(key);
      if (values.length === 1) remembered = bucket.alone;
    }
    this.#values.set(key, remembered);
  }

  delete(key: string): void {
    const before = this.#values.get(key);
    if (before === undefined) return;
    this.#leave(key, before);
    this.#values.delete(key);
  }

  /** The keys that have a value, live. */
  keys(value: string): ReadonlySet<string> {
    return this.#buckets.get(value)?.keys ?? noKeys;
  }

  /** Every value that some key has. */
  values(): string[] {
    return [...this.#buckets.keys()];
  }

  #bucket(value: string): Bucket {
    let bucket = this.#buckets.get(value);
    if (bucket === undefined) {
      bucket = { keys: new Set(), alone: [value] };
      this.#buckets.set(value, bucket);
    }
    return bucket;
  }

  #leave(key: string, values: readonly string[]): void {
    for (const value of values) {
      const bucket = this.#buckets.get(value);
      bucket?.keys.delete(key);
      // An empty bucket left behind is a leak for values that never come again (S11).
      if (bucket?.keys.size === 0) this.#buckets.delete(value);
    }
  }
}
