import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkItem } from "../../src/work-queue/work-item.ts";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { NaiveQueue, type Step } from "./naive-queue.ts";
import { settled } from "./taken.ts";

const key = fc.constantFrom("a", "b", "c", "d");
const priority = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(-2, 0, 0, 1, 3) },
  { weight: 1, arbitrary: fc.integer({ min: -40, max: 40 }) },
);
const ms = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }));
const dueMs = fc.option(ms, { nil: undefined, freq: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("add" as const), key, priority }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("addAfter" as const), key, priority, ms }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("addRateLimited" as const), key, priority }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("setDue" as const), key, priority, ms: dueMs }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forget" as const), key }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("done" as const), key }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("tryTake" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("take" as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("advance" as const), ms }) },
);

const describeItem = (item: WorkItem | undefined): string =>
  item === undefined
    ? "nothing"
    : `${item.key}:${item.priority}${item.isDue ? " due" : ""}${item.isRetry ? " retry" : ""}`;

/** The queue, and what it handed out in the order of its handing out. */
class Run {
  readonly queue: WorkQueue;
  readonly handedOut: string[] = [];

  constructor(ageingMs: number) {
    this.queue = new WorkQueue({ ageingMs });
  }

  take(one: Step): void {
    const { queue, handedOut } = this;
    const note = (item: WorkItem | undefined): number => handedOut.push(describeItem(item));
    if (one.type === "add") queue.add(one.key, { priority: one.priority });
    else if (one.type === "addAfter") queue.addAfter(one.key, one.ms, { priority: one.priority });
    else if (one.type === "addRateLimited") queue.addRateLimited(one.key, { priority: one.priority });
    else if (one.type === "setDue") queue.setDue(one.key, one.ms, { priority: one.priority });
    else if (one.type === "forget") queue.forget(one.key);
    else if (one.type === "done") queue.done(one.key);
    else if (one.type === "tryTake") note(queue.tryTake());
    else if (one.type === "take") void queue.take().then(note);
    else if (one.type === "shutDown") queue.shutDown();
    else vi.advanceTimersByTime(one.ms);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("WorkQueue against a naive model", () => {
  const ageings = [
    { name: "ageing slowly", ageingMs: 10 },
    { name: "without ageing", ageingMs: Number.POSITIVE_INFINITY },
    { name: "regardless of priorities", ageingMs: 0 },
  ];

  it.each(ageings)(
    "hands out the same in the same order, $name (Q1, Q2, Q5, Q6, Q8, Q14, Q15, Q18, Q20, Q21)",
    async ({ ageingMs }) => {
      const steps = fc.array(step, { maxLength: 80, size: "max" });
      await fc.assert(
        fc.asyncProperty(steps, fc.nat(240), async (all, shutDownAt) => {
          vi.clearAllTimers();
          const run = new Run(ageingMs);
          const model = new NaiveQueue(ageingMs, performance.now());
          const sequence = all.toSpliced(
            shutDownAt,
            0,
            ...(shutDownAt < all.length ? [{ type: "shutDown" as const }] : []),
          );
          for (const one of sequence) {
            // What is not worked on may not be done.
            if (one.type === "done" && !model.isProcessing(one.key)) continue;
            run.take(one);
            model.take(one);
            await settled();
            expect(run.handedOut).toEqual(model.handedOut);
            const { queue } = run;
            expect([queue.length, queue.processing]).toEqual([model.length, model.processing]);
            expect(vi.getTimerCount()).toBe(model.hasPending ? 1 : 0);
            for (const name of ["a", "b", "c", "d"]) expect(queue.retries(name)).toBe(model.retries(name));
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});
