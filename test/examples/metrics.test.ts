import { ConfigMap } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it } from "vitest";
import { managerWithMetrics, registryOfAll, serveMetrics, traced } from "../../examples/metrics.ts";

it("metrics serves what the process does as Prometheus reads it", async () => {
  const register = await registryOfAll();
  const server = await serveMetrics(register, 0);
  try {
    await using api = await TestApiServer.start({ listen: false });
    await using cluster = await api.cluster();
    await cluster.resources(ConfigMap).list();
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toMatch(/^rest_client_requests_total\{code="200",method="GET",host="[^"]+"\} 1$/m);
    expect(text).toContain("# TYPE workqueue_depth gauge");
    expect(text).toContain("process_cpu_seconds_total");
  } finally {
    server.close();
  }
});

it("metrics hands its registry to a manager, and traces what it is given", async () => {
  const manager = await managerWithMetrics(0);
  expect(manager).toBeDefined();
  let isDone = false;
  await traced(async () => {
    isDone = true;
  });
  expect(isDone).toBe(true);
});
