import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { ConfigMap, Deployment, Namespace, Pod } from "../../src/kinds/index.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import { named, Widget } from "../apiserver/http/fronts.ts";

let server: TestApiServer;

async function start(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  server = await TestApiServer.start({ kinds: [Widget], listen: false, ...options });
  return server;
}

async function get(
  path: string,
): Promise<{ status: number; headers: Readonly<Record<string, string>>; text: string }> {
  const request = { method: "GET", path, headers: {}, isStream: false } as const;
  const { status, headers, body } = await server.transport(request);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { status, headers, text: Buffer.concat(chunks).toString() };
}

const configMaps = "/api/v1/namespaces/default/configmaps";

async function watch(path = `${configMaps}?watch=1`): Promise<AsyncIterator<Uint8Array>> {
  const { body } = await server.transport({ method: "GET", path, headers: {}, isStream: true });
  return body[Symbol.asyncIterator]();
}

const text = ({ value }: IteratorResult<Uint8Array>): string =>
  value === undefined ? "the end" : Buffer.from(value).toString();

afterEach(() => server.stop());

describe("writing objects directly", () => {
  beforeEach(() => start({ namespaces: ["shop"] }));

  it("creates with the rules of metadata, the status included, and returns the object", () => {
    const pod = server.create(Pod, { metadata: { name: "p" }, status: { phase: "Running" } });
    expect(pod).toMatchObject({
      kind: "Pod",
      metadata: { name: "p", namespace: "default", generation: 1 },
      status: { phase: "Running" },
    });
    expect(server.get(Pod, "default/p")).toBe(server.get(Pod, "p"));
    expect(server.create(Pod, { metadata: { name: "p", namespace: "shop" } }).metadata?.namespace).toBe(
      "shop",
    );
    expect(server.list(Pod).map(({ metadata }) => metadata?.namespace)).toEqual(["default", "shop"]);
    expect(server.get(Namespace, "shop")?.status?.phase).toBe("Active");
  });

  it("throws ApiErrors where a client would get them", () => {
    server.create(ConfigMap, named("a"));
    expect(() => server.create(ConfigMap, named("a"))).toThrow(
      'already exists: configmaps "a" already exists (409)',
    );
    expect(() => server.create(ConfigMap, named("A"))).toThrow(/: invalid: .*\(422\)/);
    expect(() => server.create(ConfigMap, { metadata: { name: "b", namespace: "nope" } })).toThrow(
      'namespaces "nope" not found',
    );
    expect(() => server.delete(ConfigMap, "nope")).toThrow(/: not found: .*\(404\)/);
    const unknown = { ...Widget, plural: "gadgets" };
    expect(() => server.list(unknown)).toThrow("name it in `kinds`");
  });

  it("updates whatever the resourceVersion, status included, and counts the generation", () => {
    const first = server.create(Widget, { metadata: { name: "w" }, spec: { size: 1 } });
    server.update(Widget, { ...first, status: { ready: true } });
    const last = server.update(Widget, { ...first, spec: { size: 2 }, status: { ready: false } });
    expect(last).toMatchObject({
      metadata: { uid: first.metadata?.uid, generation: 2 },
      spec: { size: 2 },
      status: { ready: false },
    });
  });

  it("deletes at once, finalizers or not, by key or by object", () => {
    server.create(ConfigMap, { metadata: { name: "a", finalizers: ["example.com/f"] } });
    expect(server.delete(ConfigMap, "default/a")).toMatchObject({ metadata: { name: "a" } });
    const second = server.create(ConfigMap, named("b"));
    server.delete(ConfigMap, second);
    expect(server.list(ConfigMap)).toEqual([]);
    expect(server.delete(Namespace, "shop")).toMatchObject({ metadata: { name: "shop" } });
  });

  it("tells watchers, and is no request", async () => {
    const events = await watch();
    server.requests.clear();
    server.create(ConfigMap, named("a"));
    expect(text(await events.next())).toContain('"type":"ADDED"');
    expect(server.requests.length).toBe(0);
  });

  it("does not share the caller's object", () => {
    const mine = { metadata: { name: "a", labels: { x: "1" } } };
    server.create(ConfigMap, mine);
    mine.metadata.labels.x = "2";
    expect(server.get(ConfigMap, "a")?.metadata?.labels).toEqual({ x: "1" });
  });
});

