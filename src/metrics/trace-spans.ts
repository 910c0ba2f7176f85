import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import type { Context, ContextAPI } from "@opentelemetry/api";
import { expectFunction, expectOptions } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";
import { type Span, spanChannel } from "../base/span.ts";
import { loadPeer } from "./load-peer.ts";
import { OpenSpans, type TracerSource } from "./open-spans.ts";

/** Whose spans {@link traceSpans} makes. */
export interface TraceSpansOptions {
  /** A `TracerProvider` of OpenTelemetry. @default the global one, by which spans go nowhere until a SDK is registered */
  readonly tracerProvider?: TracerSource | undefined;
}

/** What a channel can bind, with OpenTelemetry's context in place of one of its own. */
class ActiveContext extends AsyncLocalStorage<Context> {
  readonly #api: ContextAPI;

  constructor(api: ContextAPI) {
    super();
    this.#api = api;
  }

  override run<R, A extends unknown[]>(context: Context, callback: (...args: A) => R, ...args: A): R {
    return this.#api.with(context, callback, undefined, ...args);
  }
}

/**
 * Make OpenTelemetry spans of reconciles and of requests, each inside the one that caused it.
 *
 * What runs in a reconcile finds its span active, so spans of your own are its
 * children. Of errors they hold the class and the code, never the message.
 * Resolves to how to stop, which ends those that are open. Needs the package
 * `@opentelemetry/api`, and rejects with `UNSUPPORTED` without it. Until it is
 * called no span costs anything.
 */
export async function traceSpans(options: TraceSpansOptions = {}): Promise<() => void> {
  expectOptions("options", options);
  const { tracerProvider } = options;
  expectOptions("tracerProvider", tracerProvider);
  if (tracerProvider !== undefined) {
    expectFunction("tracerProvider.getTracer", tracerProvider.getTracer ?? null);
  }
  const api = await loadPeer("Trace spans", "@opentelemetry/api", () => import("@opentelemetry/api"));
  const spans = new OpenSpans(api, tracerProvider ?? api.trace);
  const { start, end, asyncEnd, error } = tracingChannel<Context, Span>(spanChannel);
  const context = new ActiveContext(api.context);

  const onError = (message: unknown): void => {
    if (isJsonObject(message)) spans.fail(message, message.error);
  };
  const onAsyncEnd = (message: unknown): void => {
    if (isJsonObject(message)) spans.end(message);
  };
  /** Of what threw before there was a promise, this is the end. */
  const onEnd = (message: unknown): void => {
    if (isJsonObject(message) && "error" in message) spans.end(message);
  };
  start.bindStore(context, (span) => spans.begin(span));
  error.subscribe(onError);
  end.subscribe(onEnd);
  asyncEnd.subscribe(onAsyncEnd);
  return () => {
    start.unbindStore(context);
    error.unsubscribe(onError);
    end.unsubscribe(onEnd);
    asyncEnd.unsubscribe(onAsyncEnd);
    spans.endAll();
  };
}
