import type { ObjectRecord } from "../resource/watch-event.ts";
import type { StoreObserver } from "../store/store.ts";

/** What a shared store follows; a `Store` is one. */
export interface SharedSource<T> {
  readonly hasSynced: boolean;
  /** The state of what is stored, verbatim. */
  readonly resourceVersion: string;
  /** The names of its indices. */
  indexNames(): readonly string[];
  /** The values under which an object is found in an index. */
  indexValuesOf(name: string, record: ObjectRecord<T>): readonly string[];
  record(key: string): ObjectRecord<T> | undefined;
  /** Everything stored, between two writes. */
  records(): Iterable<ObjectRecord<T>>;
  /** Be told of each write once it is visible; returns how to leave. */
  observe(observer: StoreObserver): () => void;
}
