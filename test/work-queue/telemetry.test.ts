import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type WorkQueueRecord, workQueueChannel } from "../../src/base/work-queue-telemetry.ts";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { takeNow, workOff } from "./taken.ts";

let records: WorkQueueRecord[] = [];
let listening: ((record: unknown) => void) | undefined;

function isRecord(value: unknown): value is WorkQueueRecord {
  return typeof value === "object" && value !== null && "depthByPriority" in value;
}

function listen(): void {
  listening = (record) => {
    if (isRecord(record)) records.push(record);
  };
  subscribe(workQueueChannel, listening);
}

function ignore(): void {
  if (listening !== undefined) unsubscribe(workQueueChannel, listening);
  listening = undefined;
}

/** What was told since the last call: `added a:0 depth 1 { 0: 1 }`. */
function told(): string[] {
  const texts = records.map(({ type, item, priority, depth, depthByPriority }) => {
    const about = item === undefined ? "" : ` ${item}:${priority}`;
    const depths = Array.from(depthByPriority, ([one, count]) => `${one}: ${count}`).sort();
    return `${type}${about} depth ${depth} {${depths.join(", ")}}`;
  });
  records = [];
  return texts;
}

beforeEach(() => {
  vi.useFakeTimers();
  records = [];
});
afterEach(() => {
  ignore();
  vi.useRealTimers();
});

describe("WorkQueue, what it tells", () => {
  it("tells what happens to it under its name, with its depth (Q12)", () => {
    listen();
    const queue = new WorkQueue({ name: "pods" });
    queue.add("a");
    queue.add("b");
    takeNow(queue);
    queue.done("a");
    queue.addRateLimited("a");
    vi.advanceTimersByTime(5);
    queue.shutDown();
    queue.shutDown();
    expect(new Set(records.map(({ queue: name }) => name))).toEqual(new Set(["pods"]));
    expect(told()).toEqual([
      "created depth 0 {}",
      "added a:0 depth 1 {0: 1}",
      "added b:0 depth 2 {0: 2}",
      "taken a:0 depth 1 {0: 1}",
      "done a:0 depth 1 {0: 1}",
      "retried a:0 depth 1 {0: 1}",
      "added a:0 depth 2 {0: 2}",
      "shut-down depth 2 {0: 2}",
    ]);
  });

  it("does not count what is added again while it waits, or is to wait again (Q12)", () => {
    const queue = new WorkQueue({ name: "pods" });
    listen();
    queue.add("a");
    queue.add("a");
    takeNow(queue);
    queue.add("a");
    queue.add("a");
    queue.done("a");
    expect(told()).toEqual([
      "added a:0 depth 1 {0: 1}",
      "taken a:0 depth 0 {}",
      "added a:0 depth 0 {}",
      "done a:0 depth 1 {0: 1}",
    ]);
  });

  it("tells nothing of a queue without a name (Q12)", () => {
    listen();
    const queue = new WorkQueue();
    queue.add("a");
    queue.addRateLimited("b");
    expect(workOff(queue)).toEqual(["a"]);
    queue.shutDown();
    expect(records).toEqual([]);
  });

  it("knows the depth of each priority, also for those who listen later (Q12, Q20)", () => {
    const queue = new WorkQueue({ name: "pods", ageingMs: 10 });
    queue.add("a", { priority: -100 });
    queue.add("b");
    queue.add("c");
    queue.addAfter("later", 1000);
    vi.advanceTimersByTime(50);
    // Raised, and yet where it stood: it counts with its new priority.
    queue.add("b", { priority: 3 });
    queue.add("d", { priority: 3 });
    listen();
    queue.add("e", { priority: -100 });
    const texts: string[] = [];
    for (const key of workOff(queue)) texts.push(key);
    expect(texts).toEqual(["b", "c", "d", "a", "e"]);
    expect(told().filter((text) => !text.startsWith("done"))).toEqual([
      "added e:-100 depth 5 {-100: 2, 0: 1, 3: 2}",
      "taken b:3 depth 4 {-100: 2, 0: 1, 3: 1}",
      "taken c:0 depth 3 {-100: 2, 3: 1}",
      "taken d:3 depth 2 {-100: 2}",
      "taken a:-100 depth 1 {-100: 1}",
      "taken e:-100 depth 0 {}",
    ]);
  });

  it("hands out depths that do not change afterwards (Q12)", () => {
    const queue = new WorkQueue({ name: "pods" });
    listen();
    queue.add("a");
    queue.add("b");
    expect(records[0]?.depthByPriority).toEqual(new Map([[0, 1]]));
  });

  it("tells how long a key waited since it was ready, and how long it was worked on (Q12)", () => {
    const queue = new WorkQueue({ name: "pods" });
    queue.add("early");
    takeNow(queue);
    listen();
    queue.addAfter("a", 100);
    vi.advanceTimersByTime(130);
    takeNow(queue);
    vi.advanceTimersByTime(7);
    queue.add("a");
    vi.advanceTimersByTime(5);
    queue.done("a");
    vi.advanceTimersByTime(3);
    takeNow(queue);
    queue.done("early");
    const times = records.map(({ type, item, waitedMs, workedMs }) => ({ type, item, waitedMs, workedMs }));
    expect(times.filter(({ type }) => type !== "added")).toEqual([
      { type: "taken", item: "a", waitedMs: 30, workedMs: undefined },
      { type: "done", item: "a", waitedMs: undefined, workedMs: 12 },
      { type: "taken", item: "a", waitedMs: 3, workedMs: undefined },
      // Nobody listened when it was taken.
      { type: "done", item: "early", waitedMs: undefined, workedMs: undefined },
    ]);
  });

  it("does not take the time of an earlier run for that of one that nobody heard begin (Q12)", () => {
    const queue = new WorkQueue({ name: "pods" });
    queue.setDue("a", 1000);
    for (const isHeard of [true, false]) {
      if (isHeard) listen();
      queue.add("a");
      takeNow(queue);
      vi.advanceTimersByTime(5);
      if (!isHeard) listen();
      queue.done("a");
      ignore();
    }
    const times = records.filter(({ type }) => type === "done").map(({ workedMs }) => workedMs);
    expect(times).toEqual([5, undefined]);
  });

  it("keeps its order where a listener calls the queue itself", () => {
    const queue = new WorkQueue({ name: "pods" });
    const react = (record: unknown): void => {
      if (isRecord(record) && record.type === "added" && record.item === "a") workOff(queue);
      if (isRecord(record) && record.type === "done" && record.item === "a") queue.add("b");
    };
    subscribe(workQueueChannel, react);
    const waiting = vi.fn();
    void queue.take().then(waiting);
    queue.add("a");
    unsubscribe(workQueueChannel, react);
    expect([queue.length, queue.processing]).toEqual([0, 1]);
  });
});
