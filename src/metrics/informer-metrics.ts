import { type InformerRecord, informerChannel } from "../base/informer-telemetry.ts";
import type { MetricSet } from "./metric-set.ts";
import { type Listen, listenTo, recordWith } from "./telemetry-listener.ts";

/** For how long a server is silent: a second or less where much happens, minutes where only bookmarks come. */
const gaps: readonly number[] = [0.01, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600];

/** What informers do; nothing of the kind is in Go. `informer` is what it follows, such as `pods in shop`. */
export function informerMetrics(metrics: MetricSet): Listen[] {
  const labels = ["informer"] as const;
  const lists = metrics.counter({
    name: "kube_reflex_informer_lists_total",
    help: "Lists begun, by what caused them.",
    labels: ["informer", "reason"],
  });
  const watches = metrics.counter({
    name: "kube_reflex_informer_watches_total",
    help: "Watches begun.",
    labels,
  });
  const errors = metrics.counter({
    name: "kube_reflex_informer_errors_total",
    help: "Lists and watches that failed, by the code of the error.",
    labels: ["informer", "code"],
  });
  const events = metrics.counter({
    name: "kube_reflex_informer_events_total",
    help: "Events read from watches.",
    labels,
  });
  const silence = metrics.histogram(
    {
      name: "kube_reflex_informer_event_gap_seconds",
      help: "How long the server had been silent when events came.",
      labels,
    },
    gaps,
  );
  /** When each informer last read a list or an event, by a clock that is not set back. */
  const heardAt = new Map<string, number>();
  const age = metrics.gauge(
    {
      name: "kube_reflex_informer_last_event_age_seconds",
      help: "How long ago the last event or list was read.",
      labels,
    },
    (gauge) => {
      const now = performance.now();
      for (const [informer, at] of heardAt) gauge.set({ informer }, (now - at) / 1000);
    },
  );
  const objects = metrics.gauge({
    name: "kube_reflex_informer_objects",
    help: "Objects in the store.",
    labels,
  });
  const health = metrics.gauge({
    name: "kube_reflex_informer_health",
    help: "1 for the state the informer is in, 0 for the others.",
    labels: ["informer", "state"],
  });

  /** The states that each informer has been seen in, which is to say the series of it. */
  const states = new Map<string, Set<string>>();
  const setState = (informer: string, state: string): void => {
    const known = states.get(informer) ?? new Set(["syncing", "live", "stale", "failed"]);
    states.set(informer, known.add(state));
    for (const one of known) health.set({ informer, state: one }, one === state ? 1 : 0);
  };
  /** It has no store and hears nothing any more: an age that grows, and "live" at 0 for ever, would look like trouble. */
  const forget = (informer: string): void => {
    heardAt.delete(informer);
    age.remove({ informer });
    objects.remove({ informer });
    for (const state of states.get(informer) ?? []) health.remove({ informer, state });
    states.delete(informer);
  };
  const onRecord = (record: InformerRecord): void => {
    const { informer, type, reason = "unknown", count = 0, size, sinceProgressMs, state } = record;
    if (type === "list-started") lists.inc({ informer, reason });
    if (type === "watch-started") watches.inc({ informer });
    if (type === "error") errors.inc({ informer, code: reason });
    if (type === "events") events.inc({ informer }, count);
    if (type === "listed" || type === "events") heardAt.set(informer, performance.now());
    if (sinceProgressMs !== undefined) silence.observe({ informer }, sinceProgressMs / 1000);
    if (size !== undefined) objects.set({ informer }, size);
    if (state === "stopped") forget(informer);
    else if (state !== undefined) setState(informer, state);
  };
  return [listenTo(informerChannel, recordWith<InformerRecord>("type", "informer"), onRecord)];
}
