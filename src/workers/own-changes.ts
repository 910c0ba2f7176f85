import { keyOfMeta } from "../resource/key.ts";
import { isAtLeast } from "../resource/resource-version.ts";
import type { OwnChange } from "./messages.ts";
import type { WrittenState } from "./thread-host.ts";

/** How many are remembered; above it the oldest is forgotten. */
const mostChanges = 10_000;

/** After this a shared copy counts, whatever it shows: as in a `MutationCache`. */
const ttlMs = 300_000;

/** How many are looked at each time. */
const lookedAtOnce = 16;

interface Remembered {
  readonly change: OwnChange;
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly at: number;
}

/** A change whose state the shared copy of its part has reached. */
export interface SettledChange {
  readonly part: number;
  readonly key: string;
  readonly resourceVersion: string;
}

function idOf(change: OwnChange): Omit<Remembered, "change" | "at"> {
  if ("deleted" in change) {
    const { key, uid, resourceVersion = "" } = change.deleted;
    return { key, uid, resourceVersion };
  }
  const { metadata } = change.written;
  const { uid = "", resourceVersion = "" } = metadata ?? {};
  return { key: keyOfMeta(metadata), uid, resourceVersion };
}

/**
 * A controller's own writes that its shared copies may not show yet: for threads that begin later.
 *
 * Of each key the last one. A thread is told all of them, then each new one, in
 * their order: so none of its reads is older than what any of them wrote.
 */
export class OwnChanges {
  readonly #stores: readonly WrittenState[];
  readonly #isCurrent: (part: number) => boolean;
  /** The oldest first. */
  readonly #changes = new Map<string, Remembered>();

  /** The stores of all parts, in their order, and whether threads see just what one of them has. */
  constructor(stores: readonly WrittenState[], isCurrent: (part: number) => boolean) {
    this.#stores = stores;
    this.#isCurrent = isCurrent;
  }

  get size(): number {
    return this.#changes.size;
  }

  /** Remember a write; an older one of its key that comes late is ignored (S24, S25). */
  add(change: OwnChange): void {
    const { key, uid, resourceVersion } = idOf(change);
    const id = `${change.part} ${key}`;
    const before = this.#changes.get(id);
    if (before !== undefined && isLate(before, uid, resourceVersion)) return;
    // Anew at the end: the order is that of the writes.
    this.#changes.delete(id);
    this.#changes.set(id, { change, key, uid, resourceVersion, at: Date.now() });
    const [oldest] = this.#changes.keys();
    if (oldest !== undefined && this.#changes.size > mostChanges) this.#changes.delete(oldest);
  }

  /** Forget what the shared copies show by now, of the oldest; tells what that was. */
  settle(most: number = lookedAtOnce): SettledChange[] {
    const settled: SettledChange[] = [];
    let looked = 0;
    for (const [id, remembered] of this.#changes) {
      if (looked++ >= most) break;
      const isOld = Date.now() - remembered.at >= ttlMs;
      if (!isOld && !this.#isShown(remembered)) continue;
      this.#changes.delete(id);
      const { change, key, resourceVersion } = remembered;
      if (!isOld) settled.push({ part: change.part, key, resourceVersion });
    }
    return settled;
  }

  /** All that a thread which begins now must be told. */
  pending(): OwnChange[] {
    this.settle(this.#changes.size);
    return Array.from(this.#changes.values(), ({ change }) => change);
  }

  #isShown({ change, key, uid, resourceVersion }: Remembered): boolean {
    const store = this.#stores[change.part];
    if (store === undefined) return true;
    if (!this.#isCurrent(change.part)) return false;
    const stored = store.record(key);
    if ("deleted" in change) return stored?.uid !== uid;
    if (stored !== undefined && isAtLeast(stored.resourceVersion, resourceVersion) === true) return true;
    return store.hasReached(resourceVersion, { key });
  }
}

function isLate(before: Remembered, uid: string, resourceVersion: string): boolean {
  if ("deleted" in before.change && before.uid === uid) return true;
  return resourceVersion !== "" && isAtLeast(before.resourceVersion, resourceVersion) === true;
}
