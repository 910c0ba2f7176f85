import { isResumable } from "../resource/resource-version.ts";
import type { Status } from "../resource/status.ts";
import type { BookmarkRecord, ChangeRecord, SkippedRecord, WatchRecord } from "../resource/watch-event.ts";

/** What a target takes: changes and bookmarks, in the order they arrived. */
export type Change<T> = ChangeRecord<T> | BookmarkRecord;

/** The records of one chunk, sorted by who they are for. */
export interface Batch<T> {
  readonly changes: readonly Change<T>[];
  readonly skipped: readonly SkippedRecord[];
  /** The stream's end, as the server put it; nothing after it counts. */
  readonly status: Status | undefined;
}

const nothingSkipped: readonly SkippedRecord[] = Object.freeze([]);

function isOnlyChanges<T>(records: readonly WatchRecord<T>[]): records is readonly Change<T>[] {
  for (const record of records) {
    if (record.type === "ERROR" || record.type === "SKIPPED") return false;
  }
  return true;
}

/** Sort one chunk's records; the array itself is passed on where there is nothing to sort out. */
export function sortBatch<T>(records: readonly WatchRecord<T>[]): Batch<T> {
  if (isOnlyChanges(records)) return { changes: records, skipped: nothingSkipped, status: undefined };
  const changes: Change<T>[] = [];
  const skipped: SkippedRecord[] = [];
  for (const record of records) {
    if (record.type === "ERROR") return { changes, skipped, status: record.status };
    if (record.type === "SKIPPED") skipped.push(record);
    else changes.push(record);
  }
  return { changes, skipped, status: undefined };
}

/**
 * Where a stream stands once `changes` are applied: verbatim, in arrival order (R11).
 *
 * A stream opened at "" or "0" first repeats what exists, in no order: its
 * resourceVersion counts from the first record on that is not ADDED (R12).
 */
export function advance<T>(resourceVersion: string, changes: readonly Change<T>[]): string {
  let reached = resourceVersion;
  // The usual case looks at the last change only.
  const last = changes.at(-1)?.resourceVersion;
  if (isResumable(reached) && last !== undefined && last !== "") return last;
  for (const change of changes) {
    if (change.type === "ADDED" && !isResumable(reached)) continue;
    if (change.resourceVersion !== "") reached = change.resourceVersion;
  }
  return reached;
}
