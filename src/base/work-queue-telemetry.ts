/** The `node:diagnostics_channel` that gets a {@link WorkQueueRecord} for all that happens to a named work queue (Q12). */
export const workQueueChannel = "kube-reflex:work-queue";

/** One thing that happened to a work queue; an unnamed queue tells nothing. */
export interface WorkQueueRecord {
  readonly queue: string;
  /**
   * `created`; `added`: an item that was not waiting is now; `taken` by a worker;
   * `done`; `retried`: added by way of the rate limiter; `shut-down`.
   */
  readonly type: "created" | "added" | "taken" | "done" | "retried" | "shut-down";
  /** Which item; absent where it is about the queue as a whole. */
  readonly item?: string | undefined;
  readonly priority?: number | undefined;
  /** How many items are ready and wait, after it happened. */
  readonly depth: number;
  /** The same by priority. */
  readonly depthByPriority: ReadonlyMap<number, number>;
  /** With `taken`: how long it waited since it was ready. */
  readonly waitedMs?: number | undefined;
  /** With `done`: how long it was worked on. */
  readonly workedMs?: number | undefined;
}
