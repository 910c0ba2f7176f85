import type { WorkItem } from "../work-queue/work-item.ts";
import type { WorkQueue } from "../work-queue/work-queue.ts";
import type { WakeReason } from "./reconcile.ts";

const retry: WakeReason = Object.freeze({ type: "RETRY" });
const requeue: WakeReason = Object.freeze({ type: "REQUEUE" });

/**
 * Keys on their way into a queue, and why: of several events, the last.
 *
 * A reason is kept as long as its key waits, so there are never more of them than keys.
 */
export class Wakes {
  readonly #queue: WorkQueue;
  readonly #reasons = new Map<string, WakeReason>();

  constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  wake(key: string, reason: WakeReason, priority: number): void {
    // After the shutdown nobody will come to take it.
    if (this.#queue.isShutDown) return;
    this.#reasons.set(key, reason);
    this.#queue.add(key, { priority });
  }

  /** Why a key that was taken is to be reconciled. */
  take({ key, isDue }: WorkItem): WakeReason {
    const reason = this.#reasons.get(key);
    if (reason === undefined) return isDue ? requeue : retry;
    this.#reasons.delete(key);
    return reason;
  }

  clear(): void {
    this.#reasons.clear();
  }
}
