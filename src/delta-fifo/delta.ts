import type { ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";

/** A complete list that takes the place of everything, as one entry (D18). */
export interface ReplacedDelta<T> {
  readonly type: "REPLACED";
  readonly records: readonly ObjectRecord<T>[];
  /** The list's resourceVersion, which the store takes in the same step (S19). */
  readonly resourceVersion: string;
  /** The first list of this queue: its objects are reported as initial (D21). */
  readonly isFirst: boolean;
}

/** The stream has reached this resourceVersion; queued in order, so that the store never runs ahead (D19). */
export interface BookmarkDelta {
  readonly type: "BOOKMARK";
  readonly resourceVersion: string;
}

/** A resync: every stored object is to be reported again, as one entry (D18, D30). */
export interface SyncDelta {
  readonly type: "SYNC";
}

/**
 * An entry of the queue between a reflector and a store.
 *
 * A change is the decoder's own record, so that queueing one allocates nothing.
 */
export type Delta<T> = ChangeRecord<T> | ReplacedDelta<T> | BookmarkDelta | SyncDelta;
