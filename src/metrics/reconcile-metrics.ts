import {
  type ReconcileOutcome,
  type ReconcileRecord,
  reconcileChannel,
} from "../base/reconcile-telemetry.ts";
import type { MetricSet } from "./metric-set.ts";
import { type Listen, listenTo, recordWith } from "./telemetry-listener.ts";

const outcomes: readonly ReconcileOutcome[] = ["error", "requeue_after", "requeue", "success"];

/** controller-runtime's buckets for a reconcile, in seconds. */
const buckets: readonly number[] = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  ...[1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];

/** What controllers do, as controller-runtime measures it: the same names, labels and buckets (Q35). */
export function reconcileMetrics(metrics: MetricSet): Listen[] {
  const labels = ["controller"] as const;
  const total = metrics.counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labels: ["controller", "result"],
  });
  const errors = metrics.counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller",
    labels,
  });
  const terminalErrors = metrics.counter({
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Total number of terminal reconciliation errors per controller",
    labels,
  });
  const panics = metrics.counter({
    name: "controller_runtime_reconcile_panics_total",
    help: "Total number of reconciliation panics per controller",
    labels,
  });
  const timeouts = metrics.counter({
    name: "controller_runtime_reconcile_timeouts_total",
    help: "Total number of reconciliation timeouts per controller",
    labels,
  });
  const time = metrics.histogram(
    {
      name: "controller_runtime_reconcile_time_seconds",
      help: "Length of time per reconciliation per controller",
      labels,
    },
    buckets,
  );
  const concurrency = metrics.gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller",
    labels,
  });
  const active = metrics.gauge({
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller",
    labels,
  });

  /** How many reconciles of each controller run; never below none, as those that ran before this listened end too. */
  const running = new Map<string, number>();
  const setRunning = (controller: string, count: number): void => {
    running.set(controller, Math.max(0, count));
    active.set({ controller }, Math.max(0, count));
  };
  /** All at 0, so that a rate is there before the first of them happens (Q35). */
  const begin = (controller: string): void => {
    for (const result of outcomes) total.inc({ controller, result }, 0);
    for (const counter of [errors, terminalErrors, panics, timeouts]) counter.inc({ controller }, 0);
    setRunning(controller, 0);
  };
  const onRecord = (record: ReconcileRecord): void => {
    const { controller } = record;
    if (!running.has(controller)) begin(controller);
    if (record.type === "controller-started") {
      concurrency.set({ controller }, record.concurrency);
      return;
    }
    const count = running.get(controller) ?? 0;
    if (record.type === "reconcile-started") {
      setRunning(controller, count + 1);
      return;
    }
    setRunning(controller, count - 1);
    total.inc({ controller, result: record.outcome });
    time.observe({ controller }, record.durationMs / 1000);
    if (record.outcome === "error") errors.inc({ controller });
    if (record.isTerminal) terminalErrors.inc({ controller });
    if (record.isPanic) panics.inc({ controller });
    if (record.isTimeout) timeouts.inc({ controller });
  };
  return [listenTo(reconcileChannel, recordWith<ReconcileRecord>("type", "controller"), onRecord)];
}
