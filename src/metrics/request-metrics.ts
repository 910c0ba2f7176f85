import {
  type AttemptRecord,
  attemptChannel,
  type LookupRecord,
  lookupChannel,
  type RequestRecord,
  requestChannel,
} from "../base/request-telemetry.ts";
import type { MetricSet } from "./metric-set.ts";
import { type Listen, listenTo, recordWith } from "./telemetry-listener.ts";

/** client-go's buckets, in seconds and in bytes. */
const seconds: readonly number[] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const bytes: readonly number[] = [
  ...[64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
];

/** What goes to API servers, as client-go measures it (H30): watches and other streams are counted, and not timed. */
export function requestMetrics(metrics: MetricSet): Listen[] {
  const labels = ["verb", "host"] as const;
  const total = metrics.counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, partitioned by status code, method, and host.",
    labels: ["code", "method", "host"],
  });
  const retries = metrics.counter({
    name: "rest_client_request_retries_total",
    help: "Number of request retries, partitioned by status code, verb, and host.",
    labels: ["code", "verb", "host"],
  });
  const duration = metrics.histogram(
    {
      name: "rest_client_request_duration_seconds",
      help: "Request latency in seconds. Broken down by verb and host.",
      labels,
    },
    seconds,
  );
  const rateLimiter = metrics.histogram(
    {
      name: "rest_client_rate_limiter_duration_seconds",
      help: "Client side rate limiter latency in seconds. Broken down by verb, and host.",
      labels,
    },
    seconds,
  );
  const requestSize = metrics.histogram(
    {
      name: "rest_client_request_size_bytes",
      help: "Request size in bytes. Broken down by verb and host.",
      labels,
    },
    bytes,
  );
  const responseSize = metrics.histogram(
    {
      name: "rest_client_response_size_bytes",
      help: "Response size in bytes. Broken down by verb and host.",
      labels,
    },
    bytes,
  );
  const lookup = metrics.histogram(
    {
      name: "rest_client_dns_resolution_duration_seconds",
      help: "DNS resolver latency in seconds. Broken down by host.",
      labels: ["host"],
    },
    seconds,
  );

  const onAttempt = ({ code, method, host, attempt }: AttemptRecord): void => {
    total.inc({ code, method, host });
    if (attempt > 1) retries.inc({ code, verb: method, host });
  };
  const onRequest = (record: RequestRecord): void => {
    if (record.isStream) return;
    const own = { verb: record.method, host: record.host };
    duration.observe(own, record.durationMs / 1000);
    rateLimiter.observe(own, record.rateLimiterMs / 1000);
    requestSize.observe(own, record.requestBytes);
    if (record.responseBytes !== undefined) responseSize.observe(own, record.responseBytes);
  };
  const onLookup = ({ host, durationMs }: LookupRecord): void => {
    lookup.observe({ host }, durationMs / 1000);
  };
  return [
    listenTo(attemptChannel, recordWith<AttemptRecord>("method", "host", "code"), onAttempt),
    listenTo(requestChannel, recordWith<RequestRecord>("method", "host", "code"), onRequest),
    listenTo(lookupChannel, recordWith<LookupRecord>("host"), onLookup),
  ];
}
