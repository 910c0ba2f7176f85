import type { Link } from "./chain.ts";
import type { Delay } from "./delays.ts";
import type { PriorityClass } from "./ready-keys.ts";
import type { WorkItem } from "./work-item.ts";

/**
 * What a queue knows of one key, from when it is first added until nothing is left to be done for it.
 *
 * Ready (it stands in a `place`), worked on (it has an `item`), or neither; while
 * it is worked on it may be dirty; and besides all that, times of it may be due.
 */
export class QueuedKey implements Link<QueuedKey> {
  readonly key: string;
  /** Of the run that it waits for. */
  priority = 0;
  previous: QueuedKey | undefined = undefined;
  next: QueuedKey | undefined = undefined;
  /** Where it stands while it is ready: not always the class of its priority, which it may have got too late. */
  place: PriorityClass | undefined = undefined;
  /** Since when it stands there. */
  since = 0;
  readySince = 0;
  /** What a worker has of it. */
  item: WorkItem | undefined = undefined;
  /** Known only where somebody listened then. */
  takenAt: number | undefined = undefined;
  /** Added while it is worked on. */
  isDirty = false;
  /** Why it waits; for the item. */
  isDue = false;
  isRetry = false;
  /** The pending time of `addAfter` and `setDue`, and that of `addRateLimited`. */
  due: Delay | undefined = undefined;
  retry: Delay | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }

  /** Nothing is left to be done for it. */
  get isIdle(): boolean {
    return (
      this.place === undefined &&
      this.item === undefined &&
      this.due === undefined &&
      this.retry === undefined
    );
  }
}
