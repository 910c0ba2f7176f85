import { isUnreadable } from "../bytes/same.ts";
import type { Notification } from "../delta-fifo/notification.ts";
import { type ObjectRecord, ParsedRecord } from "../resource/watch-event.ts";

/**
 * The objects whose last state a listener could not be told, since its bytes are no JSON.
 *
 * What comes next of such an object follows the last state that was told: the
 * same state, listed again, is then a change, and is ADDED where none was told.
 */
export class Untold<T> {
  /** By key, the last state told; undefined where there was none. */
  readonly #last = new Map<string, ObjectRecord<T> | undefined>();

  /** A handler could not be called; where that is for the object's bytes, it is remembered. */
  note(notification: Notification<T>): void {
    const { key } = notification;
    if (notification.type === "DELETED" || this.#last.has(key) || !isUnreadable(notification.record)) return;
    this.#last.set(key, notification.type === "MODIFIED" ? parsed(notification.previous) : undefined);
  }

  /** What to tell for a notification. */
  told(notification: Notification<T>): Notification<T> {
    const { key } = notification;
    if (!this.#last.has(key)) return notification;
    const last = this.#last.get(key);
    this.#last.delete(key);
    if (notification.type === "MODIFIED") {
      if (last !== undefined) return { ...notification, previous: last };
      return { type: "ADDED", key, record: notification.record, initial: false };
    }
    if (notification.type === "DELETED" && last !== undefined) return { ...notification, lastKnown: last };
    return notification;
  }
}

/** The same without bytes, which may be used for something else meanwhile. */
function parsed<T>(record: ObjectRecord<T>): ObjectRecord<T> | undefined {
  try {
    return new ParsedRecord(record.key, record.uid, record.resourceVersion, record.object);
  } catch {
    return undefined;
  }
}
