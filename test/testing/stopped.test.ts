import { expect, it, vi } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import type { TransportRequest } from "../../src/transport/port.ts";
import { named } from "../apiserver/http/fronts.ts";

async function stopped(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const server = await TestApiServer.start({ listen: false, ...options });
  await server.stop();
  return server;
}

const list: TransportRequest = { method: "GET", path: "/api/v1/configmaps", headers: {}, isStream: false };
const watch: TransportRequest = { ...list, path: "/api/v1/configmaps?watch=1", isStream: true };

const uses: Record<string, [string, (server: TestApiServer) => unknown]> = {
  create: ["Create an object on the test server", (server) => server.create(ConfigMap, named("a"))],
  update: ["Update an object on the test server", (server) => server.update(ConfigMap, named("a"))],
  delete: ["Delete an object on the test server", (server) => server.delete(ConfigMap, "a")],
  get: ["Read an object on the test server", (server) => server.get(ConfigMap, "a")],
  list: ["List objects on the test server", (server) => server.list(ConfigMap)],
  cluster: ["Connect to the test server", (server) => server.cluster()],
  url: ["Read the url of the test server", (server) => server.url],
  kubeconfig: ["Write a kubeconfig for the test server", (server) => server.kubeconfig()],
  expire: ["Expire the history of the test server", (server) => server.expire()],
  cutWatches: ["Cut watches of the test server", (server) => server.cutWatches()],
  stallWatches: ["Stall watches of the test server", (server) => server.stallWatches()],
  resumeWatches: ["Resume watches of the test server", (server) => server.resumeWatches()],
  failNext: ["Fail requests to the test server", (server) => server.failNext({ verb: "list" })],
};

it.each(Object.keys(uses))("refuses %s after stop, naming the step (P22)", async (use) => {
  const [step, call] = uses[use] ?? ["", () => undefined];
  for (const listen of [true, false]) {
    const server = await stopped({ listen });
    await expect((async () => call(server))()).rejects.toMatchObject({
      code: "STOPPED",
      message: `${step}: it was stopped; start another one`,
    });
  }
});

it("leaves its log, its certificate and the count of its watches to be read after stop", async () => {
  const server = await TestApiServer.start({ tls: true });
  await server.transport(list);
  await server.stop();
  expect(server.requests.filter({ verb: "list" })).toHaveLength(1);
  expect(server.ca).toContain("BEGIN CERTIFICATE");
  expect(server.openWatches).toBe(0);
});

it("breaks the connection of requests after stop, as a server that is gone does (P22)", async () => {
  const server = await stopped();
  for (const request of [list, watch]) {
    await expect(server.transport(request)).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: `GET ${request.path}: the server was stopped`,
    });
  }
  expect(server.requests.length).toBe(0);
  const aborted = { ...list, signal: AbortSignal.abort() };
  await expect(server.transport(aborted)).rejects.toMatchObject({ code: "ABORTED" });
});

it("tells a client that has its transport, and one of HTTP, that the server is gone (P22)", async () => {
  const server = await TestApiServer.start();
  await using inMemory = await Cluster.connect({ transport: server.transport, retry: { maxRetries: 0 } });
  await using overHttp = await Cluster.connect({ server: server.url, retry: { maxRetries: 0 } });
  await server.stop();
  for (const cluster of [inMemory, overHttp]) {
    const answer = cluster.resources(ConfigMap).inNamespace("default").list();
    await expect(answer).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
  }
});

it("breaks the connection of a request that an interceptor held while the server stopped", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const server = await TestApiServer.start({
    listen: false,
    interceptors: [(next) => (request) => gate.then(() => next(request))],
  });
  const answer = server.transport(watch);
  await server.stop();
  open();
  await expect(answer).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
  expect([...server.requests]).toMatchObject([{ status: 0 }]);
});

it("lets faults that are left over answer nothing after stop", async () => {
  const server = await TestApiServer.start({ listen: false });
  server.failNext({ status: 503, times: 5 });
  await server.stop();
  await expect(server.transport(list)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
});

it("closes a client that was being made when it stopped", async () => {
  const server = await TestApiServer.start({ listen: false });
  const cluster = server.cluster();
  const stopping = server.stop();
  await expect(cluster).rejects.toMatchObject({ code: "STOPPED" });
  await stopping;
});

it("closes watches and connections also where a client's handler never settles (P20)", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  try {
    const server = await TestApiServer.start({ listen: false });
    server.create(ConfigMap, named("a"));
    const informer = (await server.cluster()).resources(ConfigMap).informer();
    const { promise: called, resolve: call } = Promise.withResolvers<void>();
    informer.on("ADDED", () => {
      call();
      return new Promise<void>(() => {});
    });
    informer.start();
    await called;
    const stopping = expect(server.stop()).rejects.toMatchObject({ code: "TIMEOUT" });
    await vi.advanceTimersByTimeAsync(10_000);
    await stopping;
    await expect(server.transport(list)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
  } finally {
    vi.useRealTimers();
  }
});
