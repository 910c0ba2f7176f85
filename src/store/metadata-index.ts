import { expectFunction, invalidArgument } from "../base/arguments.ts";
import { EncodedRecord } from "../bytes/encoded-record.ts";
import { metadataOfEntry } from "../bytes/partial-object.ts";
import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";

/** Says under which values an object is found, by its metadata alone. Must be pure. */
export type MetadataIndexFunction = (metadata: ObjectMeta) => string | readonly string[] | undefined;

const declared = new WeakMap<object, MetadataIndexFunction>();

/**
 * An index function that reads an object's metadata only, without its managedFields.
 *
 * Where objects are kept as bytes, nothing else of them is parsed for it.
 */
export function metadataIndex(
  compute: MetadataIndexFunction,
): (object: KubeObject) => ReturnType<MetadataIndexFunction> {
  expectFunction("compute", compute);
  const index = (object: KubeObject): ReturnType<MetadataIndexFunction> => compute(object.metadata ?? {});
  declared.set(index, compute);
  return index;
}

/** An index by the value of a label: `indexers: { app: labelIndex("app") }`; objects without it are not in it. */
export function labelIndex(label: string): (object: KubeObject) => ReturnType<MetadataIndexFunction> {
  if (typeof label !== "string" || label === "") throw invalidArgument("label", "the name of a label", label);
  return metadataIndex(({ labels }) => labels?.[label]);
}

/** Tell whether an index function was declared to read metadata only. */
export function readsMetadataOnly(index: object): boolean {
  return declared.has(index);
}

/** A call of an index function, with what it needs of a record parsed already; throws where that cannot be read. */
export function indexCall<T>(index: (object: T) => unknown, record: ObjectRecord<T>): () => unknown {
  const compute = declared.get(index);
  const metadata = compute && record instanceof EncodedRecord ? metadataOf(record) : undefined;
  if (compute !== undefined && metadata !== undefined) return () => compute(metadata);
  const { object } = record;
  return () => index(object);
}

function metadataOf<T>({ unparsed }: EncodedRecord<T>): ObjectMeta | undefined {
  try {
    return unparsed && metadataOfEntry(unparsed);
  } catch {
    // Parsing the whole says what is wrong.
    return undefined;
  }
}
