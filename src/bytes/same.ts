import type { ObjectRecord } from "../resource/watch-event.ts";
import { EncodedRecord } from "./encoded-record.ts";

/** Tell whether two records of one key are of the same object: it has the same uid. */
export function isSameObject<T>(a: ObjectRecord<T>, b: ObjectRecord<T>): boolean {
  return a instanceof EncodedRecord ? a.hasUidOf(b) : a.uid === b.uid;
}

/** Tell whether a record is bytes that were found to be no JSON. */
export function isUnreadable<T>(record: ObjectRecord<T>): boolean {
  return record instanceof EncodedRecord && record.isUnreadable;
}

/** Tell whether two records have the same resourceVersion. */
export function isSameVersion<T>(a: ObjectRecord<T>, b: ObjectRecord<T>): boolean {
  return a instanceof EncodedRecord ? a.hasVersionOf(b) : a.resourceVersion === b.resourceVersion;
}
