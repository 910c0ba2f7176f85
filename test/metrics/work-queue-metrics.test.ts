import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type WorkQueueRecord, workQueueChannel } from "../../src/base/work-queue-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stop: () => void;
beforeEach(async () => {
  vi.useFakeTimers();
  register = new Registry();
  stop = await collectMetrics({ register });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const tell = (record: Partial<WorkQueueRecord> & Pick<WorkQueueRecord, "type">): void =>
  channel(workQueueChannel).publish({ queue: "q", depth: 0, depthByPriority: new Map(), ...record });
const metric = (name: string): Promise<Record<string, number>> => valuesOf(register, `workqueue_${name}`);

describe("metrics of a work queue", () => {
  it("are there and 0 when it is made, under its name twice as in controller-runtime (Q12, Q20)", async () => {
    tell({ type: "created" });
    expect(await metric("depth")).toEqual({ "q,q,0": 0 });
    for (const name of [
      "adds_total",
      "retries_total",
      "unfinished_work_seconds",
      "longest_running_processor_seconds",
    ]) {
      expect(await metric(name)).toEqual({ "q,q": 0 });
    }
    expect(await metric("queue_duration_seconds")).toEqual({ "q,q_sum": 0, "q,q_count": 0 });
    expect(await metric("work_duration_seconds")).toEqual({ "q,q_sum": 0, "q,q_count": 0 });
  });

  it("count adds and retries, and how long items waited and were worked on (Q12)", async () => {
    tell({ type: "added", item: "a", depth: 1 });
    tell({ type: "retried", item: "b" });
    tell({ type: "taken", item: "a", waitedMs: 1500 });
    tell({ type: "done", item: "a", workedMs: 250 });
    expect(await metric("adds_total")).toEqual({ "q,q": 1 });
    expect(await metric("retries_total")).toEqual({ "q,q": 1 });
    expect(await metric("queue_duration_seconds")).toEqual({ "q,q_sum": 1.5, "q,q_count": 1 });
    expect(await metric("work_duration_seconds")).toEqual({ "q,q_sum": 0.25, "q,q_count": 1 });
  });

  it("tell how long unfinished work takes, as it is at each scrape (Q12)", async () => {
    tell({ type: "taken", item: "a" });
    await vi.advanceTimersByTimeAsync(2000);
    tell({ type: "taken", item: "b" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await metric("unfinished_work_seconds")).toEqual({ "q,q": 4 });
    expect(await metric("longest_running_processor_seconds")).toEqual({ "q,q": 3 });
    tell({ type: "done", item: "a" });
    await vi.advanceTimersByTimeAsync(500);
    expect(await metric("unfinished_work_seconds")).toEqual({ "q,q": 1.5 });
    expect(await metric("longest_running_processor_seconds")).toEqual({ "q,q": 1.5 });
  });

  it("tell the depth by priority, 0 once nothing of it waits (Q20)", async () => {
    const depths = (...entries: [number, number][]): Map<number, number> => new Map(entries);
    tell({ type: "added", item: "a", depthByPriority: depths([0, 2], [-100, 3]) });
    expect(await metric("depth")).toEqual({ "q,q,0": 2, "q,q,-100": 3 });
    tell({ type: "taken", item: "a", depthByPriority: depths([0, 1]) });
    expect(await metric("depth")).toEqual({ "q,q,0": 1, "q,q,-100": 0 });
  });

  it("tell 25 priorities apart, and the others together (Q20)", async () => {
    for (let priority = 1; priority <= 24; priority++) {
      tell({ type: "added", depthByPriority: new Map([[priority, 1]]) });
    }
    tell({ type: "added", depthByPriority: new Map([[24, 1], ...[25, 26, 27].map((p) => [p, 2] as const)]) });
    const depth = await metric("depth");
    expect(Object.keys(depth)).toHaveLength(26);
    expect(depth).toMatchObject({ "q,q,24": 1, "q,q,exceeded_cardinality_limit": 6, "q,q,1": 0 });
    tell({ type: "taken", depthByPriority: new Map() });
    expect(await metric("depth")).toMatchObject({ "q,q,exceeded_cardinality_limit": 0 });
  });

  it("are those of a real queue (Q12)", async () => {
    const queue = new WorkQueue({ name: "widgets" });
    new WorkQueue().add("unnamed");
    queue.add("a");
    queue.add("a");
    queue.add("b", { priority: -100 });
    expect(await metric("adds_total")).toEqual({ "widgets,widgets": 2 });
    expect(await metric("depth")).toEqual({ "widgets,widgets,0": 1, "widgets,widgets,-100": 1 });
    await vi.advanceTimersByTimeAsync(1000);
    const item = await queue.take();
    expect(await metric("queue_duration_seconds")).toMatchObject({ "widgets,widgets_sum": 1 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(await metric("unfinished_work_seconds")).toEqual({ "widgets,widgets": 3 });
    queue.done(item?.key ?? "");
    expect(await metric("work_duration_seconds")).toMatchObject({ "widgets,widgets_sum": 3 });
    expect(await metric("unfinished_work_seconds")).toEqual({ "widgets,widgets": 0 });
    queue.addRateLimited("c");
    expect(await metric("retries_total")).toEqual({ "widgets,widgets": 1 });
  });
});
