import { EncodedRecord } from "../bytes/encoded-record.ts";
import { labelsOfEntry } from "../bytes/partial-object.ts";
import { type LabelSelector, matchesLabels } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";

/** The objects of records that labels choose, without those of some keys; what is not chosen is not parsed. */
export function select<T extends KubeObject>(
  records: Iterable<ObjectRecord<T>>,
  labels: LabelSelector,
  without: ReadonlySet<string>,
): T[] {
  const objects: T[] = [];
  for (const record of records) {
    if (without.size > 0 && without.has(record.key)) continue;
    if (labels.length === 0 || matchesLabels(labels, labelsOf(record))) objects.push(record.object);
  }
  return objects;
}

/** The labels of a record's object, which is not parsed for them. */
function labelsOf<T extends KubeObject>(record: ObjectRecord<T>): Record<string, string> | undefined {
  const place = record instanceof EncodedRecord ? record.unparsed : undefined;
  if (place === undefined) return record.object.metadata?.labels;
  try {
    return labelsOfEntry(place);
  } catch {
    // Parsing the whole says what is wrong, and has it listed again.
    return record.object.metadata?.labels;
  }
}
