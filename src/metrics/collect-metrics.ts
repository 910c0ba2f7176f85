import { expectOptions } from "../base/arguments.ts";
import { informerMetrics } from "./informer-metrics.ts";
import { leaderElectionMetrics } from "./leader-election-metrics.ts";
import { loadPeer } from "./load-peer.ts";
import { expectRegistry, type MetricRegistry, MetricSet } from "./metric-set.ts";
import { reconcileMetrics } from "./reconcile-metrics.ts";
import { requestMetrics } from "./request-metrics.ts";
import { workQueueMetrics } from "./work-queue-metrics.ts";

/** Where {@link collectMetrics} registers what it collects. */
export interface CollectMetricsOptions {
  /** A `Registry` of prom-client. @default prom-client's own, its `register` */
  readonly register?: MetricRegistry | undefined;
}

/**
 * Collect what all of this process does as Prometheus metrics, under the names that Go operators export.
 *
 * Controllers, work queues, requests, elections (Q12, Q35, Q58), and informers;
 * docs/metrics.md has the list. Call it before they are made: what happened
 * before is not counted. No label names an object but an election's, which is its
 * lease. Resolves to how to stop, which takes the metrics out of the registry
 * again. Needs the package prom-client, and rejects with `UNSUPPORTED` without
 * it; with `INVALID_ARGUMENT` where the registry has a metric of one of these
 * names. Until it is called nothing is measured.
 */
export async function collectMetrics(options: CollectMetricsOptions = {}): Promise<() => void> {
  expectOptions("options", options);
  if (options.register !== undefined) expectRegistry("register", options.register);
  // Imported, not asked for: whoever has a Registry has the package. It need not be the same copy.
  const client = await loadPeer("Collect metrics", "prom-client", () => import("prom-client"));
  const register: MetricRegistry = options.register ?? client.register;
  const metrics = new MetricSet(client);
  const listeners = [
    ...reconcileMetrics(metrics),
    ...workQueueMetrics(metrics),
    ...requestMetrics(metrics),
    ...leaderElectionMetrics(metrics),
    ...informerMetrics(metrics),
  ];
  metrics.register(register);
  const stops = listeners.map((listen) => listen());
  return () => {
    for (const stop of stops.splice(0)) stop();
    metrics.unregister(register);
  };
}
