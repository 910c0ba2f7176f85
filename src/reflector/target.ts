import type { BookmarkRecord, ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";

/**
 * Where a reflector writes what it learns; the port that the delta FIFO satisfies.
 *
 * A returned promise is back-pressure: nothing more is read until it resolves.
 * A throw or a rejection is a failed store write: the reflector reports it and
 * lists again (R33).
 */
export interface ReflectorTarget<T> {
  /** Exchange everything for this state, in one step (R9, S6). */
  replace(items: readonly ObjectRecord<T>[], resourceVersion: string): void | Promise<void>;
  /** Apply changes and bookmarks in the order they arrived. */
  apply(changes: readonly (ChangeRecord<T> | BookmarkRecord)[]): void | Promise<void>;
}
