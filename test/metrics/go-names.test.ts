import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { informerChannel } from "../../src/base/informer-telemetry.ts";
import { leaderElectionChannel } from "../../src/base/leader-election-telemetry.ts";
import { reconcileChannel } from "../../src/base/reconcile-telemetry.ts";
import { attemptChannel, lookupChannel, requestChannel } from "../../src/base/request-telemetry.ts";
import { workQueueChannel } from "../../src/base/work-queue-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { scrape } from "./exposition.ts";

// Read from controller-runtime at 86a0d40 (August 2026): pkg/internal/controller/metrics/metrics.go,
// pkg/internal/metrics/workqueue.go, pkg/metrics/client_go_adapter.go, pkg/metrics/leaderelection.go.
const requestSeconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const requestBytes = [64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const queueSeconds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
const reconcileSeconds = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  ...[1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];
const controller = ["controller"];
const queue = ["controller", "name"];
const request = ["host", "verb"];
const ofGo: Record<string, { type: string; labels: string[]; buckets?: number[] }> = {
  controller_runtime_reconcile_total: { type: "counter", labels: ["controller", "result"] },
  controller_runtime_reconcile_errors_total: { type: "counter", labels: controller },
  controller_runtime_terminal_reconcile_errors_total: { type: "counter", labels: controller },
  controller_runtime_reconcile_panics_total: { type: "counter", labels: controller },
  controller_runtime_reconcile_timeouts_total: { type: "counter", labels: controller },
  controller_runtime_reconcile_time_seconds: {
    type: "histogram",
    labels: controller,
    buckets: reconcileSeconds,
  },
  controller_runtime_max_concurrent_reconciles: { type: "gauge", labels: controller },
  controller_runtime_active_workers: { type: "gauge", labels: controller },
  workqueue_depth: { type: "gauge", labels: ["controller", "name", "priority"] },
  workqueue_adds_total: { type: "counter", labels: queue },
  workqueue_queue_duration_seconds: { type: "histogram", labels: queue, buckets: queueSeconds },
  workqueue_work_duration_seconds: { type: "histogram", labels: queue, buckets: queueSeconds },
  workqueue_unfinished_work_seconds: { type: "gauge", labels: queue },
  workqueue_longest_running_processor_seconds: { type: "gauge", labels: queue },
  workqueue_retries_total: { type: "counter", labels: queue },
  rest_client_requests_total: { type: "counter", labels: ["code", "host", "method"] },
  rest_client_request_retries_total: { type: "counter", labels: ["code", "host", "verb"] },
  rest_client_request_duration_seconds: { type: "histogram", labels: request, buckets: requestSeconds },
  rest_client_rate_limiter_duration_seconds: { type: "histogram", labels: request, buckets: requestSeconds },
  rest_client_request_size_bytes: { type: "histogram", labels: request, buckets: requestBytes },
  rest_client_response_size_bytes: { type: "histogram", labels: request, buckets: requestBytes },
  rest_client_dns_resolution_duration_seconds: {
    type: "histogram",
    labels: ["host"],
    buckets: requestSeconds,
  },
  leader_election_master_status: { type: "gauge", labels: ["name"] },
  leader_election_slowpath_total: { type: "counter", labels: ["name"] },
};
const ofInformers: Record<string, { type: string; labels: string[] }> = {
  kube_reflex_informer_lists_total: { type: "counter", labels: ["informer", "reason"] },
  kube_reflex_informer_watches_total: { type: "counter", labels: ["informer"] },
  kube_reflex_informer_errors_total: { type: "counter", labels: ["code", "informer"] },
  kube_reflex_informer_events_total: { type: "counter", labels: ["informer"] },
  kube_reflex_informer_event_gap_seconds: { type: "histogram", labels: ["informer"] },
  kube_reflex_informer_last_event_age_seconds: { type: "gauge", labels: ["informer"] },
  kube_reflex_informer_objects: { type: "gauge", labels: ["informer"] },
  kube_reflex_informer_health: { type: "gauge", labels: ["informer", "state"] },
};

it("registers Go's names with Go's types, labels and buckets, and the informers' own (Q12, Q20, Q35, Q58, H30)", async () => {
  const register = new Registry();
  const stop = await collectMetrics({ register });
  const http = { method: "GET", host: "k:6443", route: "/", isStream: false, code: "200" };
  channel(reconcileChannel).publish({ type: "controller-started", controller: "widgets", concurrency: 1 });
  channel(reconcileChannel).publish({
    ...{ type: "reconcile-ended", controller: "widgets", outcome: "success", durationMs: 1 },
    ...{ isTerminal: false, isTimeout: false, isPanic: false },
  });
  channel(workQueueChannel).publish({
    queue: "widgets",
    type: "created",
    depth: 0,
    depthByPriority: new Map(),
  });
  channel(attemptChannel).publish({ ...http, attempt: 2, durationMs: 1 });
  channel(requestChannel).publish({
    ...http,
    attempts: 2,
    durationMs: 1,
    rateLimiterMs: 0,
    requestBytes: 0,
    responseBytes: 2,
  });
  channel(lookupChannel).publish({ host: "k", durationMs: 1 });
  channel(leaderElectionChannel).publish({ lease: "shop/widgets", type: "candidate", isLeader: false });
  const informer = "pods in shop";
  channel(informerChannel).publish({ informer, type: "list-started", reason: "first" });
  channel(informerChannel).publish({ informer, type: "watch-started" });
  channel(informerChannel).publish({ informer, type: "error", reason: "TIMEOUT" });
  channel(informerChannel).publish({ informer, type: "events", count: 1, size: 1, sinceProgressMs: 5 });
  channel(informerChannel).publish({ informer, type: "health", state: "live" });

  const families = await scrape(register);
  const exported = Object.fromEntries(
    Array.from(families, ([name, { type, labels, buckets }]) => {
      const isOfGo = name in ofGo && type === "histogram";
      return [name, { type, labels: labels.toSorted(), ...(isOfGo ? { buckets } : {}) }];
    }),
  );
  expect(exported).toEqual({ ...ofGo, ...ofInformers });
  expect(families.get("workqueue_depth")?.help).toBe("Current depth of workqueue by workqueue and priority");
  stop();
  expect(await register.metrics()).toBe("\n");
});
