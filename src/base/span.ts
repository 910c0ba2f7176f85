import { tracingChannel } from "node:diagnostics_channel";

/** The `node:diagnostics_channel` tracing channel of every {@link Span}; adapters make the tracer's own spans of it. */
export const spanChannel = "kube-reflex:span";

/** Something that takes time and may be traced: a reconcile, a request. */
export interface Span {
  /** Such as `reconcile widgets` or `GET`. */
  readonly name: string;
  readonly kind: "internal" | "client";
  /** In the words of OpenTelemetry's conventions where they have one. */
  readonly attributes: Record<string, string | number | boolean>;
}

const channel = tracingChannel<unknown, Span>(spanChannel);

/** Whether anybody listens: for whoever does more than {@link inSpan} for a span. */
export function isTraced(): boolean {
  return channel.start.hasSubscribers || channel.asyncEnd.hasSubscribers;
}

/** Run `work` as a span; its context, where a tracer is bound, is the one `work` runs in. Free of cost while nobody listens. */
export function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  if (!isTraced()) return work();
  return channel.tracePromise(work, span);
}
