import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import { jsonBytes, jsonStart } from "../bytes/entry.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";

/** The JSON of an object, as it is at hand; `length` is in bytes. */
export type ObjectJson =
  | { readonly text: string; readonly length: number }
  | { readonly text?: undefined; readonly bytes: Buffer; readonly start: number; readonly length: number };

/** An entry in a block of bytes. */
interface EntryPlace {
  readonly segment: { readonly bytes: Buffer; readonly words: Int32Array };
  readonly at: number;
}

/** The place of a record's entry, where it still has one: an `EncodedRecord`'s. */
function placeOf(record: { readonly place?: EntryPlace | undefined }): EntryPlace | undefined {
  return record.place;
}

/** The bytes that a record still has, or else its object as text. Throws `STORE_FAILED` for what JSON cannot hold. */
export function jsonOf<T>(record: ObjectRecord<T>): ObjectJson {
  const place = placeOf(record as { readonly place?: EntryPlace });
  if (place !== undefined) {
    const { words, bytes } = place.segment;
    return { bytes, start: jsonStart(words, place.at), length: jsonBytes(words, place.at) };
  }
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(record.object);
  } catch (thrown) {
    cause = thrown;
  }
  if (typeof text === "string") return { text, length: Buffer.byteLength(text) };
  // Not the cause's message: it may quote the object.
  const why = cause === undefined ? "it has no JSON" : `writing its JSON threw (${thrownName(cause)})`;
  throw new KubeError("STORE_FAILED", `Share ${record.key}: ${why}; give objects that JSON can hold`, {
    cause,
  });
}
