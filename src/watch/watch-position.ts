import { isResumable } from "../resource/resource-version.ts";
import type { BookmarkRecord, ChangeRecord } from "../resource/watch-event.ts";

/**
 * Which resourceVersion a watch has reached, and whether it may be resumed from there.
 *
 * The last record's is taken as it comes, never compared (R11), bookmarks
 * included (R35). While a watch that began without a position has sent only
 * ADDED, these are existing objects in no order, and nothing is taken (R12).
 */
export class WatchPosition {
  #resourceVersion: string;
  #isOrdered: boolean;
  #hasChanges = false;

  constructor(resourceVersion: string, sendInitialEvents: boolean) {
    this.#resourceVersion = resourceVersion;
    this.#isOrdered = isResumable(resourceVersion) && !sendInitialEvents;
  }

  /** The last safe one, or what the watch began with. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** A next connection goes on where this one broke. */
  get isSafe(): boolean {
    return this.#isOrdered;
  }

  /** Nothing was handed out that a connection from the same beginning would repeat. */
  get isAtBeginning(): boolean {
    return !this.#hasChanges;
  }

  take(record: ChangeRecord<unknown> | BookmarkRecord): void {
    if (record.type === "ADDED") this.#hasChanges = true;
    else this.#isOrdered = true;
    if (this.#isOrdered) this.#resourceVersion = record.resourceVersion;
  }
}
