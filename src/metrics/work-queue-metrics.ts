import { type WorkQueueRecord, workQueueChannel } from "../base/work-queue-telemetry.ts";
import type { MetricSet } from "./metric-set.ts";
import { ObservedQueue } from "./observed-queue.ts";
import { type Listen, listenTo, recordWith } from "./telemetry-listener.ts";

/** controller-runtime's buckets for work queues: 10 ns to 1000 s, each ten times the one before. */
const buckets: readonly number[] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/** What work queues do, as controller-runtime measures it, `name` and `controller` both being the queue's name (Q12, Q20). */
export function workQueueMetrics(metrics: MetricSet): Listen[] {
  const labels = ["name", "controller"] as const;
  const queues = new Map<string, ObservedQueue>();
  // What changes by itself is read when it is asked for, not each half a second.
  metrics.gauge(
    {
      name: "workqueue_depth",
      help: "Current depth of workqueue by workqueue and priority",
      labels: ["name", "controller", "priority"],
    },
    (gauge) => {
      for (const [name, queue] of queues) {
        for (const [priority, depth] of queue.depths())
          gauge.set({ name, controller: name, priority }, depth);
      }
    },
  );
  const adds = metrics.counter({
    name: "workqueue_adds_total",
    help: "Total number of adds handled by workqueue",
    labels,
  });
  const waited = metrics.histogram(
    {
      name: "workqueue_queue_duration_seconds",
      help: "How long in seconds an item stays in workqueue before being requested",
      labels,
    },
    buckets,
  );
  const worked = metrics.histogram(
    {
      name: "workqueue_work_duration_seconds",
      help: "How long in seconds processing an item from workqueue takes.",
      labels,
    },
    buckets,
  );
  metrics.gauge(
    {
      name: "workqueue_unfinished_work_seconds",
      help: "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
      labels,
    },
    (gauge) => {
      for (const [name, queue] of queues) gauge.set({ name, controller: name }, queue.unfinished().seconds);
    },
  );
  metrics.gauge(
    {
      name: "workqueue_longest_running_processor_seconds",
      help: "How many seconds has the longest running processor for workqueue been running.",
      labels,
    },
    (gauge) => {
      for (const [name, queue] of queues) {
        gauge.set({ name, controller: name }, queue.unfinished().longestSeconds);
      }
    },
  );
  const retries = metrics.counter({
    name: "workqueue_retries_total",
    help: "Total number of retries handled by workqueue",
    labels,
  });

  const observed = (name: string): ObservedQueue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new ObservedQueue();
    queues.set(name, queue);
    for (const counter of [adds, retries]) counter.inc({ name, controller: name }, 0);
    for (const histogram of [waited, worked]) histogram.zero({ name, controller: name });
    return queue;
  };
  const onRecord = (record: WorkQueueRecord): void => {
    const { queue: name, type, waitedMs = 0, workedMs = 0 } = record;
    const own = { name, controller: name };
    observed(name).observe(record);
    if (type === "added") adds.inc(own);
    if (type === "retried") retries.inc(own);
    if (type === "taken") waited.observe(own, waitedMs / 1000);
    if (type === "done") worked.observe(own, workedMs / 1000);
  };
  return [listenTo(workQueueChannel, recordWith<WorkQueueRecord>("type", "queue"), onRecord)];
}
