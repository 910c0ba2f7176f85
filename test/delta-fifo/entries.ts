import { mergeNotifications } from "../../src/delta-fifo/coalesce.ts";
import type { Delta } from "../../src/delta-fifo/delta.ts";
import { DeltaFIFO, type DeltaFIFOOptions, type QueueEntry } from "../../src/delta-fifo/delta-fifo.ts";
import type { ListenerEntry, Notification } from "../../src/delta-fifo/notification.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { type ChangeType, ParsedChange } from "../../src/resource/watch-event.ts";

/** A change as the decoder makes it; `a@2` is version 2 of the object under key `a`. */
export function change(type: ChangeType, text: string, uid = "u1"): ParsedChange<KubeObject> {
  const [name = "", resourceVersion = ""] = text.split("@");
  return new ParsedChange(type, name, uid, resourceVersion, { metadata: { name, uid, resourceVersion } });
}

export const record = (text: string, uid?: string): ParsedChange<KubeObject> => change("ADDED", text, uid);

export function added(text: string, uid?: string, initial = false): Notification<KubeObject> {
  const one = record(text, uid);
  return { type: "ADDED", key: one.key, record: one, initial };
}

export function modified(text: string, before: string, uid?: string): Notification<KubeObject> {
  const one = record(text, uid);
  return { type: "MODIFIED", key: one.key, record: one, previous: record(before, uid) };
}

export function deleted(text: string, uid?: string, finalStateUnknown = false): Notification<KubeObject> {
  const one = record(text, uid);
  return { type: "DELETED", key: one.key, record: one, finalStateUnknown };
}

/** The queue of a listener. */
export function listenerQueue(
  options: DeltaFIFOOptions<ListenerEntry<KubeObject>> = {},
): DeltaFIFO<ListenerEntry<KubeObject>> {
  return new DeltaFIFO<ListenerEntry<KubeObject>>({
    merge: mergeNotifications,
    syncedBy: "SYNCED",
    ...options,
  });
}

/** The queue between a reflector and a store. */
export function mainQueue(options?: DeltaFIFOOptions<Delta<KubeObject>>): DeltaFIFO<Delta<KubeObject>> {
  return new DeltaFIFO<Delta<KubeObject>>(options);
}

export function drain<D extends QueueEntry>(queue: DeltaFIFO<D>): D[] {
  const popped: D[] = [];
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) popped.push(entry);
  return popped;
}

/** A notification in short: `MODIFIED a@1→3 u1`. */
export function show(entry: ListenerEntry<KubeObject>): string {
  if (entry.type === "SYNCED") return "SYNCED";
  const { key, uid, resourceVersion } = entry.record;
  const flag =
    (entry.type === "ADDED" && entry.initial && " initial") ||
    (entry.type === "DELETED" && entry.finalStateUnknown && " unknown") ||
    "";
  const from = entry.type === "MODIFIED" ? `${entry.previous.resourceVersion}→` : "";
  return `${entry.type} ${key}@${from}${resourceVersion} ${uid}${flag}`;
}
