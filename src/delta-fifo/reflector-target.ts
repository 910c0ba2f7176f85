import type { ReflectorTarget } from "../reflector/target.ts";
import type { Delta } from "./delta.ts";
import type { DeltaFIFO } from "./delta-fifo.ts";

/**
 * The end of a queue that a reflector writes to.
 *
 * A list becomes one entry (D18), the first until one was processed (D21);
 * bookmarks keep their place among the changes (D19). `drain` is called after
 * each write; what it returns or throws is the reflector's back-pressure or
 * failed write. Without it, the reflector waits above the high-water mark.
 */
export function reflectorTarget<T>(
  queue: DeltaFIFO<Delta<T>>,
  drain: () => void | Promise<void> = () => queue.whenBelowHighWater(),
): ReflectorTarget<T> {
  return {
    replace(records, resourceVersion) {
      queue.push({ type: "REPLACED", records, resourceVersion, isFirst: !queue.hasSynced });
      return drain();
    },
    apply(changes) {
      for (const change of changes) queue.push(change);
      return drain();
    },
  };
}
