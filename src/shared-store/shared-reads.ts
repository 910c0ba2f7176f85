import { expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { splitKey } from "../resource/key.ts";
import { matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import { deepFreeze } from "../store/freeze.ts";
import { namespaceIndex } from "../store/indexer.ts";
import type { StoreSelector } from "../store/store.ts";
import type { SharedState } from "./shared-state.ts";

/**
 * The reads of a shared store; each is of one whole state.
 *
 * Every read parses anew: nothing that it gives is shared with anyone. Reads
 * throw `NOT_SYNCED` before the first complete state, as those of a `Lister`.
 */
export abstract class SharedReads<T extends KubeObject> implements Iterable<T> {
  readonly #freeze: boolean;

  constructor(freeze: boolean) {
    this.#freeze = freeze;
  }

  /** Read of one state; what throws inside counts only where the state was pinned until the end. */
  protected abstract read<R>(use: (state: SharedState) => R): R;

  abstract [Symbol.iterator](): IterableIterator<T>;

  /** A complete state is there: reading is allowed. */
  get hasSynced(): boolean {
    return this.read((state) => state.hasSynced);
  }

  /** The state that reads show, verbatim as the server named it; may go back (S18). `""` before the first one. */
  get resourceVersion(): string {
    return this.read((state) => state.resourceVersion);
  }

  get size(): number {
    return this.read((state) => {
      state.expectSynced("count the objects");
      return state.size;
    });
  }

  /** The object of a key, `namespace/name` or `name`; throws `INVALID_ARGUMENT` for what can be no key (S2). */
  get(key: string): T | undefined {
    if (typeof key !== "string") throw invalidArgument("key", "`namespace/name` or `name`", key);
    const json = this.read((state) => {
      state.expectSynced(`read ${key}`);
      const object = state.find(key);
      return object === 0 ? undefined : state.json(object);
    });
    if (json === undefined) splitKey(key);
    // Parsed after the read, which holds up the memory of the writer.
    return json === undefined ? undefined : this.parse(json, key);
  }

  has(key: string): boolean {
    return this.read((state) => {
      state.expectSynced(`read ${key}`);
      return state.find(key) !== 0;
    });
  }

  /** The objects of a namespace, with certain labels, or all; in no particular order. */
  list(selector: StoreSelector = {}): T[] {
    expectOptions("selector", selector);
    const labels = selector.labels === undefined ? [] : parseLabelSelector(selector.labels);
    const { namespace = "" } = selector;
    return this.read((state) => {
      state.expectSynced("list");
      const objects: T[] = [];
      const visit = (block: number): void => {
        const object = this.#objectAt(state, block);
        if (labels.length === 0 || matchesLabels(labels, object.metadata?.labels)) objects.push(object);
      };
      if (namespace === "") state.visitAll(visit);
      else state.visitUnder(namespaceIndex, namespace, visit);
      return objects;
    });
  }

  /** Every key, in no particular order. */
  keys(): string[] {
    return this.read((state) => {
      state.expectSynced("list the keys");
      const keys: string[] = [];
      state.visitAll((object) => void keys.push(state.key(object)));
      return keys;
    });
  }

  /** The objects found under a value, or under any of several, each once (S8). Throws `INDEX_UNKNOWN` (S13). */
  byIndex(name: string, value: string | readonly string[]): T[] {
    const values = typeof value === "string" ? [value] : value;
    if (!Array.isArray(values)) throw invalidArgument("value", "a string, or an array of them", value);
    return this.read((state) => {
      state.expectSynced(`read the index ${name}`);
      const blocks = new Set<number>();
      for (const one of values) state.visitUnder(name, one, (block) => void blocks.add(block));
      return Array.from(blocks, (block) => this.#objectAt(state, block));
    });
  }

  /** The keys found under a value, sorted (S13). Throws `INDEX_UNKNOWN`. */
  indexKeys(name: string, value: string): string[] {
    return this.read((state) => {
      state.expectSynced(`read the index ${name}`);
      const keys: string[] = [];
      state.visitUnder(name, value, (object) => void keys.push(state.key(object)));
      return keys.sort();
    });
  }

  /** Make an object of its JSON. */
  protected parse(json: string, key: string): T {
    let object: T;
    try {
      object = JSON.parse(json);
    } catch {
      // Not the parser's message: it quotes the text, which may be a Secret's.
      throw new KubeError("FRAME_CORRUPT", `Read ${key} of a shared store: its bytes are no JSON`);
    }
    return this.#freeze ? deepFreeze(object) : object;
  }

  #objectAt(state: SharedState, block: number): T {
    return this.parse(state.json(block), state.key(block));
  }
}
