import type { StorageChange, StoredObject } from "../storage/port.ts";
import type { Selection } from "../watch-cache/query.ts";
import { exactValue, type FieldReader } from "../watch-cache/selection.ts";

/** The fields that watches select one value of so often that they are found by it. */
const indexedPaths = ["metadata.name", "spec.nodeName", "metadata.namespace"] as const;

/**
 * Who may be interested in a change, found without asking everyone.
 *
 * Each member stands under the narrowest field that its selection fixes:
 * name, node, namespace; the rest under "everything".
 */
export class WatcherIndex<T> {
  readonly #readField: FieldReader;
  readonly #buckets = new Map<string, Set<T>>();

  constructor(readField: FieldReader) {
    this.#readField = readField;
  }

  /** Add a member; returns how to remove it, which may be called twice. */
  add(member: T, selection: Selection): () => void {
    const bucketName = bucketOf(selection);
    const bucket = this.#buckets.get(bucketName) ?? new Set();
    this.#buckets.set(bucketName, bucket);
    bucket.add(member);
    return () => {
      bucket.delete(member);
      if (bucket.size === 0 && this.#buckets.get(bucketName) === bucket) this.#buckets.delete(bucketName);
    };
  }

  /** Everyone whose fixed field the change has, before or after. */
  *interestedIn({ object, previous }: StorageChange): Generator<T, void, void> {
    yield* this.#buckets.get("") ?? [];
    for (const path of indexedPaths) {
      const now = this.#readField(object, path);
      yield* this.#buckets.get(`${path}=${now}`) ?? [];
      const before = this.#before(previous, path);
      if (before !== undefined && before !== now) yield* this.#buckets.get(`${path}=${before}`) ?? [];
    }
  }

  /** All members. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }

  #before(previous: StoredObject | undefined, path: string): string | undefined {
    return previous === undefined ? undefined : this.#readField(previous, path);
  }
}

function bucketOf(selection: Selection): string {
  for (const path of indexedPaths) {
    const fromPath =
      path === "metadata.namespace" && selection.namespace !== "" ? selection.namespace : undefined;
    const value = fromPath ?? exactValue(selection.fieldSelector, path);
    if (value !== undefined) return `${path}=${value}`;
  }
  return "";
}
