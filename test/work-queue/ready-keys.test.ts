import { describe, expect, it } from "vitest";
import { QueuedKey } from "../../src/work-queue/queued-key.ts";
import { ReadyKeys } from "../../src/work-queue/ready-keys.ts";

function key(name: string, priority: number): QueuedKey {
  const one = new QueuedKey(name);
  one.priority = priority;
  return one;
}

describe("ReadyKeys", () => {
  it("forgets the priorities that a key was raised through (Q13, Q15)", () => {
    const ready = new ReadyKeys(100);
    const raised = key("raised", 0);
    ready.push(key("low", -1), 0);
    ready.push(raised, 0);
    for (let priority = 1; priority <= 10_000; priority++) ready.raise(raised, priority, 0);
    expect(ready.classes).toBeLessThan(60);
    expect(ready.byPriority()).toEqual(
      new Map([
        [-1, 1],
        [10_000, 1],
      ]),
    );
    expect([ready.shift(), ready.shift()?.key, ready.shift()]).toEqual([raised, "low", undefined]);
  });

  it("forgets the priorities of keys that were taken, also while others wait (Q13, Q14)", () => {
    const ready = new ReadyKeys(Number.POSITIVE_INFINITY);
    ready.push(key("low", -1), 0);
    for (let priority = 0; priority < 10_000; priority++) {
      ready.push(key("high", priority), priority);
      expect(ready.shift()?.priority).toBe(priority);
    }
    expect(ready.classes).toBeLessThan(60);
    expect([ready.length, ready.byPriority()]).toEqual([1, new Map([[-1, 1]])]);
  });

  it("raises nobody who does not stand in it", () => {
    const ready = new ReadyKeys(100);
    const taken = key("taken", 0);
    ready.push(taken, 0);
    ready.shift();
    ready.raise(taken, 5, 0);
    expect([ready.length, ready.byPriority(), taken.priority]).toEqual([0, new Map(), 0]);
  });
});
