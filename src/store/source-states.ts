import { splitKey } from "../resource/key.ts";
import { isAtLeast, isResumable } from "../resource/resource-version.ts";

/** How far one source has been written to the store. */
interface SourceState {
  /** `""` before its first list. */
  resourceVersion: string;
  /** The numbers of the lists of the newest state: of the one that was begun, of the one that is in the store. */
  listBegan: number;
  listDone: number;
}

/**
 * How far each source of a store has been written to it: one for everything, or one per namespace.
 *
 * Told by whoever writes the store, once per chunk read from the server. Several
 * sources are as far as the one furthest behind, except for a key, whose
 * namespace is one source's.
 */
export class SourceStates {
  readonly #states: readonly SourceState[];
  readonly #namespaces: readonly string[];
  #lists = 0;
  #isLost = false;
  /** Called after each change; there only while somebody looks. */
  onMoved: (() => void) | undefined;

  /** `namespaces` are the sources' own, in their order; for less than `count` a key is anyone's. */
  constructor(count: number, namespaces: readonly string[] = []) {
    this.#states = Array.from({ length: count }, () => ({ resourceVersion: "", listBegan: 0, listDone: 0 }));
    this.#namespaces = namespaces.length === count ? namespaces : [];
  }

  /** A moment between lists, for {@link hasListedSince}. */
  get mark(): number {
    return this.#lists;
  }

  /** A list is asked for now; one of the newest state will hold everything that was written before. */
  listBegan(source: number, isNewest: boolean): void {
    const state = this.#states[source];
    if (state !== undefined) state.listBegan = isNewest ? ++this.#lists : state.listDone;
  }

  /** The list that was begun last is in the store. */
  listed(source: number, resourceVersion: string): void {
    const state = this.#states[source];
    if (state !== undefined) state.listDone = state.listBegan;
    this.moved(source, resourceVersion);
  }

  /** Changes or a bookmark are in the store; the state may go back. */
  moved(source: number, resourceVersion: string): void {
    const state = this.#states[source];
    if (state !== undefined) state.resourceVersion = resourceVersion;
    this.onMoved?.();
  }

  /** Changes were lost that a source takes for written: nothing counts until everything is exchanged. */
  lost(): void {
    this.#isLost = true;
  }

  /** Everything was exchanged for what the sources have brought. */
  restored(): void {
    this.#isLost = false;
  }

  /**
   * Tell whether a state is in the store: every source has it, or the one that a key is of.
   *
   * `stored` is the store's own resourceVersion, which is exact in the middle of
   * a chunk; the order between several sources is in none. Where there is no
   * order between two states, a list of the newest state that began after the
   * mark `since` will do.
   */
  hasReached(resourceVersion: string, stored: string, { since, key }: ReachedBy): boolean {
    return this.#of(key).every((state) => this.#hasReached(state, resourceVersion, stored, since));
  }

  /** Tell whether a list of the newest state that began after a mark is in the store, of every source or of a key's. */
  hasListedSince(mark: number, key?: string): boolean {
    return !this.#isLost && this.#of(key).every(({ listDone }) => listDone > mark);
  }

  /** The state of a source that has not got as far; `undefined` where all have. */
  behind(resourceVersion: string, stored: string): string | undefined {
    const state = this.#states.find((one) => !this.#hasReached(one, resourceVersion, stored, undefined));
    return state && this.#stateOf(state, stored);
  }

  #hasReached(state: SourceState, resourceVersion: string, stored: string, since?: number): boolean {
    if (this.#isLost) return false;
    const isReached = isAtLeast(this.#stateOf(state, stored), resourceVersion);
    return isReached ?? (since !== undefined && state.listDone > since);
  }

  #stateOf(state: SourceState, stored: string): string {
    // A stream from "" or "0" brings what exists in no order: until it resumes, its events are no states (R12).
    return this.#states.length === 1 && isResumable(state.resourceVersion) ? stored : state.resourceVersion;
  }

  #of(key: string | undefined): readonly SourceState[] {
    if (key === undefined || this.#namespaces.length === 0) return this.#states;
    const own = this.#states[this.#namespaces.indexOf(splitKey(key).namespace)];
    return own === undefined ? this.#states : [own];
  }
}

/** What else than its order may show that a state is reached, and of which key. */
export interface ReachedBy {
  /** A {@link SourceStates.mark}; a newer list of the newest state counts for any state there was then. */
  readonly since?: number | undefined;
  /** Only the source of this key counts. */
  readonly key?: string | undefined;
}
