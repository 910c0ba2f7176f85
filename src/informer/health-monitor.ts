import { longestTimerMs } from "../base/abort.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";
import {
  type HealthState,
  type InformerHealth,
  joinHealth,
  nextLookAt,
  reduceHealth,
  type SourceHealth,
  unheard,
} from "./health.ts";

/**
 * The health of an informer's sources as it goes, and a call when its state changes.
 *
 * Going stale is a change that no report brings, so a timer looks for it; it
 * runs from the first list until `stop()`.
 */
export class HealthMonitor {
  readonly #sources: SourceHealth[];
  readonly #onChange: (state: HealthState) => void;
  #state: HealthState = "syncing";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(sources: number, onChange: (state: HealthState) => void) {
    this.#sources = Array.from({ length: sources }, () => unheard);
    this.#onChange = onChange;
  }

  /** Fold a report into a source's health. */
  report(source: number, progress: ReflectorProgress): void {
    this.#sources[source] = reduceHealth(this.#sources[source] ?? unheard, progress, Date.now());
    this.#look();
    this.#arm();
  }

  /** When a source was last heard. */
  lastProgressAt(source: number): number | undefined {
    return this.#sources[source]?.lastProgressAt;
  }

  joined(): Omit<InformerHealth, "resourceVersion" | "listeners"> {
    const joined = joinHealth(this.#sources, Date.now());
    return this.#isStopped ? { ...joined, state: "stopped" } : joined;
  }

  /** Stopped, for good: no timer is left. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#look();
  }

  #look(): void {
    const { state } = this.joined();
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }

  /** Look again when time alone may have changed the state; a timer that is early enough stays as it is. */
  #arm(): void {
    const now = Date.now();
    const dueAt = Math.min(...this.#sources.map((source) => nextLookAt(source, now)));
    if (this.#isStopped || dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(
      () => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#look();
        this.#arm();
      },
      Math.min(dueAt - now, longestTimerMs),
    );
  }
}
