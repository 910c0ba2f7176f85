/** Export what a program does to Prometheus and to OpenTelemetry: `node examples/metrics.ts 9090`. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Cluster, Manager } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { collectMetrics, traceSpans } from "kube-reflex/metrics";
import { collectDefaultMetrics, Registry } from "prom-client";

/** A registry of all that this process does; to be made first, as nothing is counted before. */
export async function registryOfAll(): Promise<Registry> {
  const register = new Registry();
  await collectMetrics({ register });
  collectDefaultMetrics({ register }); // memory, CPU and event loop, by prom-client itself
  return register;
}

/** A manager serves it at `/metrics`, beside `/healthz` and `/readyz`. */
export async function managerWithMetrics(port: number): Promise<Manager> {
  const registry = await registryOfAll();
  return new Manager({ health: { port }, metrics: { registry } });
}

/** A program without a manager serves it by itself. */
export async function serveMetrics(register: Registry, port: number): Promise<Server> {
  const server = createServer(async (_request, response) => {
    const text = await register.metrics();
    response.setHeader("content-type", register.contentType).end(text);
  });
  server.listen(port);
  await once(server, "listening");
  return server;
}

/** Reconciles and requests as spans, where a SDK of OpenTelemetry is registered. */
export async function traced(work: () => Promise<void>): Promise<void> {
  const stopTracing = await traceSpans();
  try {
    await work();
  } finally {
    stopTracing();
  }
}

if (import.meta.main) {
  const register = await registryOfAll();
  await serveMetrics(register, Number(process.argv[2] ?? 9090));
  const cluster = await Cluster.connect();
  await cluster.resources(Pod).informer().synced();
}
