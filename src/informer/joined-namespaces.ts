import type { ReflectorTarget } from "../reflector/target.ts";
import type { BookmarkRecord, ChangeRecord, ObjectRecord } from "../resource/watch-event.ts";

interface Source<T> {
  /** By key; the only copy of which object is whose. */
  objects: Map<string, ObjectRecord<T>>;
  hasListed: boolean;
}

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
  #isComplete = false;

  constructor(target: ReflectorTarget<T>) {
    this.#target = target;
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
        return this.#isComplete ? this.#target.apply(changes) : undefined;
      },
    };
  }

  #replaceAll(resourceVersion: string): void | Promise<void> {
    if (!this.#sources.every(({ hasListed }) => hasListed)) return;
    this.#isComplete = true;
    const items: ObjectRecord<T>[] = [];
    for (const { objects } of this.#sources) for (const item of objects.values()) items.push(item);
    return this.#target.replace(items, resourceVersion);
  }
}

function remember<T>(
  objects: Map<string, ObjectRecord<T>>,
  changes: readonly (ChangeRecord<T> | BookmarkRecord)[],
): void {
  for (const change of changes) {
    if (change.type === "BOOKMARK") continue;
    if (change.type === "DELETED") objects.delete(change.key);
    else objects.set(change.key, change);
  }
}
