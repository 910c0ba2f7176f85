import { describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import type { Interceptor, TransportResponse } from "../../src/transport/port.ts";
import { Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

/** Holds the answer to one config map back until the request is given up, or `until`; tells of both. */
function holding(until: Promise<void> = new Promise(() => {})): {
  interceptor: Interceptor;
  asked: Promise<void>;
  given: Promise<unknown>;
} {
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<unknown>();
  const interceptor: Interceptor = (next) => (request) => {
    if (!request.path.includes("/configmaps/big")) return next(request);
    asked.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
    void until.then(() => resolve(next(request)));
    request.signal?.addEventListener("abort", () => {
      given.resolve(request.signal?.reason);
      reject(request.signal?.reason);
    });
    return promise;
  };
  return { interceptor, asked: asked.promise, given: given.promise };
}

describe("the requests of a reconcile in a thread", { timeout: 20_000 }, () => {
  it("go through the main thread's cluster, one for each call, under its name", async () => {
    await using shop = await Workshop.open();
    const text = "x".repeat(900_000);
    shop.server.create(ConfigMap, { metadata: { namespace: "shop", name: "big" }, data: { text } });
    shop.server.create(Widget, widget("a", { act: "get" }));
    shop.run("ask", { count: 1 });
    // Larger than may be on its way at once.
    expect((await shop.said("got"))[0]?.fields.data).toBe(text.length);
    const gets = shop.requests.filter(({ path, method }) => method === "GET" && path.includes("/big"));
    expect(gets).toHaveLength(1);
    expect(gets[0]?.headers["user-agent"]).toBe(shop.requests[0]?.headers["user-agent"]);
    shop.server.create(Widget, widget("b", { act: "list" }));
    expect((await shop.said("got", 2))[1]?.fields.names).toEqual(["big"]);
  });

  it("write under the cluster's field manager", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "write" }));
    shop.run("ask", { count: 1 });
    expect((await shop.said("failed"))[0]?.fields.code).toBe("none");
    const post = shop.requests.find(({ method }) => method === "POST");
    expect(post?.path).toContain("fieldManager=tests");
  });

  it("end where a stream is left: the server's watch too", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Pod, {
      metadata: { namespace: "shop", name: "p" },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    });
    shop.server.create(Widget, widget("a", { act: "leave" }));
    shop.run("ask", { count: 1 });
    expect((await shop.said("watched"))[0]?.fields.type).toBe("ADDED");
    await shop.said("left");
    const watch = shop.requests.find(({ path }) => path.includes("/pods") && path.includes("watch=true"));
    await new Promise<void>((resolve) => {
      if (watch?.signal?.aborted === true) resolve();
      else watch?.signal?.addEventListener("abort", () => resolve());
    });
  });

  it.each([
    ["abort", "ABORTED"],
    ["limit", "TIMEOUT"],
  ])("end by their own signal and time limit: %s", async (act, code) => {
    const { interceptor, given } = holding();
    await using shop = await Workshop.open({}, { interceptors: [interceptor] });
    shop.server.create(Widget, widget("a", { act }));
    shop.run("ask", { count: 1 });
    expect((await shop.said("failed"))[0]?.fields).toMatchObject({
      code,
      message: expect.stringContaining('get configmaps "big" in namespace "shop"'),
    });
    expect(await given).toMatchObject({ code });
  });

  it("end with the reconcile's signal, at its time limit (Q31)", async () => {
    const { interceptor, given } = holding();
    await using shop = await Workshop.open({}, { interceptors: [interceptor] });
    shop.server.create(Widget, widget("a", { act: "signal" }));
    shop.run("ask", { count: 1, build: (builder) => builder.timeouts({ reconcileTimeoutMs: 50 }) });
    const [line] = await shop.said("failed");
    const text = "Reconcile widgets.example.com shop/a: it ran past its limit of 50 ms";
    expect(line?.fields).toMatchObject({ code: "TIMEOUT", message: text });
    expect(await given).toMatchObject({ code: "TIMEOUT" });
    const [report] = await shop.reports.until(1);
    expect(report).toMatchObject({ outcome: "error", wasCancelled: false });
    expect(report?.error?.cause).toMatchObject({ code: "TIMEOUT", message: text });
  });

  it("are refused once it has ended", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "late" }));
    shop.run("ask", { count: 1 });
    const [line] = await shop.said("failed");
    expect(line?.fields).toMatchObject({
      code: "ABORTED",
      message: expect.stringContaining("a reconciler awaits what it begins"),
      worker: 1,
      key: "shop/a",
    });
  });

  it("tell the cluster of the server's warnings", async () => {
    const warnings: unknown[] = [];
    const warning: Interceptor = (next) => async (request) => {
      const response = await next(request);
      const headers = { ...response.headers, warning: '299 - "configmaps are old"' };
      return request.path.endsWith("/configmaps?limit=500") ? { ...response, headers } : response;
    };
    await using shop = await Workshop.open(
      {},
      { interceptors: [warning], onWarning: (one) => warnings.push(one) },
    );
    shop.server.create(Widget, widget("a", { act: "list" }));
    shop.run("ask", { count: 1 });
    await shop.said("got");
    const ofList = 'list configmaps in namespace "shop"';
    expect(warnings).toContainEqual({ message: "configmaps are old", step: ofList });
  });

  it("stand still, with their time limit, while the client's own rate limit holds them back (H2)", async () => {
    await using shop = await Workshop.open({}, { rateLimit: { requestsPerSecond: 2, burst: 1 } });
    shop.server.create(ConfigMap, { metadata: { namespace: "shop", name: "big" }, data: {} });
    shop.server.create(Widget, widget("a", { act: "limit", size: 300 }));
    shop.server.create(Widget, widget("b", { act: "limit", size: 300 }));
    shop.run("ask");
    // One of them waits for half a second, at least.
    const lines = await shop.said("failed", 2);
    expect(lines.map(({ fields }) => fields.code)).toEqual(["none", "none"]);
  });

  it("are refused where a thread has nothing to offer, with what to do instead", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "unsupported" }));
    shop.run("ask", { count: 1 });
    const [line] = await shop.said("refused");
    const refused = (code: string, why: string): unknown => ({ code, message: expect.stringContaining(why) });
    expect(line?.fields).toMatchObject({
      exec: refused("UNSUPPORTED", "reconcile without workers()"),
      informer: refused("UNSUPPORTED", "cluster.store(kind)"),
      controller: refused("UNSUPPORTED", "in the main thread"),
      store: refused("INVALID_ARGUMENT", "follow it too"),
      index: refused("INDEX_UNKNOWN", "other"),
      kind: refused("INVALID_ARGUMENT", "a kind"),
    });
  });
});

