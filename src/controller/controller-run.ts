import { type Channel, channel } from "node:diagnostics_channel";
import { onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { defaultLogger, type Logger, withFields } from "../base/logger.ts";
import { type ReconcileRecord, reconcileChannel } from "../base/reconcile-telemetry.ts";
import { resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { EventLoopTurns } from "../work-queue/event-loop-turns.ts";
import { WorkQueue } from "../work-queue/work-queue.ts";
import { type ControllerHealth, controllerHealth, type HealthParts } from "./controller-health.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Leadership } from "./leadership.ts";
import { type ReconcileReport, Reconciles } from "./reconciles.ts";
import { Sources } from "./sources.ts";
import { isLoss, Term } from "./term.ts";
import { Wakes } from "./wakes.ts";

/** What a controller is told besides when to stop; a `Manager` gives all of it. */
export interface ControllerContext {
  /** Asked before each reconcile and each write. @default the controller's own, where it has one */
  readonly leadership?: Leadership | undefined;
  /**
   * Resolves once this process leads. Sources begin at once and no reconcile before it, so that a replica
   * that takes over acts at once (Q33). @default it leads already, or nobody is elected
   */
  readonly elected?: PromiseLike<unknown> | undefined;
  /** Aborts when what still runs is to break off; with `LEADERSHIP_LOST` where that is why. */
  readonly cancelled?: AbortSignal | undefined;
}

/** What a run tells its controller. */
export interface RunPorts {
  onError(error: KubeError): void;
  onReconciled(report: ReconcileReport): void;
}

/** The fields that every line of a controller carries (Q36). */
function loggerOf<T extends KubeObject>({ log = defaultLogger, name, kind }: ControllerOptions<T>): Logger {
  const ofKind = kind === undefined ? {} : { controllerGroup: kind.group, controllerKind: kind.kind };
  return withFields(log, { controller: name, ...ofKind });
}

/** One run of a controller, from its sources' first request until nothing of it goes on. */
export class ControllerRun<T extends KubeObject> {
  readonly #options: ControllerOptions<T>;
  readonly #context: ControllerContext;
  readonly #ports: RunPorts;
  readonly #log: Logger;
  /** No source is waited for, no key is taken. */
  readonly #over = new AbortController();
  readonly #term: Term;
  readonly #queue: WorkQueue;
  readonly #wakes: Wakes;
  readonly #sources: Sources;
  readonly #reconciles: Reconciles<T>;
  #phase: HealthParts["phase"] = "starting";
  #failure: unknown;
  #hasFailed = false;
  #lastError: KubeError | undefined;

  constructor(options: ControllerOptions<T>, context: ControllerContext, ports: RunPorts) {
    const { name, kind, reconcile, hungAfterMs = 60_000, rateLimiter } = options;
    this.#options = options;
    this.#context = context;
    this.#ports = ports;
    this.#log = loggerOf(options);
    this.#term = new Term(context.leadership ?? options.leadership, (error) => this.#onLost(error));
    this.#queue = new WorkQueue({ name, rateLimiter });
    this.#wakes = new Wakes(this.#queue);
    this.#sources = new Sources(
      options.sources,
      {
        controller: name,
        wake: (key, reason, priority) => this.#wakes.wake(key, reason, priority),
        failed: (error) => this.#onFailed(error),
        log: this.#log,
      },
      new EventLoopTurns(this.#over.signal),
    );
    this.#reconciles = new Reconciles<T>({
      controller: name,
      resource: kind === undefined ? name : resourceName(kind),
      kind,
      queue: this.#queue,
      reconcile,
      objectOf: options.objectOf,
      cluster: options.cluster,
      timeoutMs: options.reconcileTimeoutMs,
      hungAfterMs,
      log: this.#log,
      term: this.#term,
      onTaken: (item) => {
        this.#sources.taken(item.key);
        return this.#wakes.take(item);
      },
      onEnded: (report) => {
        if (report.error !== undefined && !report.wasCancelled) this.#onError(report.error);
        this.#ports.onReconciled(report);
      },
      onBroken: (error) => this.#fail(error),
    });
  }

  /** Run until one of these aborts or something fails; settles once nothing goes on, as far as that can be had. */
  async run(...signals: readonly AbortSignal[]): Promise<void> {
    const { cancelled } = this.#context;
    const stopListening = [
      ...signals.map((signal) => onAbort(signal, () => this.#onStop(signal))),
      onAbort(cancelled, () => this.#onCancelled(cancelled)),
      onAbort(this.#options.closed, () => this.#onClosed()),
    ];
    try {
      await this.#start();
      await this.#untilOver();
    } catch (error) {
      this.#fail(error);
    }
    await this.#end();
    for (const stop of stopListening) stop();
    if (this.#hasFailed) throw this.#failure;
  }

  health(): ControllerHealth {
    return controllerHealth({
      name: this.#options.name,
      phase: this.#phase,
      isReconciling: this.#phase === "running",
      sources: this.#sources.reports(),
      running: this.#reconciles.running(),
      // What still waits when it is shut down, nobody takes any more.
      queued: this.#queue.isShutDown ? 0 : this.#queue.length,
      failingKeys: this.#reconciles.failing.size,
      failing: this.#reconciles.failing.worst(20),
      lastError: this.#lastError,
      threads: this.#options.threads?.report(),
    });
  }

  /** Sources first, then leadership, then workers (Q25, Q33). */
  async #start(): Promise<void> {
    const { name, concurrency = 1, syncTimeoutMs = 120_000 } = this.#options;
    const { signal } = this.#over;
    if (signal.aborted) return;
    tell({ type: "controller-started", controller: name, concurrency });
    this.#log.debug({}, "the controller starts its sources");
    this.#sources.begin();
    await Promise.all([
      this.#sources.synced({ timeoutMs: syncTimeoutMs, signal }),
      this.#options.threads?.start({
        log: this.#log,
        failed: (error) => this.#onFailed(error),
        startTimeoutMs: syncTimeoutMs,
        signal,
      }),
    ]);
    if (signal.aborted) return;
    this.#phase = "waiting";
    const { elected } = this.#context;
    if (elected !== undefined) await Promise.race([elected, this.#untilOver()]);
    if (signal.aborted || !this.#term.isHeld()) return;
    this.#phase = "running";
    this.#log.info({ concurrency }, "the controller starts its workers");
    this.#reconciles.work(concurrency, signal);
  }

  async #untilOver(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    onAbort(this.#over.signal, resolve);
    await promise;
  }

  async #end(): Promise<void> {
    const { graceMs = 30_000 } = this.#options;
    this.#phase = "stopping";
    this.#over.abort();
    // Their stores stay true until the last reconcile has ended; they only wake nobody any more.
    this.#sources.end();
    this.#queue.shutDown();
    this.#wakes.clear();
    await this.#reconciles.end(graceMs).catch((error) => this.#fail(error));
    // Of a reconcile that runs on regardless, nothing is written any more.
    this.#term.end();
    await this.#options.threads?.stop().catch((error) => this.#fail(error));
    await this.#sources.release().catch((error) => this.#fail(error));
    this.#phase = "stopped";
    this.#log.debug({}, "the controller has ended");
  }

  #onStop({ reason }: AbortSignal): void {
    if (isLoss(reason)) this.#term.lose(reason);
    else this.#over.abort();
  }

  #onCancelled(cancelled: AbortSignal | undefined): void {
    const reason: unknown = cancelled?.reason;
    if (isLoss(reason)) this.#term.lose(reason);
    else {
      this.#reconciles.cancel(
        new KubeError("ABORTED", "Reconcile: the controller was cancelled", { cause: reason }),
      );
      this.#over.abort();
    }
  }

  #onClosed(): void {
    if (this.#over.signal.aborted) return;
    const { name } = this.#options;
    this.#fail(new KubeError("STOPPED", `Run the controller ${name}: its cluster was closed`));
  }

  /** No grace: another may act already. */
  #onLost(error: KubeError): void {
    this.#log.error({ err: error }, error.message);
    this.#reconciles.cancel(error);
    this.#fail(error);
  }

  /** The first failure is what `run` rejects with, but for the loss of leadership, which counts for more than any. */
  #fail(error: unknown): void {
    if (!this.#hasFailed || (isLoss(error) && !isLoss(this.#failure))) this.#failure = error;
    this.#hasFailed = true;
    this.#over.abort();
  }

  #onFailed(error: KubeError): void {
    this.#log.error({ err: error }, error.message);
    this.#onError(error);
  }

  #onError(error: KubeError): void {
    this.#lastError = error;
    this.#ports.onError(error);
  }
}

const records: Channel = channel(reconcileChannel);

function tell(record: ReconcileRecord): void {
  if (records.hasSubscribers) records.publish(record);
}
