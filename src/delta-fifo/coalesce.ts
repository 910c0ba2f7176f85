import { isSameObject } from "../bytes/same.ts";
import type { ListenerEntry, Notification } from "./notification.ts";

/**
 * Say what one entry may stand for a pending entry and the next one of the same key.
 *
 * `undefined` keeps both. Must be pure: it runs while the queue is being changed.
 */
export type Merge<D> = (pending: D, next: D) => D | undefined;

function mergeStates<T>(pending: Notification<T>, next: Notification<T>): Notification<T> | undefined {
  // A deletion is a boundary: whatever follows belongs to another life of the key.
  if (pending.type === "DELETED") return undefined;
  if (next.type === "DELETED") return next;
  if (!isSameObject(pending.record, next.record)) return undefined;
  return { ...pending, record: next.record };
}

/**
 * Merge two notifications of one object for a listener that has fallen behind.
 *
 * The newest state wins; ADDED stays ADDED, with its `initial`; MODIFIED keeps
 * its first `previous`; a deletion is never lost, and what follows it never
 * merges into it, so deleted and recreated stays two entries.
 */
export function mergeNotifications<T>(
  pending: ListenerEntry<T>,
  next: ListenerEntry<T>,
): ListenerEntry<T> | undefined {
  if (pending.type === "SYNCED" || next.type === "SYNCED") return undefined;
  return mergeStates(pending, next);
}
