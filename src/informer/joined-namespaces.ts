import { isSameObject, isSameVersion } from "../bytes/same.ts";
import type { ReflectorTarget } from "../reflector/target.ts";
import type { BookmarkRecord, ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";

interface Source<T> {
  /** By key; the only copy of which object is whose. Without the record where the store has it. */
  objects: Map<string, ObjectRecord<T> | undefined>;
  hasListed: boolean;
}

/** Gives what was written to the target and is there now. */
export type StoredRecord<T> = (key: string) => ObjectRecord<T> | undefined;

/**
 * Join several sources, one per namespace, into one target with one ordered view.
 *
 * Nothing is passed on until each source has listed; then everything at once,
 * so that there is one first list. Later, a relist of one source replaces its
 * own objects only. The resourceVersion is that of whichever source wrote
 * last: an order between sources is not promised.
 */
export class JoinedNamespaces<T> {
  readonly #target: ReflectorTarget<T>;
  readonly #sources: Source<T>[] = [];
  readonly #stored: StoredRecord<T>;
  #isComplete = false;

  /** `stored` is the target's content: a copy of it here would keep the memory of what has changed there. */
  constructor(target: ReflectorTarget<T>, stored: StoredRecord<T>) {
    this.#target = target;
    this.#stored = stored;
  }

  /** Add a source; all are added before the first begins. `onReplace` is called before its list is written. */
  source(onReplace: () => void = () => {}): ReflectorTarget<T> {
    const source: Source<T> = { objects: new Map(), hasListed: false };
    this.#sources.push(source);
    return {
      replace: (items, resourceVersion) => {
        onReplace();
        source.objects = new Map(items.map((item) => [item.key, item]));
        source.hasListed = true;
        return this.#replaceAll(resourceVersion);
      },
      apply: (changes) => {
        remember(source.objects, changes);
        if (!this.#isComplete) return undefined;
        const keys = changes.flatMap((change) => (change.type === "BOOKMARK" ? [] : [change.key]));
        return this.#thenLeave(this.#target.apply(changes), source, keys);
      },
    };
  }

  #replaceAll(resourceVersion: string): void | Promise<void> {
    if (!this.#sources.every(({ hasListed }) => hasListed)) return;
    this.#isComplete = true;
    const items: ObjectRecord<T>[] = [];
    for (const { objects } of this.#sources) {
      for (const [key, item] of objects) {
        const record = item ?? this.#stored(key);
        if (record !== undefined) items.push(record);
      }
    }
    let written: void | Promise<void> = this.#target.replace(items, resourceVersion);
    for (const source of this.#sources) written = this.#thenLeave(written, source, source.objects.keys());
    return written;
  }

  /** Once the target has objects, leave them to it; what it has not taken is kept here. */
  #thenLeave(
    written: void | Promise<void>,
    { objects }: Pick<Source<T>, "objects">,
    keys: Iterable<string>,
  ): void | Promise<void> {
    if (written instanceof Promise) return written.then(() => this.#thenLeave(undefined, { objects }, keys));
    for (const key of keys) {
      const record = objects.get(key);
      const stored = record && this.#stored(key);
      if (record === undefined || stored === undefined) continue;
      if (isSameObject(stored, record) && isSameVersion(stored, record)) objects.set(key, undefined);
    }
  }
}

function remember<T>(
  objects: Map<string, ObjectRecord<T> | undefined>,
  changes: readonly (ChangeRecord<T> | BookmarkRecord)[],
): void {
  for (const change of changes) {
    if (change.type === "BOOKMARK") continue;
    if (change.type === "DELETED") objects.delete(change.key);
    else objects.set(change.key, change);
  }
}
