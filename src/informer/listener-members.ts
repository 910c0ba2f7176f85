import { isUnchanged } from "../delta-fifo/changes.ts";
import type { DeletedNotification, ListenerEntry, Notification } from "../delta-fifo/notification.ts";
import type { ListenerHandlers } from "./handlers.ts";

/** A mark in a listener's queue: from here on, this member is told too. */
export interface JoinMark<T> {
  readonly type: "JOIN";
  readonly member: Member<T>;
}

/** An object shown to one member only, which joined late (P24). */
export interface ReplayedAdd<T> {
  readonly type: "REPLAY";
  readonly member: Member<T>;
  readonly notification: Notification<T>;
}

/** What waits in a listener's queue. */
export type QueuedEntry<T> = ListenerEntry<T> | JoinMark<T> | ReplayedAdd<T>;

/** The handlers of one registration, and whether the queue has reached it. */
export interface Member<T> {
  readonly handlers: ListenerHandlers<T>;
  hasJoined: boolean;
}

/** Call the one handler of a member that a notification is for; returns what it returns. */
export function callHandler<T>(
  handlers: ListenerHandlers<T>,
  notification: Notification<T>,
  signal: AbortSignal,
): unknown {
  const { record } = notification;
  if (handlers.changed !== undefined) return callChanged(handlers, notification, signal);
  switch (notification.type) {
    case "ADDED":
      return handlers.added?.(record.object, { initial: notification.initial, signal });
    case "MODIFIED": {
      const { previous } = notification;
      const unchanged = previous === record || isUnchanged(record, previous);
      return handlers.modified?.(record.object, previous.object, { unchanged, signal });
    }
    case "DELETED":
      return callDeleted(handlers, notification, signal);
  }
}

/** A deletion is told once: where its own bytes are no JSON, with the last state before. */
function callDeleted<T>(
  handlers: ListenerHandlers<T>,
  { record, lastKnown, finalStateUnknown }: DeletedNotification<T>,
  signal: AbortSignal,
): unknown {
  if (handlers.deleted === undefined) return undefined;
  let object: T;
  try {
    object = record.object;
  } catch (error) {
    if (lastKnown === undefined) throw error;
    return handlers.deleted(lastKnown.object, { finalStateUnknown: true, signal });
  }
  return handlers.deleted(object, { finalStateUnknown, signal });
}

function callChanged<T>(
  handlers: ListenerHandlers<T>,
  notification: Notification<T>,
  signal: AbortSignal,
): unknown {
  const { type, key, record } = notification;
  const initial = type === "ADDED" && notification.initial;
  const unchanged = type === "MODIFIED" && isUnchanged(record, notification.previous);
  return handlers.changed?.(key, { type, initial, unchanged, signal });
}
