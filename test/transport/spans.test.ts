import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { inSpan, type Span, spanChannel } from "../../src/base/span.ts";
import { withPolicy } from "../../src/transport/cluster-transport.ts";
import type { Transport, TransportResponse } from "../../src/transport/port.ts";
import { failure, get, textOf } from "./local-server.ts";
import { scripted } from "./scripted.ts";

const channel = tracingChannel<Span, Span>(spanChannel);
const parents = new AsyncLocalStorage<Span>();
/** What was told, with the span that it was within. */
let log: { readonly is: string; readonly span: Span; readonly within: string | undefined }[] = [];

const note =
  (is: string) =>
  (span: unknown): void =>
    void log.push({ is, span: span as Span, within: parents.getStore()?.name });
const subscribers = {
  start: note("start"),
  end: () => {},
  asyncStart: () => {},
  asyncEnd: note("end"),
  error: note("error"),
};

const steps = (): string[] => log.map(({ is, span }) => `${is} ${span.name}`);

describe("spans of requests", () => {
  beforeEach(() => {
    log = [];
    channel.subscribe(subscribers);
  });
  afterEach(() => {
    channel.unsubscribe(subscribers);
    channel.start.unbindStore(parents);
    vi.useRealTimers();
  });

  it("make one of each call, in OpenTelemetry's words, without names and queries", async () => {
    const transport = withPolicy(scripted({ status: 200, body: "ok" }), "[::1]:6443", {});
    const path = "/api/v1/namespaces/shop/secrets/db-password?fieldManager=hunter2";
    const response = await transport({ ...get(path), headers: { authorization: "Bearer hunter2" } });
    // Its body is still to be read.
    expect(steps()).toEqual(["start GET"]);
    expect(await textOf(response)).toBe("ok");
    await vi.waitUntil(() => log.length === 2);
    expect(steps()).toEqual(["start GET", "end GET"]);
    expect(log[1]?.span).toMatchObject({
      name: "GET",
      kind: "client",
      attributes: {
        "http.request.method": "GET",
        "server.address": "::1",
        "server.port": 6443,
        "url.template": "/api/v1/namespaces/{namespace}/secrets/{name}",
        "http.response.status_code": 200,
      },
    });
    expect(JSON.stringify(log)).not.toMatch(/shop|db-password|hunter2/);
  });

  it("has its retries within it, and stands within the work that asked for it", async () => {
    vi.useFakeTimers();
    channel.start.bindStore(parents, (span) => span);
    const inside: (string | undefined)[] = [];
    const answers = scripted({ status: 503, headers: { "retry-after": "1" } }, { status: 201, body: "ok" });
    const transport = withPolicy(
      (request) => {
        inside.push(parents.getStore()?.name);
        return answers(request);
      },
      "in-memory",
      {},
    );
    const work: Span = { name: "reconcile pods", kind: "internal", attributes: {} };
    const done = inSpan(work, async () => {
      await textOf(await transport({ ...get("/api/v1/pods"), method: "POST" }));
      expect(parents.getStore()?.name).toBe("reconcile pods");
    });
    await vi.runAllTimersAsync();
    await done;
    expect(steps()).toEqual(["start reconcile pods", "start POST", "end POST", "end reconcile pods"]);
    expect(inside).toEqual(["POST", "POST"]);
    expect(log[1]?.span.attributes).toMatchObject({
      "http.response.status_code": 201,
      "server.address": "in-memory",
    });
    expect(log[1]?.span.attributes).not.toHaveProperty("server.port");
  });

  it("ends a stream's when it is accepted, and leaves its body alone", async () => {
    const response: TransportResponse = { status: 200, headers: {}, body: (async function* () {})() };
    const transport = withPolicy(async () => response, "h", {});
    const stream = await transport(get("/api/v1/pods?watch=true", { isStream: true }));
    expect([stream.body === response.body, steps()]).toEqual([true, ["start GET", "end GET"]]);
    await transport(get("/api/v1/namespaces/a/pods/b/exec", { upgrade: "websocket" }));
    expect(log.at(-1)?.span.attributes["url.template"]).toBe(
      "/api/v1/namespaces/{namespace}/pods/{name}/exec",
    );
  });

  it("says what failed: no answer by its code, a body that breaks, a reader that leaves is no failure", async () => {
    const transport = withPolicy(scripted(new KubeError("TLS_FAILED", "expired")), "h", {});
    expect(await failure(transport(get("/version")))).toMatchObject({ code: "TLS_FAILED" });
    expect(log.map(({ is, span }) => [is, span.attributes["error.type"]])).toEqual([
      ["start", "TLS_FAILED"],
      ["error", "TLS_FAILED"],
      ["end", "TLS_FAILED"],
    ]);
    const odd: Transport = async () => {
      throw new TypeError("odd");
    };
    await failure(withPolicy(odd, "h", {})(get("/version", { isStream: true })));
    expect(log.at(-1)?.span.attributes["error.type"]).toBe("_OTHER");

    const breaking: Transport = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from("a");
        throw new KubeError("CONNECTION_FAILED", "cut");
      })(),
    });
    log = [];
    expect(await failure(textOf(await withPolicy(breaking, "h", {})(get("/a"))))).toMatchObject({
      code: "CONNECTION_FAILED",
    });
    await vi.waitUntil(() => log.length === 3);
    expect(steps()).toEqual(["start GET", "error GET", "end GET"]);
    log = [];
    for await (const _ of (await withPolicy(breaking, "h", {})(get("/a"))).body) break;
    await vi.waitUntil(() => log.length === 2);
    expect(steps()).toEqual(["start GET", "end GET"]);
  });
});

describe("without a tracer", () => {
  it("hands requests and answers on as they are", async () => {
    const response: TransportResponse = { status: 200, headers: {}, body: (async function* () {})() };
    const request = get("/api/v1/pods");
    const seen: unknown[] = [];
    const transport = withPolicy(
      async (one) => {
        seen.push(one);
        return response;
      },
      "h",
      {},
    );
    expect(await transport(request)).toBe(response);
    expect(seen).toEqual([request]);
    expect(seen[0]).toBe(request);
  });
});
