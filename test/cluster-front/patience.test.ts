import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallOptions } from "../../src/client/client.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Deployment, Pod, Service } from "../../src/kinds/index.ts";
import { Answer, Recording, rejection } from "./recording.ts";

const web = { metadata: { name: "web", namespace: "shop" } };
const manager = { fieldManager: "me" };
const pods = (c: Cluster) => c.resources(Pod).inNamespace("shop");
const pod = (c: Cluster) => pods(c).withName("web");
const deployment = (c: Cluster) => c.resources(Deployment).inNamespace("shop").withName("web");
const service = (c: Cluster) => c.resources(Service).inNamespace("shop").withName("web");

type Call = (cluster: Cluster, options: CallOptions) => Promise<unknown>;

/** Everything that asks the server and waits for its answer. */
const calls: Record<string, Call> = {
  "cluster.resources({ apiVersion, kind })": (c, o) =>
    c.resources({ apiVersion: "example.com/v1", kind: "Widget" }, o),
  "cluster.discover()": (c, o) => c.discover(undefined, o),
  "cluster.discover(apiVersion)": (c, o) => c.discover("v1", o),
  "cluster.apply": (c, o) => c.apply([{ apiVersion: "v1", kind: "Pod", ...web }], { ...manager, ...o }),
  "cluster.raw": (c, o) => c.raw("/metrics", o),
  "cluster.version": (c, o) => c.version(o),
  "cluster.health": (c, o) => c.health(o),
  list: (c, o) => pods(c).list(o),
  pages: (c, o) => pods(c).pages(o).next(),
  items: (c, o) => pods(c).items(o).next(),
  create: (c, o) => pods(c).create(web, o),
  "replace of a collection": (c, o) => pods(c).replace(web, o),
  "apply of a collection": (c, o) => pods(c).apply(web, { ...manager, ...o }),
  deleteAll: (c, o) => pods(c).deleteAll(o),
  get: (c, o) => pod(c).get(o),
  find: (c, o) => pod(c).find(o),
  "get of metadata": (c, o) => pod(c).metadata().get(o),
  replace: (c, o) => pod(c).replace(web, o),
  apply: (c, o) => pod(c).apply(web, { ...manager, ...o }),
  patch: (c, o) => pod(c).patch({ merge: {} }, o),
  edit: (c, o) => pod(c).edit(() => {}, o),
  delete: (c, o) => pod(c).delete(o),
  "status.get": (c, o) => pod(c).status.get(o),
  "status.replace": (c, o) => pod(c).status.replace(web, o),
  "status.apply": (c, o) => pod(c).status.apply(web, { ...manager, ...o }),
  "status.patch": (c, o) => pod(c).status.patch({ json: [] }, o),
  "status.edit": (c, o) => pod(c).status.edit(() => {}, o),
  "subresource.create": (c, o) => pod(c).subresource("binding").create(web, o),
  scale: (c, o) => deployment(c).scale(3, o),
  evict: (c, o) => pod(c).evict(o),
  "logs, as text": (c, o) => pod(c).logs(o).text(),
  "logs, followed": (c, o) =>
    pod(c)
      .logs({ follow: true, ...o })
      [Symbol.asyncIterator]()
      .next(),
  exec: (c, o) => pod(c).exec(["true"], o),
  run: (c, o) => pod(c).run(["true"], o),
  attach: (c, o) => pod(c).attach(o),
  "portForward, a connection": async (c, o) => (await pod(c).portForward(80)).open(o),
  proxy: (c, o) => service(c).proxy("/", o),
};

describe("a server that never answers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const silent = () =>
    new Recording(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );

  it.each(Object.entries(calls))("is waited for no longer than `timeoutMs`: %s", async (_what, call) => {
    const server = silent();
    const cluster = await server.connect();
    const waiting = rejection(call(cluster, { timeoutMs: 5000 }));
    // Some of the calls are loaded when they are made.
    await vi.waitUntil(() => server.sent.length > 0);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await waiting).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("5000 ms") });
    await cluster.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(Object.entries(calls))("is left when `signal` aborts: %s", async (_what, call) => {
    const server = silent();
    const cluster = await server.connect();
    const controller = new AbortController();
    const waiting = rejection(call(cluster, { signal: controller.signal }));
    await vi.waitUntil(() => server.sent.length > 0);
    controller.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    await cluster.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the client's own rate limit", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** One request in ten seconds, the first of which is spent. */
  async function limited(server: Recording): Promise<Cluster> {
    const cluster = await server.connect({ rateLimit: { requestsPerSecond: 0.1, burst: 1 } });
    await pod(cluster).get();
    return cluster;
  }

  it("takes none of a call's time while it is waited for; what comes then does (H2)", async () => {
    const server = new Recording(() => web);
    const cluster = await limited(server);
    const answered = pod(cluster).get({ timeoutMs: 1000 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answered).toEqual(web);

    server.reply = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const settled = vi.fn();
    const hanging = rejection(pod(cluster).get({ timeoutMs: 1000 })).finally(settled);
    await vi.advanceTimersByTimeAsync(10_999);
    expect([server.sent.length, settled.mock.calls.length]).toEqual([3, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await hanging).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("1000 ms") });
    await cluster.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no clock running for a call that is given up while a repetition waits (H2, H7)", async () => {
    const server = new Recording(() => web);
    const cluster = await limited(server);
    await vi.advanceTimersByTimeAsync(10_000);
    server.reply = () => new Answer(429, {}, { "retry-after": "0" });
    const controller = new AbortController();
    const waiting = rejection(pod(cluster).get({ timeoutMs: 5000, signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(8000);
    expect(server.sent).toHaveLength(2);
    controller.abort();
    expect(await waiting).toMatchObject({ code: "ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
    await cluster.close();
  });
});
