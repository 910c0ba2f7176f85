import { expectFunction, invalidArgument } from "../base/arguments.ts";
import type { ChangeType } from "../resource/watch-event.ts";

/** What an ADDED handler is told besides the object. */
export interface AddedContext {
  /** The object was there when this listener began: it is part of the first list or of the replay (I7). */
  readonly initial: boolean;
  /** Aborts when the listener is removed or the informer stops. */
  readonly signal: AbortSignal;
}

/** What a MODIFIED handler is told besides the object and its previous state. */
export interface ModifiedContext {
  /** Nothing changed: a resync, or a relist that found the object as it was. */
  readonly unchanged: boolean;
  /** Aborts when the listener is removed or the informer stops. */
  readonly signal: AbortSignal;
}

/** What a DELETED handler is told besides the object. */
export interface DeletedContext {
  /**
   * The deletion was found by a relist, or by a new object under the name: the
   * object is the last state known, not the state it was deleted in (I6).
   */
  readonly finalStateUnknown: boolean;
  /** Aborts when the listener is removed or the informer stops. */
  readonly signal: AbortSignal;
}

/** What a `changed` handler is told besides the key. */
export interface ChangedContext {
  readonly type: ChangeType;
  /** The object was there when this listener began. */
  readonly initial: boolean;
  /** Nothing changed: a resync, or a relist that found the object as it was. */
  readonly unchanged: boolean;
  /** Aborts when the listener is removed or the informer stops. */
  readonly signal: AbortSignal;
}

/**
 * What one listener does about objects.
 *
 * Called one at a time, each awaited before the next, in the order of the
 * changes (I2). The store is never older than what a handler is told (I1), but
 * may be newer. Objects are shared: never change them.
 */
export interface ListenerHandlers<T> {
  added?(object: T, context: AddedContext): unknown;
  modified?(object: T, previous: T, context: ModifiedContext): unknown;
  deleted?(object: T, context: DeletedContext): unknown;
  /**
   * Called for each change with the key alone, instead of the other three.
   *
   * No object is parsed for it: for work queues, which read the newest state later.
   */
  changed?(key: string, context: ChangedContext): unknown;
}

/** The handlers by event name, as `on` takes them. */
export interface EventHandlers<T> {
  ADDED: (object: T, context: AddedContext) => unknown;
  MODIFIED: (object: T, previous: T, context: ModifiedContext) => unknown;
  DELETED: (object: T, context: DeletedContext) => unknown;
  /** Every change, by the key alone: no object is parsed for it. */
  CHANGED: (key: string, context: ChangedContext) => unknown;
}

/** Throw `INVALID_ARGUMENT` for what are no handlers, or none at all. */
export function expectHandlers<T>(handlers: ListenerHandlers<T>): void {
  if (typeof handlers !== "object" || handlers === null) {
    throw invalidArgument("handlers", "an object with added, modified, deleted or changed", handlers);
  }
  const { added, modified, deleted, changed } = handlers;
  expectFunction("handlers.added", added);
  expectFunction("handlers.modified", modified);
  expectFunction("handlers.deleted", deleted);
  expectFunction("handlers.changed", changed);
  const isAnyOfThree = added !== undefined || modified !== undefined || deleted !== undefined;
  if (!isAnyOfThree && changed === undefined) {
    throw invalidArgument("handlers", "an object with added, modified, deleted or changed", handlers);
  }
  if (isAnyOfThree && changed !== undefined) {
    throw invalidArgument("handlers", "either `changed`, or those that are told objects, not both", handlers);
  }
}
