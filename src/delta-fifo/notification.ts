import type { ObjectRecord } from "../resource/watch-event.ts";

/** An object came to be, as far as the listener knows. */
export interface AddedNotification<T> {
  readonly type: "ADDED";
  readonly key: string;
  readonly record: ObjectRecord<T>;
  /** Part of the first list, or of the replay to a late listener (D21, I7). */
  readonly initial: boolean;
}

/** An object changed; `previous` is the state the listener was told before, also where states were merged. */
export interface ModifiedNotification<T> {
  readonly type: "MODIFIED";
  readonly key: string;
  readonly record: ObjectRecord<T>;
  readonly previous: ObjectRecord<T>;
}

/** An object is gone; `record` is its last known state. */
export interface DeletedNotification<T> {
  readonly type: "DELETED";
  readonly key: string;
  readonly record: ObjectRecord<T>;
  /** The deletion itself was not seen, only its result: the last state before it may be missing (I6). */
  readonly finalStateUnknown: boolean;
  /** The state before, to be told where `record` cannot be read. */
  readonly lastKnown?: ObjectRecord<T>;
}

/** What a listener is told of one object. */
export type Notification<T> = AddedNotification<T> | ModifiedNotification<T> | DeletedNotification<T>;

/** A mark in a listener's queue: every initial object was queued before it. */
export interface SyncedMark {
  readonly type: "SYNCED";
}

/** An entry of a listener's queue. */
export type ListenerEntry<T> = Notification<T> | SyncedMark;
