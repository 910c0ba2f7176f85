import type { ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";
import type { Delta, ReplacedDelta } from "./delta.ts";
import type { Notification } from "./notification.ts";

/** The state that deltas are judged against: a store, before the delta is written to it. */
export interface KnownRecords<T> {
  record(key: string): ObjectRecord<T> | undefined;
  records(): Iterable<ObjectRecord<T>>;
}

/** What {@link changesOf} is told beside the delta. */
export interface ChangesOptions {
  /**
   * Whether an object that comes again unchanged is reported as MODIFIED: after
   * a relist that is every object (I15).
   * @default "skip"
   */
  readonly unchanged?: "skip" | "deliver";
}

/** Tell whether a record is the very state known before: the same uid and the same resourceVersion (I14). */
export function isUnchanged<T>(record: ObjectRecord<T>, previous: ObjectRecord<T>): boolean {
  return (
    record.uid === previous.uid &&
    record.resourceVersion === previous.resourceVersion &&
    record.resourceVersion !== ""
  );
}

function deleted<T>(record: ObjectRecord<T>, finalStateUnknown: boolean): Notification<T> {
  return { type: "DELETED", key: record.key, record, finalStateUnknown };
}

/** Report a state that exists now, its predecessor of another uid already reported as gone. */
function report<T>(
  record: ObjectRecord<T>,
  previous: ObjectRecord<T> | undefined,
  initial: boolean,
  unchanged: "skip" | "deliver",
  into: Notification<T>[],
): void {
  if (previous === undefined || previous.uid !== record.uid) {
    into.push({ type: "ADDED", key: record.key, record, initial });
  } else if (unchanged === "deliver" || !isUnchanged(record, previous)) {
    into.push({ type: "MODIFIED", key: record.key, record, previous });
  }
}

function changesOfOne<T>(
  change: ChangeRecord<T>,
  previous: ObjectRecord<T> | undefined,
  unchanged: "skip" | "deliver",
): Notification<T>[] {
  const changes: Notification<T>[] = [];
  const isReplaced = previous !== undefined && previous.uid !== change.uid;
  if (change.type === "DELETED") {
    if (previous !== undefined) changes.push(deleted(isReplaced ? previous : change, isReplaced));
    return changes;
  }
  if (isReplaced) changes.push(deleted(previous, true));
  report(change, previous, false, unchanged, changes);
  return changes;
}

function changesOfList<T>(
  delta: ReplacedDelta<T>,
  known: KnownRecords<T>,
  unchanged: "skip" | "deliver",
): Notification<T>[] {
  const changes: Notification<T>[] = [];
  const listed = new Map<string, ObjectRecord<T>>();
  for (const record of delta.records) listed.set(record.key, record);
  for (const previous of known.records()) {
    if (listed.get(previous.key)?.uid !== previous.uid) changes.push(deleted(previous, true));
  }
  // Of a key listed twice the last state counts, as in the store (S6).
  for (const record of listed.values()) {
    report(record, known.record(record.key), delta.isFirst, unchanged, changes);
  }
  return changes;
}

/**
 * Say what listeners are to be told of a delta, given the state before it.
 *
 * What is known decides, not the delta's type (D29): a known object is MODIFIED,
 * also when its resourceVersion went back (P11), an unknown one ADDED, and a
 * deletion of an unknown one nothing. Another uid under a known key is the end
 * of one object and the beginning of another (P6). A list reports everything
 * that is missing from it first, then the rest in its own order (D20). Pure;
 * write the delta to the store before delivering the result (I1).
 */
export function changesOf<T>(
  delta: Delta<T>,
  known: KnownRecords<T>,
  options: ChangesOptions = {},
): Notification<T>[] {
  const unchanged = options.unchanged ?? "skip";
  switch (delta.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return changesOfOne(delta, known.record(delta.key), unchanged);
    case "REPLACED":
      return changesOfList(delta, known, unchanged);
    case "SYNC":
      return Array.from(known.records(), (record) => ({
        type: "MODIFIED",
        key: record.key,
        record,
        previous: record,
      }));
    case "BOOKMARK":
      return [];
  }
}
