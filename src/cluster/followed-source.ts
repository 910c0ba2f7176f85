import type { ObjectSource, SourceListener } from "../controller/source.ts";
import type { ListenerHandlers } from "../informer/handlers.ts";
import type { InformerHealth } from "../informer/health.ts";
import type { Informer, StopOptions, SyncedOptions } from "../informer/informer.ts";
import { keyOfMeta } from "../resource/key.ts";
import type { KubeObject } from "../resource/object.ts";

/**
 * An informer as a controller's source, which also tells of what only the controller itself has seen.
 *
 * An object that it wrote, and that was changed or deleted before a relist,
 * is to the informer an object that was never in that state. Its owner, who
 * has seen it, must be woken all the same.
 */
export class FollowedSource<T extends KubeObject> implements ObjectSource<T> {
  readonly #informer: Informer<T>;
  readonly #listening = new Set<{ readonly handlers: ListenerHandlers<T>; readonly signal: AbortSignal }>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  listen(handlers: ListenerHandlers<T>, options?: { readonly name?: string }): SourceListener {
    const listener = this.#informer.listen(handlers, options);
    const removed = new AbortController();
    const own = { handlers, signal: removed.signal };
    this.#listening.add(own);
    return {
      synced: () => listener.synced(),
      remove: () => {
        this.#listening.delete(own);
        removed.abort();
        return listener.remove();
      },
    };
  }

  synced(options?: SyncedOptions): Promise<void> {
    return this.#informer.synced(options);
  }

  health(): InformerHealth {
    return this.#informer.health();
  }

  stop(options?: StopOptions): Promise<void> {
    this.#listening.clear();
    return this.#informer.stop(options);
  }

  /** The store has got past an object in the state that the controller wrote; `now` tells what there is instead. */
  overtaken(object: T, now: (key: string) => T | undefined): void {
    // Not in the middle of a write: handlers call what is the user's.
    queueMicrotask(() => {
      for (const { handlers, signal } of this.#listening) {
        const key = keyOfMeta(object.metadata);
        const present = now(key);
        const type = present === undefined ? "DELETED" : "MODIFIED";
        handlers.changed?.(key, { type, initial: false, unchanged: false, signal });
        if (present === undefined) handlers.deleted?.(object, { finalStateUnknown: true, signal });
        else handlers.modified?.(present, object, { unchanged: false, signal });
      }
    });
  }
}
