import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Registry } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Manager, type ManagerOptions } from "../../src/manager/manager.ts";
import type { Runnable, RunnableHealth } from "../../src/manager/runnable.ts";
import { FakeElector, FakeRunnable, quiet, rejection } from "./fakes.ts";

const host = "127.0.0.1";

interface Reply {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

async function ask(port: number | undefined, path: string, method = "GET"): Promise<Reply> {
  const request = httpRequest({ host, port, path, method, agent: false });
  request.end();
  const [response] = await once(request, "response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

const stops: (() => Promise<unknown>)[] = [];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Run a manager until the test ends. */
async function running(options: ManagerOptions, ...runnables: Runnable[]): Promise<Manager> {
  const manager = new Manager({ log: quiet, ...options });
  for (const runnable of runnables) manager.add(runnable);
  const stop = new AbortController();
  const run = manager.run(stop.signal);
  stops.push(() => {
    stop.abort();
    return run;
  });
  await manager.started();
  return manager;
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const named = (name: string, health: () => RunnableHealth): FakeRunnable =>
  new FakeRunnable(name, [], { health });

describe("/healthz and /readyz", () => {
  it("answer ok on the port that was chosen, and every check where they are asked for it", async () => {
    const manager = await running(
      { health: { port: 0, host } },
      named("widgets", () => ({ isReady: true })),
    );
    const port = manager.address.health?.port;
    expect(manager.address).toEqual({ health: { host, port: expect.any(Number) } });
    expect(await ask(port, "/healthz")).toMatchObject({ status: 200, body: "ok" });
    expect(await ask(port, "/readyz")).toMatchObject({
      status: 200,
      body: "ok",
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "2",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
    const { body } = await ask(port, "/readyz?verbose");
    expect(body).toBe("[+]manager ok\n[+]widgets ok\nreadyz check passed\n");
    expect((await ask(port, "/healthz?verbose=1")).body).toBe(
      "[+]ping ok\n[+]widgets ok\nhealthz check passed\n",
    );
  });

  it("listen on every interface where no host is given", async () => {
    const manager = await running({ health: { port: 0 } });
    expect(["::", "0.0.0.0"]).toContain(manager.address.health?.host);
    expect(await ask(manager.address.health?.port, "/healthz")).toMatchObject({ status: 200 });
  });

  it("tell which runnable is not ready and why, and stay live; ready again they say so", async () => {
    let problems: string[] = ["deployments.apps: stale", "shop/web has been reconciled for 61 s"];
    const manager = await running(
      { health: { port: 0, host } },
      named("widgets", () => ({ isReady: problems.length === 0, problems })),
      named("gadgets", () => ({ isReady: true })),
      named("bare", () => ({ isReady: problems.length === 0 })),
      named("telling", () => ({ isReady: true, problems })),
    );
    const port = manager.address.health?.port;
    const unready = await ask(port, "/readyz");
    expect(unready.status).toBe(500);
    expect(unready.body.split("\n")).toEqual([
      "[+]manager ok",
      "[-]widgets failed: deployments.apps: stale; shop/web has been reconciled for 61 s",
      "[+]gadgets ok",
      "[-]bare failed: not ready",
      expect.stringContaining("[-]telling failed: deployments.apps: stale"),
      "readyz check failed",
      "",
    ]);
    expect(await ask(port, "/healthz")).toMatchObject({ status: 200 });
    problems = [];
    expect(await ask(port, "/readyz")).toMatchObject({ status: 200, body: "ok" });
  });

  it("are not live where a runnable says that only a new process helps", async () => {
    const manager = await running(
      { health: { port: 0, host } },
      named("widgets", () => ({ isReady: false, isLive: false, problems: ["the queue is broken"] })),
    );
    const { status, body } = await ask(manager.address.health?.port, "/healthz");
    expect(status).toBe(500);
    expect(body).toBe("[+]ping ok\n[-]widgets failed: the queue is broken\nhealthz check failed\n");
  });

  it("are not live where the process has outlived its lease (Q56)", async () => {
    const leaderElector = new FakeElector();
    const manager = await running({ leaderElector, health: { port: 0, host } });
    const port = manager.address.health?.port;
    expect((await ask(port, "/healthz?verbose")).body).toContain("[+]leader-election ok\n");
    leaderElector.problem =
      "Lead by the lease shop/web: not renewed for 35001 ms, and the process still runs";
    const { status, body } = await ask(port, "/healthz");
    expect(status).toBe(500);
    expect(body).toContain(`[-]leader-election failed: ${leaderElector.problem}\n`);
    expect(manager.health().isLive).toBe(false);
  });

  it("are answered by a replica that waits to be the leader: it is ready (Q33)", async () => {
    const leaderElector = new FakeElector();
    const manager = await running({ leaderElector, health: { port: 0, host } }, new FakeRunnable("widgets"));
    expect(await ask(manager.address.health?.port, "/readyz")).toMatchObject({ status: 200 });
    expect(leaderElector.isLeader()).toBe(false);
  });

  it("show of a health() that throws its class alone, and of a problem one short line", async () => {
    const manager = await running(
      { health: { port: 0, host } },
      named("throws", () => {
        throw new RangeError("password=hunter2");
      }),
      named("texts", () => {
        throw "hunter2";
      }),
      named("long", () => ({ isReady: false, problems: [`a\r\n[+]fake ok\n${"x".repeat(1000)}`] })),
    );
    const { body } = await ask(manager.address.health?.port, "/readyz");
    const lines = body.split("\n");
    expect(lines[1]).toBe("[-]throws failed: its health() threw: RangeError");
    expect(lines[2]).toBe("[-]texts failed: its health() threw: string");
    expect(lines[3]).toMatch(/^\[-\]long failed: a \[\+\]fake ok x+…$/);
    expect(lines[3]?.length).toBeLessThan(350);
    expect(body).not.toContain("hunter2");
  });

  it.each([
    ["a promise", () => Promise.resolve({ isReady: true })],
    ["a promise that rejects", () => Promise.reject(new Error("hunter2"))],
    ["a text for problems", () => ({ isReady: true, problems: "stale" })],
    ["problems that are no texts", () => ({ isReady: true, problems: [7] })],
  ])("do not take what is no answer for a good one, nor break the others: %s", async (_title, health) => {
    const rubbish = named("rubbish", health as unknown as () => { isReady: boolean });
    const manager = await running(
      { health: { port: 0, host } },
      rubbish,
      named("good", () => ({ isReady: true })),
    );
    const { status, body } = await ask(manager.address.health?.port, "/readyz");
    expect(status).toBe(500);
    expect(body.split("\n").slice(1, 3)).toEqual([
      "[-]rubbish failed: its health() threw: TypeError",
      "[+]good ok",
    ]);
  });

  it("say while it ends that it is not ready, and answer until nothing runs any more (Q47)", async () => {
    const slow = new FakeRunnable("slow", [], { endsAfterMs: 300 });
    const manager = new Manager({ log: quiet, health: { port: 0, host } }).add(slow);
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await manager.started();
    const port = manager.address.health?.port;
    stop.abort();
    const { status, body } = await ask(port, "/readyz");
    expect([status, body.split("\n")[0]]).toEqual([500, "[-]manager failed: it is stopping"]);
    expect(await ask(port, "/healthz")).toMatchObject({ status: 200 });
    await run;
    expect(await rejection(ask(port, "/healthz"))).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("take GET and HEAD: 405 for other methods, 404 for other paths", async () => {
    const manager = await running({ health: { port: 0, host } });
    const port = manager.address.health?.port;
    expect(await ask(port, "/readyz", "HEAD")).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "2" },
    });
    expect(await ask(port, "/readyz", "POST")).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
    expect(await ask(port, "/metrics")).toMatchObject({
      status: 404,
      body: "not found; there are: /healthz /readyz\n",
    });
    expect(await ask(port, "/readyz/../secret", "DELETE")).toMatchObject({ status: 404 });
    expect(await ask(port, "//%ff?verbose")).toMatchObject({ status: 404 });
  });
});

describe("/metrics", () => {
  it("serves what a registry of prom-client collects, beside the probes", async () => {
    const registry = new Registry();
    const { Counter } = await import("prom-client");
    new Counter({ name: "widgets_total", help: "Widgets", registers: [registry] }).inc(3);
    const manager = await running({ health: { port: 0, host }, metrics: { registry } });
    expect(manager.address.metrics).toEqual(manager.address.health);
    const { status, headers, body } = await ask(manager.address.metrics?.port, "/metrics");
    expect([status, headers["content-type"]]).toEqual([200, registry.contentType]);
    expect(body).toContain("widgets_total 3");
  });

  it("is served on a port of its own where it has one, without the probes there", async () => {
    const registry = new Registry();
    const manager = await running({ health: { port: 0, host }, metrics: { registry, port: 0, host } });
    const { health, metrics } = manager.address;
    expect(health?.port).not.toBe(metrics?.port);
    expect(await ask(metrics?.port, "/metrics")).toMatchObject({ status: 200 });
    expect(await ask(metrics?.port, "/readyz")).toMatchObject({ status: 404 });
    expect(await ask(health?.port, "/metrics")).toMatchObject({ status: 404 });
    const alone = await running({ metrics: { registry, port: 0, host } });
    expect(await ask(alone.address.metrics?.port, "/metrics")).toMatchObject({ status: 200 });
  });

  it("shares a server where both ports are the same", async () => {
    const port = await freePort();
    const manager = await running({
      health: { port, host },
      metrics: { registry: new Registry(), port, host },
    });
    expect(manager.address).toEqual({ health: { host, port }, metrics: { host, port } });
  });

  it.each([
    [
      "rejects",
      { contentType: "text/plain", metrics: () => Promise.reject(new TypeError("password=hunter2")) },
    ],
    ["throws no error", { contentType: "text/plain", metrics: () => Promise.reject("hunter2") }],
    ["has no text", { contentType: "text/plain", metrics: () => Promise.resolve(7 as unknown as string) }],
    ["has no type", { contentType: "text\nplain", metrics: () => Promise.resolve("") }],
  ])("answers 500 without any detail where the registry %s", async (_what, registry) => {
    const manager = await running({ health: { port: 0, host }, metrics: { registry } });
    const { status, body } = await ask(manager.address.metrics?.port, "/metrics");
    expect(status).toBe(500);
    expect(body).toMatch(/^could not answer \/metrics: (TypeError|string)\n$/);
  });
});

describe("the servers", () => {
  it("reject a port that is taken before anything else starts, and close what was opened", async () => {
    const other = createServer().listen(0, host);
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const runnable = { name: "a", run: vi.fn(async () => {}) };
    const opened = await freePort();
    const manager = new Manager({
      log: quiet,
      health: { port: opened, host },
      metrics: { registry: new Registry(), port, host },
    }).add(runnable);
    const started = rejection(manager.started());
    const error = await rejection(manager.run(new AbortController().signal));
    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      message: `Serve metrics: listen on 127.0.0.1, port ${port}: another process listens there; stop it or choose another port`,
    });
    expect(await started).toBe(error);
    expect(runnable.run).not.toHaveBeenCalled();
    expect(manager.health().state).toBe("stopped");
    expect(await rejection(ask(opened, "/healthz"))).toMatchObject({ code: "ECONNREFUSED" });
    await new Promise((resolve) => other.close(resolve));
  });

  it("reject an address that is not this machine's", async () => {
    const manager = new Manager({ log: quiet, health: { port: 0, host: "192.0.2.1" } });
    expect(await rejection(manager.run(new AbortController().signal))).toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("listen on 192.0.2.1, port 0: it fails with EADDRNOTAVAIL"),
    });
  });

  it("close kept-alive and half-sent connections at the end (Q47)", async () => {
    const manager = new Manager({ log: quiet, health: { port: 0, host } });
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await manager.started();
    const port = manager.address.health?.port ?? 0;
    const kept = connect(port, host);
    kept.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(kept, "data");
    const half = connect(port, host);
    half.write("GET /healthz HTTP/1.1\r\n");
    await once(half, "connect");
    const closed = [kept, half].map((socket) => {
      // A reset is an end, too.
      socket.on("error", () => {}).resume();
      return new Promise((resolve) => socket.once("close", resolve));
    });
    stop.abort();
    await run;
    await Promise.all(closed);
  });

  it("outlive a client that goes away while it is answered, and one that sends no HTTP", async () => {
    const { promise: collected, resolve: collect } = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const registry = {
      contentType: "text/plain",
      metrics: () => {
        asked.resolve();
        return collected;
      },
    };
    const manager = await running({ health: { port: 0, host }, metrics: { registry } });
    const port = manager.address.health?.port ?? 0;
    const gone = connect(port, host);
    gone.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await asked.promise;
    gone.destroy();
    await once(gone, "close");
    collect("x 1\n");
    const noise = connect(port, host);
    noise.write("\u0000\u0001 nonsense\r\n\r\n");
    noise.on("error", () => {}).resume();
    await once(noise, "close");
    expect(await ask(port, "/healthz")).toMatchObject({ status: 200 });
  });
});
