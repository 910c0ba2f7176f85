import type { Context, Span as OtelSpan, Tracer } from "@opentelemetry/api";
import { ApiError } from "../base/api-error.ts";
import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { Span } from "../base/span.ts";
import { thrownName } from "../base/thrown-name.ts";

/** Where tracers come from; OpenTelemetry's `TracerProvider` satisfies it. */
export interface TracerSource {
  getTracer(name: string): object;
}

type OtelApi = Pick<typeof import("@opentelemetry/api"), "context" | "trace" | "SpanKind" | "SpanStatusCode">;

function isTracer(value: object): value is Tracer {
  return "startSpan" in value && typeof value.startSpan === "function";
}

/** What may be told of an error: never its message, which may quote what it was about. */
function told(error: unknown): { readonly type: string; readonly code: string } {
  if (ApiError.is(error)) return { type: error.name, code: `${error.code} ${error.status}` };
  if (KubeError.is(error)) return { type: error.name, code: error.code };
  const type = thrownName(error);
  return { type, code: type };
}

/** The status of an answer, where a span's attributes say it. */
function failedStatus({ kind, attributes }: Span): string | undefined {
  const status = attributes["http.response.status_code"];
  return kind === "client" && typeof status === "number" && status >= 400 ? String(status) : undefined;
}

/** The spans that have begun and not ended. None of its methods throws: a tracer in trouble must not end what it traces. */
export class OpenSpans {
  readonly #api: OtelApi;
  readonly #tracer: Tracer;
  /** By the object that a tracing channel hands round. */
  readonly #open = new Map<object, { readonly span: Span; readonly traced: OtelSpan }>();

  constructor(api: OtelApi, provider: TracerSource) {
    const tracer = provider.getTracer("kube-reflex");
    if (!isJsonObject(tracer) || !isTracer(tracer)) {
      throw invalidArgument("tracerProvider", "a TracerProvider of OpenTelemetry", provider);
    }
    this.#api = api;
    this.#tracer = tracer;
  }

  /** Begin a span inside the active one; returns the context in which it is the active one. */
  begin(span: Span): Context {
    const { context, trace, SpanKind } = this.#api;
    const parent = context.active();
    try {
      const kind = span.kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const traced = this.#tracer.startSpan(span.name, { kind, attributes: { ...span.attributes } }, parent);
      this.#open.set(span, { span, traced });
      return trace.setSpan(parent, traced);
    } catch {
      return parent;
    }
  }

  /** Note what it failed with. */
  fail(message: object, error: unknown): void {
    const { type, code } = told(error);
    const status = { code: this.#api.SpanStatusCode.ERROR, message: code };
    this.#quietly(message, ({ traced }) =>
      traced
        .addEvent("exception", { "exception.type": type })
        .setAttribute("error.type", code)
        .setStatus(status),
    );
  }

  end(message: object): void {
    this.#quietly(message, ({ span, traced }) => {
      // Some are known only now: the status of an answer.
      traced.setAttributes(span.attributes);
      const failed = failedStatus(span);
      if (failed !== undefined) {
        traced.setAttribute("error.type", failed).setStatus({ code: this.#api.SpanStatusCode.ERROR });
      }
      traced.end();
    });
    this.#open.delete(message);
  }

  endAll(): void {
    for (const message of this.#open.keys()) this.end(message);
  }

  #quietly(message: object, work: (open: { readonly span: Span; readonly traced: OtelSpan }) => void): void {
    const open = this.#open.get(message);
    try {
      if (open !== undefined) work(open);
    } catch {}
  }
}
