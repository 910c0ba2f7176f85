import type { BookmarkRecord, ObjectRecord } from "../resource/watch-event.ts";
import type { Change } from "./batch.ts";

/** The first bookmark of a streaming list, and what came after it in the same chunk. */
export interface FirstBookmark<T> {
  readonly bookmark: BookmarkRecord;
  readonly rest: readonly Change<T>[];
}

/**
 * The objects of a streaming list before its marker, apart from any store (R44).
 *
 * One for each attempt: a stream cut before its marker leaves nothing to the
 * next (K1).
 */
export class InitialEvents<T> {
  readonly #objects: Map<string, ObjectRecord<T>> = new Map();

  /** Take changes up to the first bookmark; returns that bookmark. */
  take(changes: readonly Change<T>[]): FirstBookmark<T> | undefined {
    for (const [index, change] of changes.entries()) {
      if (change.type === "BOOKMARK") return { bookmark: change, rest: changes.slice(index + 1) };
      if (change.type === "DELETED") this.#objects.delete(change.key);
      else this.#objects.set(change.key, change);
    }
    return undefined;
  }

  /** The objects as they are now. */
  items(): ObjectRecord<T>[] {
    return [...this.#objects.values()];
  }
}
