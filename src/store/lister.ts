import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions, IndexName } from "./indexer.ts";
import type { Store, StoreSelector } from "./store.ts";
import { type WaitForOptions, waitForState } from "./wait-for-state.ts";

/** The store that a lister shows: for what follows it write by write. */
export let storeOf: <T extends KubeObject, I extends IndexFunctions<T>>(lister: Lister<T, I>) => Store<T, I>;

/**
 * The read-only view of a store, as users of an informer get it (S26).
 *
 * Reads are synchronous and see one whole state; several reads without an
 * `await` between them see the same one. Arrays and iterators are snapshots,
 * unmoved by later changes; the objects in them are shared and must not be
 * changed (S7). Everything but `resourceVersion`, `hasSynced` and `waitFor` throws
 * `NOT_SYNCED` before the first complete state.
 */
export class Lister<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>>
  implements Iterable<T>
{
  static {
    storeOf = (lister) => lister.#store;
  }

  readonly #store: Store<T, I>;
  readonly #stopped: readonly AbortSignal[];

  /** `stopped` are the signals after which nothing more will come; they end what waits. */
  constructor(store: Store<T, I>, stopped: readonly AbortSignal[] = []) {
    this.#store = store;
    this.#stopped = stopped;
  }

  /** A complete state is there: reading is allowed. */
  get hasSynced(): boolean {
    return this.#store.hasSynced;
  }

  /** The state that reads show: once it is X or newer, they include X (S19). `""` before the first one. */
  get resourceVersion(): string {
    return this.#store.resourceVersion;
  }

  get size(): number {
    return this.#store.size;
  }

  /**
   * Wait until reads include a state: the resourceVersion that a write was answered with, for example.
   *
   * Resolves at once where they do. States are decimal numbers and so compared;
   * where one of two is not, it waits until they are equal, or until a list of
   * the newest state that began after this call is in the store. With several
   * namespaces, until each of them is as far. It looks at where the store is now,
   * never at where it was: after a restored etcd, whose numbers go back, it waits
   * again.
   *
   * A watch on which nothing happens moves with the server's bookmarks alone,
   * about once a minute: that long it may take to reach the state of a write to
   * another kind, or to an object that is not followed. Rejects with `TIMEOUT`,
   * with `ABORTED`, and with `STOPPED` when the informer stops before. It does
   * not start the informer.
   */
  async waitFor(resourceVersion: string, options: WaitForOptions = {}): Promise<void> {
    return waitForState(this.#store, resourceVersion, options, this.#stopped);
  }

  /** The object of a key, `namespace/name` or `name`; throws `INVALID_ARGUMENT` for what can be no key (S2). */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  has(key: string): boolean {
    return this.#store.has(key);
  }

  /** The objects of a namespace, with certain labels, or all; in no particular order. */
  list(selector?: StoreSelector): T[] {
    return this.#store.list(selector);
  }

  keys(): string[] {
    return this.#store.keys();
  }

  /** The objects found under a value, or under any of several, each once (S8). Throws `INDEX_UNKNOWN` (S13). */
  byIndex(name: IndexName<I>, value: string | readonly string[]): T[] {
    return this.#store.byIndex(name, value);
  }

  /** The keys found under a value, sorted (S13). */
  indexKeys(name: IndexName<I>, value: string): string[] {
    return this.#store.indexKeys(name, value);
  }

  /** Every value that at least one object is found under, in no particular order. */
  indexValues(name: IndexName<I>): string[] {
    return this.#store.indexValues(name);
  }

  /** Iterate over a snapshot of all objects. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.list()[Symbol.iterator]();
  }
}
