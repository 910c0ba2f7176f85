import type { WorkQueueRecord } from "../base/work-queue-telemetry.ts";

/** Above so many priorities of one queue, the others are told together, as in controller-runtime: each is a series for ever. */
const mostPriorities = 25;
const otherPriorities = "exceeded_cardinality_limit";

/** What is known of a work queue from what it told. */
export class ObservedQueue {
  #depths: ReadonlyMap<number, number> = new Map();
  readonly #priorities = new Set<number>([0]);
  #hasOthers = false;
  /** When a worker took each item that is worked on. */
  readonly #takenAt = new Map<string, number>();

  observe({ type, item, depthByPriority }: WorkQueueRecord): void {
    for (const priority of depthByPriority.keys()) {
      if (this.#priorities.size < mostPriorities) this.#priorities.add(priority);
      else if (!this.#priorities.has(priority)) this.#hasOthers = true;
    }
    // After it was walked through: what is no map must not be there when it is read.
    this.#depths = depthByPriority;
    if (item === undefined) return;
    if (type === "taken") this.#takenAt.set(item, performance.now());
    if (type === "done") this.#takenAt.delete(item);
  }

  /** How many wait, by the priority's label; priorities of which none wait any more stay, with 0. */
  depths(): Map<string, number> {
    const depths = new Map(Array.from(this.#priorities, (priority) => [String(priority), 0]));
    if (this.#hasOthers) depths.set(otherPriorities, 0);
    for (const [priority, count] of this.#depths) {
      const label = this.#priorities.has(priority) ? String(priority) : otherPriorities;
      depths.set(label, (depths.get(label) ?? 0) + count);
    }
    return depths;
  }

  /** For how long those that are worked on have been, in seconds: all together, and the longest. */
  unfinished(): { readonly seconds: number; readonly longestSeconds: number } {
    const now = performance.now();
    let seconds = 0;
    let longestSeconds = 0;
    for (const takenAt of this.#takenAt.values()) {
      const age = (now - takenAt) / 1000;
      seconds += age;
      longestSeconds = Math.max(longestSeconds, age);
    }
    return { seconds, longestSeconds };
  }
}
