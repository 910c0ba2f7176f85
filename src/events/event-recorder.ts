import { hostname } from "node:os";
import {
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { defaultLogger, expectLogger, type Logger } from "../base/logger.ts";
import { thrownName } from "../base/thrown-name.ts";
import { DistinctNanos } from "./event-name.ts";
import type { EventPort } from "./event-port.ts";
import {
  type CheckedReport,
  checkReport,
  type EventReport,
  expectController,
  expectWord,
  newEvent,
  type Reporter,
} from "./event-report.ts";
import { EventSeries, SeriesCache } from "./event-series.ts";
import { isOfEndingNamespace, writeSeries } from "./event-writer.ts";
import { type EventSubject, subjectKey } from "./object-reference.ts";
import { SendQueue } from "./send-queue.ts";
import { SpamFilter } from "./spam-filter.ts";

/** How an {@link EventRecorder} works. */
export interface EventRecorderOptions {
  /** Where events go: `cluster.resources(EventsV1Event)`. Needs the verbs create and patch of `events` in `events.k8s.io`. */
  readonly events: EventPort;
  /** Who reports, as events show it: `widgets` or `example.com/widgets`. */
  readonly reportingController: string;
  /** Which of its replicas. @default the host's name, which in a pod is the pod's */
  readonly reportingInstance?: string | undefined;
  /** How many events may wait to be sent; what comes above is dropped and counted. @default 1000 */
  readonly queueSize?: number | undefined;
  /** How many are sent at once. @default 8 */
  readonly concurrency?: number | undefined;
  /** How many events of one object may be new in a short time; what repeats itself counts once (Q59). @default 25 */
  readonly burstPerObject?: number | undefined;
  /** How long after that until there may be one more. @default 300_000 */
  readonly refillMs?: number | undefined;
  /** @default warnings and errors to `console` */
  readonly log?: Logger | undefined;
}

/** How a recorder is doing; numbers are since it was made. */
export interface EventRecorderHealth {
  /** Events that wait to be sent. */
  readonly queued: number;
  /** Events that are being sent, waits between tries included. */
  readonly sending: number;
  /** Events that are remembered, to be told how often they happen. */
  readonly series: number;
  /** Requests that the server took. */
  readonly written: number;
  /** Events that were never sent: the queue was full, too many were new of one object, or it was stopped. */
  readonly dropped: number;
  /** Events that were given up, and why the last one was. */
  readonly failed: number;
  readonly lastError: KubeError | undefined;
}

/** How often series are looked through. */
const sweepMs = 60_000;

/** How often the log hears at most that events are dropped, or given up: where one is, all are. */
const quietMs = 60_000;

/**
 * Reports what happens to objects as events of `events.k8s.io/v1`, which `kubectl describe` shows (Q59–Q62).
 *
 * One for all reconciles of a process. `event` never waits and never fails for
 * what the server does: events are sent beside, a few at a time, and dropped
 * where they are too many; {@link health} counts them. Whatever is said again of
 * the same object becomes a series with a count. Events are for people, and may
 * be lost: what a program must know belongs in a status.
 */
export class EventRecorder {
  readonly #port: EventPort;
  readonly #reporter: Reporter;
  readonly #log: Logger;
  readonly #spam: SpamFilter;
  readonly #nanos = new DistinctNanos();
  readonly #series = new SeriesCache();
  readonly #hurried = new AbortController();
  readonly #stopped = new AbortController();
  readonly #queue: SendQueue<EventSeries>;
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;
  #stopping: Promise<void> | undefined;
  #written = 0;
  #dropped = 0;
  #failed = 0;
  readonly #saidAt = { dropped: Number.NEGATIVE_INFINITY, failed: Number.NEGATIVE_INFINITY };
  #lastError: KubeError | undefined;

  /** Sends nothing before the first event; throws `INVALID_ARGUMENT` for options that no server would take. */
  constructor(options: EventRecorderOptions) {
    expectOptions("options", options ?? null);
    const { events, queueSize = 1000, concurrency = 8, burstPerObject = 25, refillMs = 300_000 } = options;
    expectOptions("events", events ?? null);
    expectFunction("events.inNamespace", events.inNamespace ?? null);
    expectController("reportingController", options.reportingController);
    // A host's name may be longer than an event may say.
    const { reportingController, reportingInstance = hostname().slice(0, 128) } = options;
    expectWord("reportingInstance", reportingInstance);
    expectInteger("queueSize", queueSize, 1);
    expectInteger("concurrency", concurrency, 1);
    expectInteger("burstPerObject", burstPerObject, 1);
    expectDuration("refillMs", refillMs);
    expectLogger("log", options.log);
    if (refillMs === 0) throw invalidArgument("refillMs", "more than 0", refillMs);
    this.#port = events;
    this.#reporter = { reportingController, reportingInstance };
    this.#queue = new SendQueue({ size: queueSize, concurrency, send: (series) => this.#send(series) });
    this.#log = options.log ?? defaultLogger;
    this.#spam = new SpamFilter(burstPerObject, refillMs);
  }

  /**
   * Say what happened to an object; returns at once.
   *
   * Throws `INVALID_ARGUMENT` for what the server would refuse, and nothing else:
   * not for a full queue, and not after `stop()`. The same type, reason and action
   * of the same object within about six minutes is the same event, once more.
   */
  event(regarding: EventSubject, report: EventReport): void {
    const checked = checkReport(regarding, report);
    if (this.#stopping !== undefined) {
      this.#drop("it was stopped");
      return;
    }
    const now = Date.now();
    const { type, reason, action } = report;
    const object = subjectKey(checked.regarding);
    const key = JSON.stringify([type, reason, action, object, subjectKey(checked.related)]);
    const known = this.#series.observe(key, now);
    if (known === undefined) this.#begin(key, JSON.stringify(object), checked, now);
    // Where the queue is full it is not lost: it is counted here, and told the next time.
    else if (known.needsTelling(now)) this.#enqueue(known);
  }

  /** How many wait, were sent, dropped and given up. */
  health(): EventRecorderHealth {
    return {
      queued: this.#queue.length,
      sending: this.#queue.sending,
      series: this.#series.size,
      written: this.#written,
      dropped: this.#dropped,
      failed: this.#failed,
      lastError: this.#lastError,
    };
  }

  /**
   * Send what waits, and how often series have happened, for at most `graceMs`; what is left then is dropped.
   *
   * Waits between tries end: each try is the last (Q60). Resolves when nothing of
   * this runs any more; never rejects. Stop it after the controllers that report
   * through it.
   */
  stop(options: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    expectOptions("options", options);
    const { graceMs = 5000 } = options;
    expectDuration("graceMs", graceMs);
    this.#stopping ??= this.#end(graceMs);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #begin(key: string, object: string, checked: CheckedReport, now: number): void {
    if (this.#queue.isFull) {
      this.#drop("too many wait to be sent");
      return;
    }
    if (!this.#spam.allows(object, now)) {
      this.#drop("too many new events of one object");
      return;
    }
    const event = newEvent(checked, this.#reporter, this.#nanos.next(), now);
    const series = new EventSeries(key, event, now);
    const forgotten = this.#series.add(series);
    this.#enqueue(series);
    if (forgotten?.hasUntold) this.#enqueue(forgotten);
    this.#sweepTimer ??= this.#armSweep();
  }

  /** Queue it to be written; not where it waits already, or where there is no room. */
  #enqueue(series: EventSeries): void {
    if (series.isPending || this.#queue.isFull) return;
    series.isPending = true;
    this.#queue.push(series);
  }

  /** Write a series, and once more where it became one meanwhile; never rejects. */
  async #send(series: EventSeries): Promise<void> {
    const signals = { hurried: this.#hurried.signal, stopped: this.#stopped.signal };
    let isPatch: boolean;
    do {
      isPatch = series.written > 0;
      try {
        await writeSeries(this.#port, series, signals);
      } catch (error) {
        series.told(Date.now(), isPatch);
        if (signals.stopped.aborted) this.#abandon(series);
        else this.#giveUp(series, error);
        break;
      }
      this.#written += 1;
      series.told(Date.now(), isPatch);
    } while (series.needsTelling(Date.now()));
    series.isPending = false;
  }

  #giveUp(series: EventSeries, error: unknown): void {
    const { name, namespace } = series.event.metadata;
    // Of a foreign error only the class: its message may quote what it could not write.
    const what = KubeError.is(error) ? error.message : thrownName(error);
    const message = `Write the event ${namespace}/${name}: given up: ${what}`;
    this.#failed += 1;
    this.#lastError = KubeError.is(error) ? error : new KubeError("BAD_RESPONSE", message, { cause: error });
    const fields = { namespace, event: name, failed: this.#failed };
    if (isOfEndingNamespace(error)) this.#log.debug(fields, message);
    else this.#say("failed", fields, message);
    // What the server does not have begins anew the next time; what is over is not told again.
    if (series.written === 0 || series.isIdle(Date.now())) this.#series.forget(series);
  }

  /** Leave what there is no time for; where the server has the event, only its count is lost. */
  #abandon(series: EventSeries): void {
    if (series.written === 0) this.#drop("it was stopped");
  }

  #drop(why: string): void {
    this.#dropped += 1;
    this.#say("dropped", { dropped: this.#dropped }, `Event recorder: an event was dropped: ${why}`);
  }

  #say(what: "dropped" | "failed", fields: object, message: string): void {
    const now = Date.now();
    if (Math.abs(now - this.#saidAt[what]) < quietMs) return;
    this.#saidAt[what] = now;
    this.#log.warn(fields, message);
  }

  #armSweep(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#sweep(), sweepMs);
    // To tell how often something happened is no reason for a process to go on.
    timer.unref();
    return timer;
  }

  /** Tell of series that go on, and forget those that are over. */
  #sweep(): void {
    const now = Date.now();
    for (const series of this.#series.all()) {
      if (series.isPending) continue;
      if (series.needsTelling(now)) this.#enqueue(series);
      else if (series.isIdle(now)) this.#series.forget(series);
    }
    this.#sweepTimer = this.#series.size === 0 ? undefined : this.#armSweep();
  }

  async #end(graceMs: number): Promise<void> {
    clearTimeout(this.#sweepTimer);
    this.#hurried.abort();
    if (graceMs > 0) {
      // After what is new, and however many: nothing else is to come.
      for (const series of this.#series.all()) {
        if (series.isPending || !series.hasUntold) continue;
        series.isPending = true;
        this.#queue.push(series);
      }
      await this.#queue.flush(graceMs);
    }
    const left = this.#queue.clear();
    this.#stopped.abort(new KubeError("STOPPED", "Event recorder: it was stopped"));
    for (const series of left) this.#abandon(series);
    await this.#queue.idle();
    this.#series.clear();
  }
}
