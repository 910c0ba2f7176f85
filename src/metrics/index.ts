export { type CollectMetricsOptions, collectMetrics } from "./collect-metrics.ts";
export type { MetricRegistry } from "./metric-set.ts";
export type { TracerSource } from "./open-spans.ts";
export { type TraceSpansOptions, traceSpans } from "./trace-spans.ts";
