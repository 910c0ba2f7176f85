import { channel } from "node:diagnostics_channel";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { inSpan, type Span } from "../../src/base/span.ts";
import { traceSpans } from "../../src/metrics/index.ts";

let exporter: InMemorySpanExporter;
let tracerProvider: BasicTracerProvider;
const stops: (() => void)[] = [];

async function tracing(): Promise<void> {
  stops.push(await traceSpans({ tracerProvider }));
}

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  context.disable();
  trace.disable();
  vi.doUnmock("@opentelemetry/api");
  vi.resetModules();
});

const reconcile = (): Span => ({
  name: "reconcile widgets",
  kind: "internal",
  attributes: { "kube_reflex.controller": "widgets" },
});
const get = (): Span => ({ name: "GET", kind: "client", attributes: { "http.request.method": "GET" } });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function finished(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} has ended`);
  return found;
}

/** What a program without types may hand in. */
// biome-ignore lint/suspicious/noExplicitAny: that is what it is for
const untyped = (value: unknown): any => value;

describe("tracing spans", () => {
  it("makes a span of each reconcile and each request, one inside the other", async () => {
    await tracing();
    const result = await inSpan(reconcile(), async () => {
      await turn();
      return inSpan(get(), async () => "answer");
    });
    expect(result).toBe("answer");
    const [outer, inner] = [finished("reconcile widgets"), finished("GET")];
    expect(outer).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: { "kube_reflex.controller": "widgets" },
      parentSpanContext: undefined,
      status: { code: SpanStatusCode.UNSET },
      ended: true,
    });
    expect(inner.kind).toBe(SpanKind.CLIENT);
    expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(outer.instrumentationScope.name).toBe("kube-reflex");
  });

  it("is the active span of what runs in it, across every await, and of nothing else", async () => {
    await tracing();
    const tracer = tracerProvider.getTracer("user");
    const own = (name: string): void => tracer.startSpan(name).end();
    const names = ["a", "b"].map((name) =>
      inSpan({ ...reconcile(), name }, async () => {
        await turn();
        own(`${name}1`);
        await Promise.all([turn(), turn()]);
        own(`${name}2`);
      }),
    );
    own("outside");
    await Promise.all(names);
    expect(trace.getActiveSpan()).toBeUndefined();
    for (const name of ["a", "b"]) {
      const { spanId } = finished(name).spanContext();
      expect([`${name}1`, `${name}2`].map((one) => finished(one).parentSpanContext?.spanId)).toEqual([
        spanId,
        spanId,
      ]);
    }
    expect(finished("outside").parentSpanContext).toBeUndefined();
  });

  it("is a child of the span that was active where it began", async () => {
    await tracing();
    const parent = tracerProvider.getTracer("user").startSpan("parent");
    await context.with(trace.setSpan(context.active(), parent), () => inSpan(get(), turn));
    expect(finished("GET").parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
  });

  it.each([
    [new KubeError("CONNECTION_FAILED", "hunter2"), "KubeError", "CONNECTION_FAILED"],
    [new ApiError("hunter2", { status: 409, reason: "Conflict" }), "ApiError", "API 409"],
    [new TypeError("hunter2"), "TypeError", "TypeError"],
    ["hunter2", "string", "string"],
  ])("tells of an error its class and its code, and not what it says: %o", async (error, type, code) => {
    await tracing();
    await expect(inSpan(reconcile(), () => Promise.reject(error))).rejects.toBe(error);
    const span = finished("reconcile widgets");
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: code });
    expect(span.attributes["error.type"]).toBe(code);
    expect(span.events).toMatchObject([{ name: "exception", attributes: { "exception.type": type } }]);
    const { status, attributes, events, name, links } = span;
    expect(JSON.stringify({ status, attributes, events, name, links })).not.toContain("hunter2");
  });

  it("ends a span of what threw before it gave a promise", async () => {
    await tracing();
    const work = (): never => {
      throw new TypeError("at once");
    };
    expect(() => inSpan(reconcile(), work)).toThrow("at once");
    expect(finished("reconcile widgets").status.code).toBe(SpanStatusCode.ERROR);
  });

  it("has the attributes that are known only at its end, and fails with an answer of 400 or more", async () => {
    await tracing();
    for (const status of [200, 404]) {
      const span = { ...get(), name: `GET ${status}` };
      await inSpan(span, async () => {
        span.attributes["http.response.status_code"] = status;
      });
    }
    expect(finished("GET 200")).toMatchObject({
      attributes: { "http.response.status_code": 200 },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(finished("GET 404")).toMatchObject({
      attributes: { "http.response.status_code": 404, "error.type": "404" },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it("costs nothing before and after: nobody listens, and open spans are ended", async () => {
    const start = channel("tracing:kube-reflex:span:start");
    expect(start.hasSubscribers).toBe(false);
    await tracing();
    expect(start.hasSubscribers).toBe(true);
    const answered = Promise.withResolvers<void>();
    const open = inSpan(reconcile(), () => answered.promise);
    stops.pop()?.();
    expect(start.hasSubscribers).toBe(false);
    expect(finished("reconcile widgets").ended).toBe(true);
    answered.resolve();
    await open;
    await inSpan(get(), turn);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    for (const part of ["end", "asyncEnd", "error"]) {
      expect(channel(`tracing:kube-reflex:span:${part}`).hasSubscribers).toBe(false);
    }
  });

  it("uses the global provider where it is given none", async () => {
    stops.push(await traceSpans());
    await inSpan(get(), turn);
    expect(exporter.getFinishedSpans()).toEqual([]);
    trace.setGlobalTracerProvider(tracerProvider);
    await inSpan(get(), turn);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it("does not disturb what it traces where a tracer fails", async () => {
    const broken = (): never => {
      throw new Error("out of spans");
    };
    stops.push(await traceSpans({ tracerProvider: { getTracer: () => ({ startSpan: broken }) } }));
    expect(await inSpan(reconcile(), async () => "done")).toBe("done");
    stops.pop()?.();
    const half = { end: broken, setAttributes: broken, addEvent: broken };
    stops.push(await traceSpans({ tracerProvider: { getTracer: () => ({ startSpan: () => half }) } }));
    expect(await inSpan(reconcile(), async () => "done")).toBe("done");
    await expect(inSpan(reconcile(), () => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  });

  it("ignores what others publish", async () => {
    await tracing();
    for (const part of ["end", "asyncEnd", "error"]) {
      channel(`tracing:kube-reflex:span:${part}`).publish(undefined);
      channel(`tracing:kube-reflex:span:${part}`).publish({ error: 1 });
    }
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it.each([
    ["options", "options"],
    ["tracerProvider", { tracerProvider: "global" }],
    ["tracerProvider.getTracer", { tracerProvider: {} }],
    ["tracerProvider", { tracerProvider: { getTracer: () => undefined } }],
    ["tracerProvider", { tracerProvider: { getTracer: () => ({}) } }],
  ])("refuses wrong %s", async (name, options) => {
    await expect(traceSpans(untyped(options))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`Expected \`${name}\``),
    });
  });

  it("says what to install where the API is missing", async () => {
    vi.resetModules();
    vi.doMock("@opentelemetry/api", () => {
      throw new Error("Cannot find package '@opentelemetry/api'");
    });
    const { traceSpans: traceAnew } = await import("../../src/metrics/index.ts");
    await expect(traceAnew()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/^Trace spans: .*npm install @opentelemetry\/api$/),
    });
  });
});
