import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isThenable } from "../base/thenable.ts";
import { type EncodedChange, EncodedRecord } from "../bytes/encoded-record.ts";
import type { ObjectReaderOptions } from "../bytes/object-reader.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import type { KubeObject } from "../resource/object.ts";
import { type ObjectRecord, ParsedChange, ParsedRecord, type WatchRecord } from "../resource/watch-event.ts";
import { deepFreeze } from "../store/freeze.ts";

/** Changes an object before anyone sees it; what it drops cannot be read afterwards. */
export type Transform<T, U> = (object: T) => U;

/** What is done to each object between decoding and the store. */
export interface Preparation<T, U> {
  readonly transform: Transform<T, U>;
  /** What is still bytes was, or will be, prepared as bytes: it is passed on as it is. @default false */
  readonly skipsBytes?: boolean | undefined;
  /** @default in NODE_ENV test and development */
  readonly freeze?: boolean | undefined;
}

function prepareObject<T, U>(key: string, object: T, transform: Transform<T, U>): U {
  let prepared: U;
  try {
    prepared = transform(object);
  } catch (cause) {
    throw new KubeError("TRANSFORM_FAILED", `Transform ${key}: the transform threw`, { cause });
  }
  if (isThenable(prepared)) {
    // Whatever it comes to, nobody waits for it.
    prepared.then(undefined, () => {});
    throw new KubeError(
      "TRANSFORM_FAILED",
      `Transform ${key}: the transform returned a promise; it must not wait`,
    );
  }
  if (!isJsonObject(prepared)) {
    throw new KubeError("TRANSFORM_FAILED", `Transform ${key}: expected the transform to return an object`);
  }
  return prepared;
}

/**
 * Wrap a source so that every object is transformed, then frozen, exactly once (I26, I27, R54).
 *
 * It happens as objects arrive, before anything is buffered: what a transform
 * drops from a long list is never held. The key, uid and resourceVersion are
 * those from before the transform (S16). A transform that throws fails the list
 * or watch with `TRANSFORM_FAILED` (D28).
 */
export function prepared<T extends KubeObject, U extends KubeObject>(
  source: ListWatch<T>,
  { transform, freeze = freezesByDefault(), skipsBytes = false }: Preparation<T, U>,
): ListWatch<U> {
  const objectOf = (record: ObjectRecord<T>): U => {
    const object = prepareObject(record.key, record.object, transform);
    return freeze ? deepFreeze(object) : object;
  };
  const isReady = (record: object): record is EncodedRecord<U> & EncodedChange<U> =>
    skipsBytes && record instanceof EncodedRecord;
  const listed = (record: ObjectRecord<T>): ObjectRecord<U> =>
    isReady(record)
      ? record
      : new ParsedRecord(record.key, record.uid, record.resourceVersion, objectOf(record));
  const watched = (record: WatchRecord<T>): WatchRecord<U> => {
    switch (record.type) {
      case "BOOKMARK":
      case "ERROR":
      case "SKIPPED":
        return record;
      default:
        if (isReady(record)) return record;
        return new ParsedChange(
          record.type,
          record.key,
          record.uid,
          record.resourceVersion,
          objectOf(record),
        );
    }
  };
  return {
    async *list(request) {
      for await (const part of source.list(request)) yield { ...part, items: part.items.map(listed) };
    },
    async *watch(request) {
      for await (const records of source.watch(request)) {
        const done: WatchRecord<U>[] = [];
        try {
          for (const record of records) done.push(watched(record));
        } catch (error) {
          // What came before the bad object is good, and must not be asked for again.
          if (done.length > 0) yield done;
          throw error;
        }
        yield done;
      }
    },
  };
}

/** Whether objects are frozen where an informer does not say. */
export function freezesByDefault(): boolean {
  return process.env.NODE_ENV === "test" || process.env.NODE_ENV === "development";
}

/** How objects that are kept as bytes are read: frozen where the others are. */
export function readerOptions<T extends KubeObject>(
  name: string | undefined,
  freeze: boolean | undefined,
): ObjectReaderOptions<T> {
  return { name, finish: (freeze ?? freezesByDefault()) ? deepFreeze : undefined };
}

/** Wrap a source so that its objects are frozen, or leave it as it is; those that are bytes are frozen as they are parsed. */
export function frozen<T extends KubeObject>(
  source: ListWatch<T>,
  freeze: boolean | undefined,
): ListWatch<T> {
  if (!(freeze ?? freezesByDefault())) return source;
  return prepared(source, { transform: (object: T) => object, freeze: true, skipsBytes: true });
}
