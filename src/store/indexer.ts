import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { ValueIndex } from "./value-index.ts";

/** Says under which values an object is found; none keeps it out of the index. Must be pure. */
export type IndexFunction<T> = (object: T) => string | readonly string[] | undefined;

/** Index functions by the name of their index. */
export type IndexFunctions<T> = Record<string, IndexFunction<T>>;

/** The index that every store has, by the namespace in the key (I38). */
export const namespaceIndex = "namespace";

/** The names that `byIndex` takes. */
export type IndexName<I> = (keyof I & string) | typeof namespaceIndex;

/** Receives an error of an index function, synchronously; must not throw. */
export type IndexErrorListener = (error: KubeError) => void;

/** The values of one record in every index, computed before anything is changed. */
export interface IndexEntry {
  readonly key: string;
  /** Per index, in the order they were added. */
  readonly values: readonly (readonly string[])[];
  /** What went wrong; the object stays out of those indices. */
  readonly errors: readonly KubeError[];
}

interface UserIndex<T> {
  readonly name: string;
  readonly compute: IndexFunction<T>;
}

const noValues: readonly string[] = [];
const noErrors: readonly KubeError[] = [];

function namespaceOf(key: string): readonly string[] {
  const slash = key.indexOf("/");
  return slash < 0 ? noValues : [key.slice(0, slash)];
}

function checkedValues(result: unknown): readonly string[] | undefined {
  if (typeof result === "string") return [result];
  if (result === undefined || result === null) return noValues;
  // A copy, each value once: the array may be the object's own, and others may change it (S10).
  if (Array.isArray(result) && result.every((value) => typeof value === "string"))
    return [...new Set(result)];
  return undefined;
}

/** A record's values in one index; an error is noted, and keeps the object out of it (S12). */
function valuesIn<T>(index: UserIndex<T>, key: string, object: T, errors: KubeError[]): readonly string[] {
  const failed = (why: string, cause?: unknown): number =>
    errors.push(
      new KubeError("INDEX_FAILED", `Index \`${index.name}\` of ${key}, which stays out of it: ${why}`, {
        cause,
      }),
    );
  try {
    const values = checkedValues(index.compute(object));
    if (values !== undefined) return values;
    failed("it returned something else than strings");
  } catch (cause) {
    // Not the cause's message: it may quote the object, which may be a Secret.
    const what = thrownName(cause);
    failed(`it threw (${what}), see the cause`, cause);
  }
  return noValues;
}

/**
 * Finds the keys of objects by values computed from them.
 *
 * The values of each object are remembered, never computed again from an old
 * object, so nobody can corrupt an index by changing an object (S10). An index
 * function that throws keeps that one object out of that one index (S12).
 */
export class Indexer<T> {
  readonly #users: UserIndex<T>[] = [];
  /** The namespace first, then the users' in their order. */
  #indices = new Map<string, ValueIndex>([[namespaceIndex, new ValueIndex()]]);

  /**
   * Add indices and take in `records`; all of them or, on a name clash, none (S14).
   *
   * Throws `INDEX_CONFLICT`; returns the errors of single objects.
   */
  add(functions: IndexFunctions<T>, records: Iterable<ObjectRecord<T>>): readonly KubeError[] {
    const added: { user: UserIndex<T>; index: ValueIndex }[] = [];
    for (const [name, compute] of Object.entries(functions)) {
      if (this.#indices.has(name)) {
        throw new KubeError("INDEX_CONFLICT", `Add the index \`${name}\`: there is one; choose another name`);
      }
      if (typeof compute !== "function") throw invalidArgument(`indexers.${name}`, "a function", compute);
      added.push({ user: { name, compute }, index: new ValueIndex() });
    }
    const errors: KubeError[] = [];
    for (const record of records) {
      for (const { user, index } of added) {
        index.set(record.key, valuesIn(user, record.key, record.object, errors));
      }
    }
    for (const { user, index } of added) {
      this.#users.push(user);
      this.#indices.set(user.name, index);
    }
    return errors;
  }

  /** Compute a record's values, changing nothing: index functions are foreign code and may read the store. */
  entryOf(record: ObjectRecord<T>): IndexEntry {
    const { key } = record;
    const values = [namespaceOf(key)];
    // Without an index function the object is not touched: it may not be parsed yet.
    if (this.#users.length === 0) return { key, values, errors: noErrors };
    const errors: KubeError[] = [];
    const { object } = record;
    for (const user of this.#users) values.push(valuesIn(user, key, object, errors));
    return { key, values, errors };
  }

  /** The values of a record in one index, written or not; an error keeps it out of it (S12). Throws `INDEX_UNKNOWN`. */
  valuesOf(name: string, record: ObjectRecord<T>): readonly string[] {
    this.#index(name);
    if (name === namespaceIndex) return namespaceOf(record.key);
    const user = this.#users.find((one) => one.name === name);
    return user === undefined ? noValues : valuesIn(user, record.key, record.object, []);
  }

  /** Find an object under these values only, whatever it was found under before (S9). */
  set(entry: IndexEntry): void {
    write(this.#indices, entry);
  }

  delete(key: string): void {
    for (const index of this.#indices.values()) index.delete(key);
  }

  /** Exchange the content of every index in one step (S6). */
  replace(entries: Iterable<IndexEntry>): void {
    const indices = new Map(Array.from(this.#indices.keys(), (name) => [name, new ValueIndex()]));
    for (const entry of entries) write(indices, entry);
    this.#indices = indices;
  }

  /** The keys found under a value, unsorted and live: copy before handing on. Throws `INDEX_UNKNOWN` (S13). */
  keys(name: string, value: string): Iterable<string> {
    return this.#index(name).keys(value);
  }

  /** Every value that some object has now (S11). Throws `INDEX_UNKNOWN`. */
  values(name: string): string[] {
    return this.#index(name).values();
  }

  #index(name: string): ValueIndex {
    const index = this.#indices.get(name);
    if (index !== undefined) return index;
    const known = [...this.#indices.keys()].join(", ");
    throw new KubeError("INDEX_UNKNOWN", `Index with name \`${name}\` does not exist; there are: ${known}`);
  }
}

function write(indices: ReadonlyMap<string, ValueIndex>, entry: IndexEntry): void {
  let at = 0;
  for (const index of indices.values()) index.set(entry.key, entry.values[at++] ?? noValues);
}
