import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap, Lease } from "../../src/kinds/index.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { collectMetrics, traceSpans } from "../../src/metrics/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stopCollecting: () => void;
let server: TestApiServer;
let cluster: Cluster;
beforeEach(async () => {
  register = new Registry();
  stopCollecting = await collectMetrics({ register });
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
});
afterEach(async () => {
  await server.stop();
  stopCollecting();
});
const metric = (name: string): Promise<Record<string, number>> => valuesOf(register, name);
const settings = (name: string): ConfigMap => ({ metadata: { name, namespace: "default" } });

describe("metrics of a process", () => {
  it("tell what its informers do", async () => {
    server.create(ConfigMap, settings("a"));
    const informer = cluster.resources(ConfigMap).inNamespace("default").informer();
    await informer.synced();
    const name = "configmaps in default";
    const events = async (): Promise<number> =>
      (await metric("kube_reflex_informer_events_total"))[name] ?? 0;
    expect(await metric("kube_reflex_informer_objects")).toEqual({ [name]: 1 });
    const lists = Object.entries(await metric("kube_reflex_informer_lists_total"));
    expect(lists).toEqual([[expect.stringMatching(/^configmaps in default,[a-z-]+$/), 1]]);
    expect(await metric("kube_reflex_informer_health")).toMatchObject({ [`${name},live`]: 1 });
    const before = await events();
    const created = server.create(ConfigMap, settings("b"));
    await informer.store.waitFor(created.metadata.resourceVersion ?? "");
    expect(await events()).toBe(before + 1);
    expect(await metric("kube_reflex_informer_objects")).toEqual({ [name]: 2 });
    expect(await metric("kube_reflex_informer_watches_total")).toEqual({ [name]: 1 });
    expect(await metric("kube_reflex_informer_errors_total")).toEqual({});
    await informer.stop();
  });

  it("tell what its controllers do, each request in the span of its reconcile (Q12, Q35)", async () => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const stopTracing = await traceSpans({ tracerProvider });
    server.create(ConfigMap, settings("a"));
    const stop = new AbortController();
    const reconciled = Promise.withResolvers<void>();
    const controller = cluster
      .controller(ConfigMap)
      .in("default")
      .reconcile(async ({ cluster: own, name, namespace = "" }) => {
        await own
          .resources(ConfigMap)
          .inNamespace(namespace)
          .withName(name)
          .patch({ merge: { data: { a: "1" } } });
        reconciled.resolve();
        return { requeueAfterMs: 60_000 };
      });
    const running = controller.run(stop.signal);
    await reconciled.promise;
    await expect
      .poll(async () => (await metric("controller_runtime_reconcile_total"))["configmap,requeue_after"])
      .toBeGreaterThan(0);
    stop.abort();
    await running;
    stopTracing();
    context.disable();
    trace.disable();
    expect(await metric("controller_runtime_max_concurrent_reconciles")).toEqual({ configmap: 1 });
    expect(await metric("controller_runtime_active_workers")).toEqual({ configmap: 0 });
    expect((await metric("workqueue_adds_total"))["configmap,configmap"]).toBeGreaterThan(0);
    expect((await metric("workqueue_work_duration_seconds"))["configmap,configmap_count"]).toBeGreaterThan(0);
    const spans = exporter.getFinishedSpans();
    const reconcile = spans.find(({ name }) => name === "reconcile configmap");
    const patch = spans.find(({ name }) => name === "PATCH");
    expect(patch?.parentSpanContext?.spanId).toBe(reconcile?.spanContext().spanId);
    expect(patch?.attributes).toMatchObject({ "http.response.status_code": 200 });
  });

  it("tell who leads (Q58)", async () => {
    const stop = new AbortController();
    const led = Promise.withResolvers<void>();
    const leases = cluster.resources(Lease).inNamespace("default");
    const elector = new LeaderElector({ leases, name: "widgets" });
    const running = elector.run(stop.signal, () => led.resolve());
    await led.promise;
    expect(await metric("leader_election_master_status")).toEqual({ widgets: 1 });
    stop.abort();
    await running;
    expect(await metric("leader_election_master_status")).toEqual({ widgets: 0 });
  });
});
