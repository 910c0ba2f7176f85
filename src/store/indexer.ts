import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { indexCall, readsMetadataOnly } from "./metadata-index.ts";
import { type KeysByValue, ValueIndex } from "./value-index.ts";

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

/** Indices that are to take the place of others, at once. */
export interface StagedIndices<T> {
  /** Find a record, under these values only; returns what went wrong. */
  add(record: ObjectRecord<T>): readonly KubeError[];
  commit(): void;
  /** Give it up, where it was not committed. */
  end(): void;
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
function valuesIn<T>(index: UserIndex<T>, record: ObjectRecord<T>, errors: KubeError[]): readonly string[] {
  const { key } = record;
  // What cannot be read is no fault of the index: the write fails.
  const call = indexCall(index.compute, record);
  const failed = (why: string, cause?: unknown): number =>
    errors.push(
      new KubeError("INDEX_FAILED", `Index \`${index.name}\` of ${key}, which stays out of it: ${why}`, {
        cause,
      }),
    );
  try {
    const values = checkedValues(call());
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
  #indices: Map<string, KeysByValue>;
  readonly #namespaces: KeysByValue | undefined;
  /** What will take the place of the indices, and of what it is made so far. */
  #staged:
    | { readonly indices: Map<string, KeysByValue>; readonly records: Iterable<ObjectRecord<T>> }
    | undefined;

  /** `namespaces` finds keys by namespace, where something else knows them already. */
  constructor(namespaces?: KeysByValue) {
    this.#namespaces = namespaces;
    this.#indices = new Map([[namespaceIndex, namespaces ?? new ValueIndex()]]);
  }

  /**
   * Add indices and take in `records`; all of them or, on a name clash, none (S14).
   *
   * Throws `INDEX_CONFLICT`; returns the errors of single objects.
   */
  add(functions: IndexFunctions<T>, records: Iterable<ObjectRecord<T>>): readonly KubeError[] {
    const added: { user: UserIndex<T>; index: ValueIndex; staged: ValueIndex }[] = [];
    for (const [name, compute] of Object.entries(functions)) {
      if (this.#indices.has(name)) {
        throw new KubeError("INDEX_CONFLICT", `Add the index \`${name}\`: there is one; choose another name`);
      }
      if (typeof compute !== "function") throw invalidArgument(`indexers.${name}`, "a function", compute);
      added.push({ user: { name, compute }, index: new ValueIndex(), staged: new ValueIndex() });
    }
    const errors: KubeError[] = [];
    for (const record of records) {
      for (const { user, index } of added) {
        index.set(record.key, valuesIn(user, record, errors));
      }
    }
    for (const record of this.#staged?.records ?? []) {
      for (const { user, staged } of added) staged.set(record.key, valuesIn(user, record, errors));
    }
    for (const { user, index, staged } of added) {
      this.#users.push(user);
      this.#indices.set(user.name, index);
      this.#staged?.indices.set(user.name, staged);
    }
    return errors;
  }

  /** There are no indices but the namespaces, which follow from the keys alone. */
  get isByKeyOnly(): boolean {
    return this.#users.length === 0;
  }

  /** Keys must be told to it: nothing else knows their namespaces. */
  get tracksKeys(): boolean {
    return this.#namespaces === undefined;
  }

  /** Some index function may read any of an object's fields. */
  get readsObjects(): boolean {
    return this.#users.some(({ compute }) => !readsMetadataOnly(compute));
  }

  /** Find a new key by its namespace; where {@link Indexer.isByKeyOnly}. */
  addKey(key: string): void {
    this.#indices.get(namespaceIndex)?.set(key, namespaceOf(key));
  }

  /** Compute a record's values, changing nothing: index functions are foreign code and may read the store. */
  entryOf(record: ObjectRecord<T>): IndexEntry {
    const { key } = record;
    const values = [namespaceOf(key)];
    // Without an index function the object is not touched: it may not be parsed yet.
    if (this.#users.length === 0) return { key, values, errors: noErrors };
    const errors: KubeError[] = [];
    for (const user of this.#users) values.push(valuesIn(user, record, errors));
    return { key, values, errors };
  }

  /** The values of a record in one index, written or not; an error keeps it out of it (S12). Throws `INDEX_UNKNOWN`. */
  valuesOf(name: string, record: ObjectRecord<T>): readonly string[] {
    this.#index(name);
    if (name === namespaceIndex) return namespaceOf(record.key);
    const user = this.#users.find((one) => one.name === name);
    return user === undefined ? noValues : valuesIn(user, record, []);
  }

  /** Find an object under these values only, whatever it was found under before (S9). */
  set(entry: IndexEntry): void {
    write(this.#indices, entry);
  }

  delete(key: string): void {
    for (const index of this.#indices.values()) index.delete(key);
  }

  /**
   * Prepare to exchange the content of every index; nobody sees it before its `commit` (S6).
   *
   * `records` are those that were added so far, live: indices may be added meanwhile.
   */
  stage(records: Iterable<ObjectRecord<T>>): StagedIndices<T> {
    const indices = new Map<string, KeysByValue>();
    for (const name of this.#indices.keys()) indices.set(name, new ValueIndex());
    if (this.#namespaces !== undefined) indices.set(namespaceIndex, this.#namespaces);
    this.#staged = { indices, records };
    return {
      add: (record) => {
        if (this.isByKeyOnly && this.#namespaces !== undefined) return noErrors;
        const entry = this.entryOf(record);
        write(indices, entry);
        return entry.errors;
      },
      commit: () => {
        this.#indices = indices;
        this.#staged = undefined;
      },
      end: () => {
        this.#staged = undefined;
      },
    };
  }

  /** The names of all indices, the namespace first. */
  names(): string[] {
    return [...this.#indices.keys()];
  }

  /** The keys found under a value, unsorted and live: copy before handing on. Throws `INDEX_UNKNOWN` (S13). */
  keys(name: string, value: string): Iterable<string> {
    return this.#index(name).keys(value);
  }

  /** Every value that some object has now (S11). Throws `INDEX_UNKNOWN`. */
  values(name: string): string[] {
    return this.#index(name).values();
  }

  #index(name: string): KeysByValue {
    const index = this.#indices.get(name);
    if (index !== undefined) return index;
    const known = [...this.#indices.keys()].join(", ");
    throw new KubeError("INDEX_UNKNOWN", `Index with name \`${name}\` does not exist; there are: ${known}`);
  }
}

function write(indices: ReadonlyMap<string, KeysByValue>, entry: IndexEntry): void {
  let at = 0;
  for (const index of indices.values()) index.set(entry.key, entry.values[at++] ?? noValues);
}
