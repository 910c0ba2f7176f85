import { type Channel, channel } from "node:diagnostics_channel";
import { delay, onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { readableError } from "../base/readable-error.ts";
import {
  type ReconcileOutcome,
  type ReconcileRecord,
  reconcileChannel,
} from "../base/reconcile-telemetry.ts";
import { inSpan } from "../base/span.ts";
import type { KubeObject } from "../resource/object.ts";
import type { WorkItem } from "../work-queue/work-item.ts";
import type { WorkQueue } from "../work-queue/work-queue.ts";
import type { RunningReconcile } from "./controller-health.ts";
import { FailingKeys } from "./failing-keys.ts";
import { HangWatch } from "./hang-watch.ts";
import { checkResult, isPanic, isTerminal, outcomeOf, reconcileFailed } from "./outcome.ts";
import type { ReconcileResult, Reconciler, WakeReason } from "./reconcile.ts";
import { Reconciliation, type ReconciliationParts } from "./reconciliation.ts";

/** How long reconciles whose signals have aborted are waited for. */
const afterCancelMs = 5_000;

/** One reconcile that has ended. */
export interface ReconcileReport {
  readonly key: string;
  readonly attempt: number;
  readonly outcome: ReconcileOutcome;
  readonly durationMs: number;
  /** Why it failed. */
  readonly error: KubeError | undefined;
  /** It was told to end before it had, since the controller ends. */
  readonly wasCancelled: boolean;
}

/** What {@link Reconciles} is made of. */
export interface ReconcilesParts<T extends KubeObject> extends ReconciliationParts<T> {
  /** The controller's name, for telemetry. */
  readonly controller: string;
  /** What the objects are called in messages, such as `widgets.example.com`. */
  readonly resource: string;
  readonly queue: WorkQueue;
  readonly reconcile: Reconciler<T>;
  readonly hungAfterMs: number;
  /** A worker took a key; returns why it is to be reconciled. */
  onTaken(item: WorkItem): WakeReason;
  onEnded(report: ReconcileReport): void;
  /** A rate limiter threw: keys would be lost. */
  onBroken(error: unknown): void;
}

/** All reconciles of a controller: N workers, what runs, what failed, and what becomes of each key after it. */
export class Reconciles<T extends KubeObject> {
  readonly failing: FailingKeys = new FailingKeys();
  readonly #parts: ReconcilesParts<T>;
  readonly #queue: WorkQueue;
  readonly #channel: Channel = channel(reconcileChannel);
  readonly #running = new Map<string, Reconciliation<T>>();
  readonly #hangWatch: HangWatch<Reconciliation<T>>;
  readonly #cancelled = new AbortController();
  #workers: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(parts: ReconcilesParts<T>) {
    this.#parts = parts;
    this.#queue = parts.queue;
    this.#hangWatch = new HangWatch(
      parts.hungAfterMs,
      () => this.#running.values(),
      (hung) =>
        hung.log.warn({ runningMs: hung.runningMs }, `${this.#step(hung.key)}: it hangs, or takes long`),
    );
  }

  /** Begin to work on the queue, until `signal` aborts. */
  work(concurrency: number, signal: AbortSignal): void {
    const onError = (error: unknown): void => this.#parts.onBroken(error);
    this.#workers = this.#queue.work(concurrency, (item) => this.#reconcile(item), { signal, onError });
  }

  /** What runs now. */
  running(): RunningReconcile[] {
    return Array.from(this.#running.values(), ({ key, attempt, runningMs }) => ({
      key,
      attempt,
      runningMs,
      isHung: runningMs >= this.#parts.hungAfterMs,
    }));
  }

  /** Abort the signals of all that run, now. */
  cancel(reason: KubeError): void {
    this.#cancelled.abort();
    for (const reconciliation of this.#running.values()) reconciliation.cancel(reason);
  }

  /**
   * Let what runs end within `graceMs`, then abort their signals and wait a little longer.
   *
   * The workers' signal must have aborted. Rejects with `TIMEOUT`, naming the
   * keys, where reconciles run on regardless; what they come to is not heard of.
   */
  async end(graceMs: number): Promise<void> {
    if (!(await this.#endsWithin(graceMs, this.#cancelled.signal))) {
      const why = `the controller was stopped, and the ${graceMs} ms that reconciles have to end are over`;
      this.cancel(new KubeError("ABORTED", `Reconcile: ${why}`));
      await this.#endsWithin(afterCancelMs);
    }
    this.#isOver = true;
    this.#hangWatch.end();
    if (this.#running.size === 0) return;
    const keys = [...this.#running.keys()].join(", ");
    throw new KubeError(
      "TIMEOUT",
      `Stop the controller ${this.#parts.controller}: ${afterCancelMs} ms after their signals aborted still running: ${keys}`,
    );
  }

  /** Whether all workers end within a time, which is cut short where `signal` aborts. */
  async #endsWithin(ms: number, signal?: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const stopListening = onAbort(signal, () => over.abort());
    const ended = this.#workers.then(() => true);
    const isInTime = await Promise.race([ended, delay(ms, over.signal).then(() => false)]);
    over.abort();
    stopListening();
    return isInTime;
  }

  #step(key: string): string {
    return `Reconcile ${this.#parts.resource} ${key}`;
  }

  /** A key whose reconcile fails ends no worker: only a rate limiter that throws does, and with it the controller. */
  async #reconcile(item: WorkItem): Promise<void> {
    const reason = this.#parts.onTaken(item);
    // Asked before each: a process that was paused must know before it acts.
    if (!this.#parts.term.isHeld()) return;
    const { key } = item;
    const failures = this.failing.failures(key);
    // Of a failure that a later run has made good, or that was the end of it: an event came before the retry.
    if (reason.type === "RETRY" && failures === 0) return;
    const attempt = failures + 1;
    const reconciliation = new Reconciliation(key, attempt, reason, this.#step(key), this.#parts);
    this.#running.set(key, reconciliation);
    this.#hangWatch.began();
    this.#tell({ type: "reconcile-started", controller: this.#parts.controller });
    try {
      const result = await this.#inSpan(reconciliation);
      this.#running.delete(key);
      if (!this.#isOver) this.#succeeded(item, reconciliation, result);
    } catch (error) {
      this.#running.delete(key);
      if (!this.#isOver) this.#failed(item, reconciliation, readableError(error));
    }
  }

  #inSpan(reconciliation: Reconciliation<T>): Promise<ReconcileResult> {
    const { controller, reconcile } = this.#parts;
    const { key, attempt } = reconciliation;
    const attributes = {
      "kube_reflex.controller": controller,
      "kube_reflex.key": key,
      "kube_reflex.attempt": attempt,
    };
    return inSpan({ name: `reconcile ${controller}`, kind: "internal", attributes }, async () =>
      checkResult(this.#step(key), await reconciliation.call(reconcile)),
    );
  }

  /** What Q28 says of success: the back-off is forgotten, and the due time set anew, cleared, or left. */
  #succeeded({ key, priority }: WorkItem, reconciliation: Reconciliation<T>, result: ReconcileResult): void {
    const { requeueAfterMs } = result;
    this.#queue.forget(key);
    this.failing.forget(key);
    if (requeueAfterMs === null) this.#queue.setDue(key, undefined);
    else if (requeueAfterMs !== undefined) {
      this.#queue.setDue(key, requeueAfterMs, { priority: result.priority ?? priority });
    }
    this.#ended(reconciliation, outcomeOf(result), undefined);
  }

  #failed({ key, priority }: WorkItem, reconciliation: Reconciliation<T>, thrown: unknown): void {
    const { log } = reconciliation;
    const error = reconcileFailed(this.#step(key), thrown);
    if (reconciliation.wasCancelled) {
      // Told to end, it ended: nothing is wrong with it, and nothing is tried again.
      log.info({ err: error }, `${this.#step(key)}: it was cancelled`);
    } else if (isTerminal(thrown)) {
      // Forgotten too: the next event of this key begins anew, with the first delay (Q29).
      this.#queue.forget(key);
      this.failing.forget(key);
      log.error({ err: error }, `${error.message}; it is not tried again before the next event`);
    } else {
      this.failing.failed(key, error);
      this.#queue.addRateLimited(key, { priority });
      log.error({ err: error }, error.message);
    }
    this.#ended(reconciliation, "error", error, thrown);
  }

  #ended(
    reconciliation: Reconciliation<T>,
    outcome: ReconcileOutcome,
    error: KubeError | undefined,
    thrown?: unknown,
  ): void {
    const { key, attempt, isTimeout, wasCancelled, runningMs: durationMs } = reconciliation;
    if (reconciliation.wasTold) {
      reconciliation.log.info({ runningMs: durationMs }, `${this.#step(key)}: it has ended after all`);
    }
    const isFailed = error !== undefined;
    this.#tell({
      type: "reconcile-ended",
      controller: this.#parts.controller,
      outcome,
      durationMs,
      isTerminal: isFailed && isTerminal(thrown),
      isTimeout,
      isPanic: isFailed && isPanic(thrown),
    });
    this.#parts.onEnded({ key, attempt, outcome, durationMs, error, wasCancelled });
  }

  #tell(record: ReconcileRecord): void {
    if (this.#channel.hasSubscribers) this.#channel.publish(record);
  }
}
