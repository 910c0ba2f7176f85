import type { TracerProvider } from "@opentelemetry/api";
import { type OpenMetricsContentType, Registry, register } from "prom-client";
import { describe, expectTypeOf, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { EventPort } from "../../src/events/event-port.ts";
import { EventRecorder } from "../../src/events/event-recorder.ts";
import type { EventSubject } from "../../src/events/object-reference.ts";
import { Event, EventsV1Event, Node, Pod } from "../../src/kinds/index.ts";
import {
  collectMetrics,
  type MetricRegistry,
  type TracerSource,
  traceSpans,
} from "../../src/metrics/index.ts";

declare const cluster: Cluster;
declare const pod: Pod;
declare const recorder: EventRecorder;

describe("an event recorder's types", () => {
  it("takes a cluster's own handle of events.k8s.io", () => {
    expectTypeOf(cluster.resources(EventsV1Event)).toExtend<EventPort>();
    new EventRecorder({ events: cluster.resources(EventsV1Event), reportingController: "c" });
    // @ts-expect-error: events of core/v1 are other objects
    new EventRecorder({ events: cluster.resources(Event), reportingController: "c" });
    // @ts-expect-error: who reports?
    new EventRecorder({ events: cluster.resources(EventsV1Event) });
  });

  it("takes objects, objects with their kind, and references", () => {
    expectTypeOf(pod).toExtend<EventSubject>();
    const report = { type: "Normal", reason: "Started", action: "Start" } as const;
    recorder.event(pod, report);
    recorder.event({ kind: Pod, object: pod }, { ...report, note: "n", related: { kind: Node, object: {} } });
    recorder.event({ apiVersion: "v1", kind: "Pod", name: "p", fieldPath: "spec.containers{web}" }, report);
    // @ts-expect-error: a key is no object
    recorder.event("shop/web", report);
    // @ts-expect-error: there are two types
    recorder.event(pod, { ...report, type: "Error" });
    // @ts-expect-error: what was done?
    recorder.event(pod, { type: "Normal", reason: "Started" });
  });
});

describe("the types of metrics", () => {
  it("take any Registry of prom-client, and any TracerProvider of OpenTelemetry", () => {
    expectTypeOf<Registry>().toExtend<MetricRegistry>();
    expectTypeOf<Registry<OpenMetricsContentType>>().toExtend<MetricRegistry>();
    expectTypeOf(register).toExtend<MetricRegistry>();
    expectTypeOf<TracerProvider>().toExtend<TracerSource>();
    expectTypeOf(collectMetrics({ register: new Registry() })).toEqualTypeOf<Promise<() => void>>();
    expectTypeOf(traceSpans()).toEqualTypeOf<Promise<() => void>>();
    // @ts-expect-error: no registry
    collectMetrics({ register: {} });
  });
});