describe("controls", () => {
  beforeEach(() => start());

  it("expires history: watches from before get 410, open ones as told (beats T12)", async () => {
    server.create(ConfigMap, named("a"));
    const kept = await watch();
    await kept.next();
    server.expire();
    server.create(ConfigMap, named("b"));
    expect(text(await kept.next())).toContain('"name":"b"');
    const late = await watch(`${configMaps}?watch=1&resourceVersion=1`);
    expect(text(await late.next())).toContain('"code":410');
    server.expire({ resource: "configmaps", open: "error-event" });
    expect(text(await kept.next())).toContain('"reason":"Expired"');
    expect(text(await kept.next())).toBe("the end");
    server.expire({ refuseBy: "status" });
    expect((await get(`${configMaps}?watch=1&resourceVersion=1`)).status).toBe(410);
  });

  it("cuts watches of one resource or of all, with an error or without (beats T12)", async () => {
    const reset = await watch();
    const other = await watch("/api/v1/pods?watch=1");
    expect(server.openWatches).toBe(2);
    expect(server.cutWatches({ resource: "configmaps" })).toBe(1);
    await expect(reset.next()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(server.cutWatches({ mode: "end" })).toBe(1);
    expect(text(await other.next())).toBe("the end");
    expect(server.openWatches).toBe(0);
  });

  it("stalls watches, later ones too, and sends what was held back (beats T12)", async () => {
    const early = await watch();
    server.stallWatches({ resource: "configmaps" });
    server.create(ConfigMap, named("a"));
    const late = await watch();
    let seen = 0;
    const both = [early.next(), late.next()].map((next) =>
      next.then((result) => {
        seen += 1;
        return text(result);
      }),
    );
    await new Promise(setImmediate);
    expect(seen).toBe(0);
    server.resumeWatches();
    for (const event of await Promise.all(both)) expect(event).toContain('"name":"a"');
  });

  it("fails the next requests of a verb, after some and for some (beats T12)", async () => {
    server.failNext({ verb: "list", resource: "configmaps", status: 503, after: 1, times: 2 });
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) seen.push((await get(configMaps)).status);
    expect(seen).toEqual([200, 503, 503, 200]);
    expect((await get("/api/v1/pods")).status).toBe(200);
  });

  it("fails with a Status, with Retry-After, with text, with JSON, or with a broken connection", async () => {
    server.failNext({ status: 429, retryAfterSeconds: 7, message: "slow down" });
    const status = await get(configMaps);
    expect(status.headers["retry-after"]).toBe("7");
    expect(JSON.parse(status.text)).toMatchObject({
      kind: "Status",
      code: 429,
      reason: "TooManyRequests",
      message: "slow down",
      details: { retryAfterSeconds: 7 },
    });
    server.failNext({ status: 503, body: "<html>gateway</html>" });
    const html = await get(configMaps);
    expect([html.status, html.headers["content-type"], html.text]).toEqual([
      503,
      "text/html",
      "<html>gateway</html>",
    ]);
    server.failNext({ status: 200, body: { kind: "Table" } });
    expect(JSON.parse((await get(configMaps)).text)).toEqual({ kind: "Table" });
    server.failNext({ status: "reset" });
    await expect(get(configMaps)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(() => server.failNext({ status: 42 })).toThrow("Expected `status`");
    expect(() => server.failNext({ times: 0 })).toThrow("Expected `times`");
  });

  it("logs requests with what they were about and how they ended, and no secrets", async () => {
    const next = server.requests.next({ verb: "get", name: "a" });
    await get(`${configMaps}/a?resourceVersion=0`);
    expect(await next).toMatchObject({
      method: "GET",
      path: `${configMaps}/a`,
      query: "resourceVersion=0",
      status: 404,
      info: { verb: "get", resource: "configmaps", namespace: "default", name: "a" },
    });
    server.failNext({ status: "reset" });
    await get(configMaps).catch(() => {});
    expect([...server.requests].at(-1)).toMatchObject({ status: 0 });
  });

  it("puts a test's interceptors before the server", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await server.stop();
    await start({
      interceptors: [
        (next) => async (request) => {
          await gate;
          return next(request);
        },
      ],
    });
    const answer = get(configMaps);
    open();
    expect((await answer).status).toBe(200);
  });
});

describe("clients", () => {
  it("talks in memory through cluster(), with the token", async () => {
    await start({ token: "open-sesame" });
    const cluster = await server.cluster();
    const created = await cluster
      .resources(Deployment)
      .inNamespace("default")
      .create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
      });
    expect(created.metadata?.uid).toBeDefined();
    expect(server.get(Deployment, "web")?.metadata?.name).toBe("web");
    expect((await get(configMaps)).status).toBe(401);
  });

  it("throws an ApiError with the server's status through cluster()", async () => {
    await start();
    const cluster = await server.cluster();
    const missing = cluster.resources(Pod).inNamespace("default").withName("nope").get();
    await expect(missing).rejects.toMatchObject({ code: "API", status: 404, reason: "NotFound" });
  });

  it("writes a kubeconfig that leads to it", async () => {
    await start({ listen: true, tls: true, token: "open-sesame" });
    const config = parse(server.kubeconfig());
    expect(config).toMatchObject({
      kind: "Config",
      "current-context": "test",
      clusters: [{ cluster: { server: server.url } }],
      users: [{ user: { token: "open-sesame" } }],
    });
    const data = config.clusters[0].cluster["certificate-authority-data"];
    expect(Buffer.from(data, "base64").toString()).toBe(server.ca);
  });

  it("has no address without listening, and isolated instances side by side", async () => {
    await start();
    expect(() => server.url).toThrow("listen: false");
    await using other = await TestApiServer.start({ listen: false });
    other.create(ConfigMap, named("a"));
    expect(server.get(ConfigMap, "a")).toBeUndefined();
  });

  it("ends watches with stop(), which may be called twice, and leaves no timer", async () => {
    vi.useFakeTimers();
    try {
      await start();
      const { resourceVersion } = JSON.parse((await get(configMaps)).text).metadata;
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
      const events = await watch(`${configMaps}?${query}`);
      const next = events.next();
      await server.stop();
      await server.stop();
      expect(text(await next)).toBe("the end");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("follows fake timers: bookmarks come when their time does (beats T10)", async () => {
    vi.useFakeTimers();
    try {
      await start();
      const { resourceVersion } = JSON.parse((await get(configMaps)).text).metadata;
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
      const events = await watch(`${configMaps}?${query}`);
      server.create(Pod, named("p"));
      let seen = "nothing";
      void events.next().then((result) => {
        seen = text(result);
      });
      await vi.advanceTimersByTimeAsync(59_999);
      expect(seen).toBe("nothing");
      await vi.advanceTimersByTimeAsync(1);
      expect(seen).toContain('"type":"BOOKMARK"');
    } finally {
      vi.useRealTimers();
    }
  });
});