describe("leadership", { timeout: 20_000 }, () => {
  it("is asked before each write of a thread, and before none that writes nothing", async () => {
    await using shop = await Workshop.open();
    let asked = 0;
    const context = { leadership: { isLeader: () => asked++ >= 0 } };
    shop.server.create(Widget, widget("a", { act: "none" }));
    shop.run("ask", { count: 1, context });
    await shop.reports.until(1);
    const timesFor = async (act: string, reports: number): Promise<number> => {
      const before = asked;
      shop.server.create(Widget, widget(act, { act }));
      await shop.reports.until(reports);
      return asked - before;
    };
    const once = await timesFor("list", 2);
    expect([once, await timesFor("dry", 3)]).toEqual([1, 1]);
    expect(await timesFor("write", 4)).toBeGreaterThan(once);
    expect(shop.server.get(ConfigMap, "shop/write")).toBeDefined();
  });

  it("that was lost refuses the write of a reconcile that goes on, and ends all of them (Q48)", async () => {
    const answered = Promise.withResolvers<void>();
    const { asked, interceptor } = holding(answered.promise);
    await using shop = await Workshop.open({}, { interceptors: [interceptor] });
    let isLeader = true;
    shop.server.create(Widget, widget("a", { act: "read-and-write" }));
    shop.run("ask", { count: 1, context: { leadership: { isLeader: () => isLeader } } });
    await asked;
    isLeader = false;
    answered.resolve();
    expect((await shop.said("failed"))[0]?.fields.code).toBe("LEADERSHIP_LOST");
    expect(await shop.ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(shop.server.get(ConfigMap, "shop/a")).toBeUndefined();
    expect(shop.requests.some(({ method }) => method === "POST")).toBe(false);
  });
});
