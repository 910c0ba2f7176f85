import type { ObjectRecord } from "../resource/watch-event.ts";

/**
 * What holds a store's records by their keys: as objects, or as bytes.
 *
 * A record handed out keeps its state, whatever is written afterwards.
 */
export interface Records<T> {
  readonly size: number;
  has(key: string): boolean;
  get(key: string): ObjectRecord<T> | undefined;
  /** Live; in no particular order. */
  keys(): Iterable<string>;
  /** Live; in no particular order. */
  values(): Iterable<ObjectRecord<T>>;
  /** Write one; throws, and changes nothing, where it cannot be kept. */
  set(record: ObjectRecord<T>): void;
  delete(key: string): void;
  /** Exchange everything in one step; of a key that comes twice the last one counts (S6). */
  replace(records: Iterable<ObjectRecord<T>>): void;
  /** Prepare to exchange everything, a part at a time; nobody sees it before its `commit`. */
  stage(sizeHint?: number): StagedRecords<T>;
}

/** Records that are to take the place of others, at once (S6). */
export interface StagedRecords<T> {
  readonly size: number;
  /** Take one; of a key that comes twice the last one counts. */
  add(record: ObjectRecord<T>): void;
  get(key: string): ObjectRecord<T> | undefined;
  /** Those taken so far, in no particular order. */
  values(): Iterator<ObjectRecord<T>>;
  /** Exchange everything, in one step. */
  commit(): void;
  /**
   * Let go of those that were exchanged, or of the staged ones where they were not; a few with each step.
   *
   * Without it they are freed by the garbage collector, later.
   */
  release(): Iterable<void>;
}

/** How many records are let go in one step. */
export const recordsPerStep = 1024;

/** Stage and exchange everything at once; where a record cannot be kept, throws and changes nothing. */
export function exchangeAll<T>(staged: StagedRecords<T>, records: Iterable<ObjectRecord<T>>): void {
  try {
    for (const record of records) staged.add(record);
    staged.commit();
  } finally {
    // Not only begun: each step lets some go.
    for (const _step of staged.release());
  }
}
