import { EncodedRecord } from "../bytes/encoded-record.ts";
import { isSameObject, isSameVersion, isUnreadable } from "../bytes/same.ts";
import type { ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";
import type { Delta, ReplacedDelta } from "./delta.ts";
import type { DeletedNotification, Notification } from "./notification.ts";

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

/**
 * Tell whether a record is the very state known before: the same uid and the same resourceVersion (I14).
 *
 * A state that could not be read was never told.
 */
export function isUnchanged<T>(record: ObjectRecord<T>, previous: ObjectRecord<T>): boolean {
  return (
    isSameVersion(record, previous) &&
    isSameObject(record, previous) &&
    record.resourceVersion !== "" &&
    !isUnreadable(previous)
  );
}

function deleted<T>(record: ObjectRecord<T>, finalStateUnknown: boolean): DeletedNotification<T> {
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
  if (previous === undefined || !isSameObject(previous, record)) {
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
  const isReplaced = previous !== undefined && !isSameObject(previous, change);
  if (change.type === "DELETED") {
    if (isReplaced) changes.push(deleted(previous, true));
    else if (previous !== undefined) {
      // Bytes that nobody has read yet may turn out to be no JSON.
      const lastKnown = change instanceof EncodedRecord ? previous : undefined;
      changes.push({ ...deleted(change, false), ...(lastKnown && { lastKnown }) });
    }
    return changes;
  }
  if (isReplaced) changes.push(deleted(previous, true));
  report(change, previous, false, unchanged, changes);
  return changes;
}

/** The state that a list makes: each key once, with its last record (S6). */
export interface ListedRecords<T> {
  readonly size: number;
  get(key: string): ObjectRecord<T> | undefined;
}

/**
 * Say what listeners are to be told of a list, one change at a time; see {@link changesOf}.
 *
 * The state before must not change until the last one was taken.
 */
export function* changesOfList<T>(
  delta: ReplacedDelta<T>,
  known: KnownRecords<T>,
  listed: ListedRecords<T>,
  options: ChangesOptions = {},
): Generator<Notification<T>, void, undefined> {
  const unchanged = options.unchanged ?? "skip";
  for (const previous of known.records()) {
    const next = listed.get(previous.key);
    if (next === undefined || !isSameObject(next, previous)) yield deleted(previous, true);
  }
  const hasRepeated = listed.size !== delta.records.length;
  const records = hasRepeated ? lastOfEach(delta.records) : delta.records;
  const changes: Notification<T>[] = [];
  for (const record of records) {
    report(record, known.record(record.key), delta.isFirst, unchanged, changes);
    const change = changes.pop();
    if (change !== undefined) yield change;
  }
}

function lastOfEach<T>(records: readonly ObjectRecord<T>[]): Iterable<ObjectRecord<T>> {
  return new Map(records.map((record) => [record.key, record])).values();
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
      return [
        ...changesOfList(delta, known, new Map(delta.records.map((record) => [record.key, record])), options),
      ];
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
