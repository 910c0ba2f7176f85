import type { ObjectMeta } from "../resource/object.ts";
import type { EntryPlace } from "./encoded-record.ts";
import { jsonBytes, jsonStart } from "./entry.ts";
import { fieldCuts } from "./field-cut.ts";
import { firstFieldRange } from "./field-range.ts";

const metadata = ["metadata"];
const labels = ["metadata", "labels"];
const managedFields = [["managedFields"]];

/** The labels of an entry's object, without parsing the rest of it; undefined where there are none. */
export function labelsOfEntry<T>(place: EntryPlace<T>): Record<string, string> | undefined {
  const range = rangeOf(place, labels);
  return range && JSON.parse(place.segment.bytes.toString("utf8", range.start, range.end));
}

/** The metadata of an entry's object but its managedFields, which are most of it, without parsing the rest. */
export function metadataOfEntry<T>(place: EntryPlace<T>): ObjectMeta | undefined {
  const range = rangeOf(place, metadata);
  if (range === undefined) return undefined;
  const { bytes } = place.segment;
  let text = "";
  let from = range.start;
  for (const cut of fieldCuts(bytes, range.start, range.end, managedFields)) {
    text += bytes.toString("utf8", from, cut.start);
    from = cut.end;
  }
  return JSON.parse(text + bytes.toString("utf8", from, range.end));
}

function rangeOf<T>({ segment, at }: EntryPlace<T>, path: readonly string[]) {
  const start = jsonStart(segment.words, at);
  return firstFieldRange(segment.bytes, start, start + jsonBytes(segment.words, at), path);
}
