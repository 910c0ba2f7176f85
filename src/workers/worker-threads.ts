import { abortError, delay, onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { ReconcileRequest } from "../controller/reconcile.ts";
import type {
  ReconcileThreads,
  ThreadsMaker,
  ThreadsPlan,
  ThreadsPorts,
  ThreadsReport,
} from "../controller/threads.ts";
import type { KubeObject } from "../resource/object.ts";
import type { OwnChange } from "./messages.ts";
import { OwnChanges } from "./own-changes.ts";
import { SharedCopies } from "./shared-copies.ts";
import type { ThreadHost } from "./thread-host.ts";
import { WorkerSlot } from "./worker-slot.ts";

/** Makes threads for the controller of a host: the `threads` option of `controller.workers` in bundled programs. */
export const workerThreads: ThreadsMaker = (plan: ThreadsPlan<KubeObject>, host: ThreadHost) =>
  new WorkerThreads(plan, host);

/** How long a blocked thread is waited for, where the user says nothing. */
const blockedAfterMs = 2_000;

/**
 * The threads in which one controller's reconciles run.
 *
 * Objects are read from shared memory, requests go through this thread's cluster,
 * and every write is told to all threads before anything that is begun after it.
 * A thread that crashes is replaced; what it was at fails, and is tried again as
 * any key that fails.
 */
export class WorkerThreads<T extends KubeObject> implements ReconcileThreads<T> {
  readonly #plan: ThreadsPlan<T>;
  readonly #host: ThreadHost;
  readonly #slots: WorkerSlot[] = [];
  /** Who waits until a thread is free, in the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #copies: SharedCopies | undefined;
  #changes: OwnChanges = new OwnChanges([], () => true);
  #leave: () => void = () => {};
  #crashes = 0;
  #lastCrash: KubeError | undefined;

  constructor(plan: ThreadsPlan<T>, host: ThreadHost) {
    this.#plan = plan;
    this.#host = host;
  }

  async start({ log, failed, startTimeoutMs, signal }: ThreadsPorts): Promise<void> {
    const { controller, count, keysPerThread, kind, module, resourceLimits } = this.#plan;
    const { userAgent, fieldManager, transport } = this.#host;
    const parts = this.#host.parts();
    const copies = new SharedCopies(parts, { maxBytes: this.#plan.maxSharedBytes, onError: failed });
    this.#copies = copies;
    const followed = copies.handles;
    const stores = parts.map(({ store }) => store);
    this.#changes = new OwnChanges(stores, (part) => copies.isCurrent(part));
    this.#leave = this.#host.onChange((change) => this.#tell(change));
    const ports = {
      controller,
      keysPerThread,
      blockedAfterMs: this.#plan.blockedAfterMs ?? blockedAfterMs,
      log,
      transport,
      threadParts: () => ({
        module: module.href,
        kind,
        userAgent,
        fieldManager,
        followed,
        changes: this.#changes.pending(),
        resourceLimits,
      }),
      onFree: () => this.#serve(),
      onChange: (change: OwnChange, from: WorkerSlot) => {
        this.#host.take(change);
        this.#tell(change, from);
      },
      onWarning: (message: string, step: string) => this.#host.warned(message, step),
      onCrash: (error: KubeError) => {
        this.#crashes++;
        this.#lastCrash = error;
        failed(error);
      },
    };
    for (let number = 1; number <= count; number++) this.#slots.push(new WorkerSlot(number, ports));
    await this.#started(startTimeoutMs, signal);
  }

  async reconcile(request: ReconcileRequest<T>): Promise<unknown> {
    const scope = this.#host.scopeOf(request.cluster);
    const step = `Reconcile ${request.key} in a worker`;
    await this.#copies?.untilCurrent(step, () => request.signal);
    let slot = this.#freest();
    while (slot === undefined) {
      await this.#untilWoken(step, request.signal);
      // Looked for anew: somebody else may have been faster.
      slot = this.#freest();
    }
    for (const settled of this.#changes.settle()) this.#post({ type: "settled", ...settled });
    return slot.run(request, scope);
  }

  async stop(): Promise<void> {
    this.#leave();
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    this.#copies?.close();
  }

  report(): ThreadsReport {
    return {
      count: this.#plan.count,
      ready: this.#slots.filter(({ isReady }) => isReady).length,
      crashes: this.#crashes,
      lastCrash: this.#lastCrash,
      problems: [...this.#slots.flatMap(({ problem }) => problem ?? []), ...(this.#copies?.problems ?? [])],
    };
  }

  /** Until all can reconcile; in peace where `signal` aborts before. */
  async #started(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { controller, module } = this.#plan;
    const step = `Start the workers of the controller ${controller}: ${module.href}`;
    const over = new AbortController();
    const stopListening = onAbort(signal, () => over.abort());
    const all = Promise.all(this.#slots.map((slot) => slot.start()));
    const late = delay(timeoutMs, over.signal).then((hasPassed) => {
      if (hasPassed) throw new KubeError("TIMEOUT", `it is not loaded after ${timeoutMs} ms`);
    });
    try {
      await Promise.race([all, late]);
    } catch (error) {
      if (signal.aborted) return;
      const cause = KubeError.is(error) ? (error.cause ?? error) : error;
      throw new KubeError(
        KubeError.is(error) ? error.code : "RECONCILE_FAILED",
        `${step}: ${error instanceof Error ? error.message : "it cannot be started"}`,
        { cause },
      );
    } finally {
      over.abort();
      stopListening();
      all.catch(() => {});
    }
  }

  #freest(): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.#slots) if (slot.free > (best?.free ?? 0)) best = slot;
    return best;
  }

  /** There are as many threads as keys at once: it waits only where one has crashed. */
  async #untilWoken(step: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const stopListening = onAbort(signal, resolve);
    await promise;
    stopListening();
    this.#waiting.delete(resolve);
    if (!signal.aborted) return;
    // It was perhaps its turn: the next one takes it.
    this.#serve();
    throw abortError(signal, step);
  }

  #serve(): void {
    for (const resolve of this.#waiting) {
      this.#waiting.delete(resolve);
      resolve();
      return;
    }
  }

  /** Tell all threads but the one that wrote it. */
  #tell(change: OwnChange, from?: WorkerSlot): void {
    this.#changes.add(change);
    this.#post({ type: "change", change }, from);
  }

  #post(message: Parameters<WorkerSlot["post"]>[0], except?: WorkerSlot): void {
    for (const slot of this.#slots) if (slot !== except) slot.post(message);
  }
}
