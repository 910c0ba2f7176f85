import type { EventObject } from "./event-object.ts";

/** After this long without another one, a series is over (Q61). */
const idleMs = 6 * 60_000;

/** How often the server is told of a series that goes on, lest it forgets the event (Q61). */
const heartbeatMs = 30 * 60_000;

/** How many are remembered, as in client-go's core/v1 recorder. */
const mostSeries = 4096;

/** An event, and how often the same has happened since. */
export class EventSeries {
  readonly key: string;
  readonly event: EventObject;
  count = 1;
  lastObservedAt: number;
  /** The count that the server has; 0: it has no such event. */
  written = 0;
  /** It waits to be written, or is being written. */
  isPending = false;
  #toldAt: number;
  /** The server was told once that it is a series, whether it listened or not: what follows waits for the heartbeat. */
  #isAnnounced = false;

  constructor(key: string, event: EventObject, now: number) {
    this.key = key;
    this.event = event;
    this.lastObservedAt = now;
    this.#toldAt = now;
  }

  /** It happened again. */
  observe(now: number): void {
    this.count += 1;
    this.lastObservedAt = now;
  }

  /** The server was told, or did not listen; `isPatch`: of what it had already. */
  told(now: number, isPatch: boolean): void {
    this.#toldAt = now;
    if (isPatch) this.#isAnnounced = true;
  }

  isIdle(now: number): boolean {
    return now - this.lastObservedAt >= idleMs;
  }

  /** The server has the event, and does not know how often it has happened. */
  get hasUntold(): boolean {
    return this.written > 0 && this.count > this.written;
  }

  /** It is time to tell: the second time, in heartbeats, and when the series is over. */
  needsTelling(now: number): boolean {
    if (!this.hasUntold) return false;
    return !this.#isAnnounced || this.isIdle(now) || now - this.#toldAt >= heartbeatMs;
  }
}

/** The series under way, the one that was observed last at the end. */
export class SeriesCache {
  readonly #series = new Map<string, EventSeries>();

  get size(): number {
    return this.#series.size;
  }

  /** The series of this key, which has happened again; `undefined` where there is none. */
  observe(key: string, now: number): EventSeries | undefined {
    const series = this.#series.get(key);
    if (series === undefined) return undefined;
    series.observe(now);
    this.#series.delete(key);
    this.#series.set(key, series);
    return series;
  }

  /** Remember a new one; returns the one that is forgotten for it, if any. */
  add(series: EventSeries): EventSeries | undefined {
    this.#series.set(series.key, series);
    if (this.#series.size <= mostSeries) return undefined;
    const [oldest] = this.#series.values();
    if (oldest !== undefined) this.#series.delete(oldest.key);
    return oldest;
  }

  /** Forget it; another that has taken its place stays. */
  forget(series: EventSeries): void {
    if (this.#series.get(series.key) === series) this.#series.delete(series.key);
  }

  /** A copy: whoever walks through may forget some. */
  all(): EventSeries[] {
    return [...this.#series.values()];
  }

  clear(): void {
    this.#series.clear();
  }
}
