import { EventEmitter } from "eventemitter3";
import { abortError, delay } from "../base/abort.ts";
import { expectDuration, expectOptions, expectSignal, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { guardedListener } from "../base/guarded-listener.ts";
import { ObjectReader } from "../bytes/object-reader.ts";
import { SegmentPool } from "../bytes/segment-pool.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { Lister } from "../store/lister.ts";
import type { MutationCache, MutationCacheOptions } from "../store/mutation-cache.ts";
import { allEnded, type Ending } from "./grace.ts";
import { type EventHandlers, expectHandlers, type ListenerHandlers } from "./handlers.ts";
import type { HealthState, InformerHealth } from "./health.ts";
import {
  checkInformerOptions,
  checkListenOptions,
  type InformerOptions,
  type ListenOptions,
} from "./informer-options.ts";
import { Listener } from "./listener.ts";
import { freezesByDefault, frozen, prepared, readerOptions } from "./prepare.ts";
import { SharedInformer } from "./shared-informer.ts";
import { Subscription } from "./subscription.ts";
import { untilSynced } from "./sync-wait.ts";

/** What an informer tells beside the objects' events, synchronously; nothing waits for what these return. */
export interface InformerEvents {
  /** Its health's state changed. */
  health: (health: InformerHealth) => void;
  /**
   * Something failed and is being repaired, or a handler threw. Handlers' errors
   * that nobody listens for become a process warning.
   */
  error: (error: KubeError) => void;
  /** What the reflector does: lists, watches, back-off. */
  progress: (progress: ReflectorProgress) => void;
}

/** How `synced` waits. */
export interface SyncedOptions {
  /** @default 60_000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How `stop` waits. */
export interface StopOptions {
  /** How long running handlers are waited for. @default 10_000 */
  readonly graceMs?: number;
}

/** Where an informer's objects come from. */
export type InformerSource<T extends KubeObject> =
  | { readonly listWatch: ListWatch<T>; readonly name?: string }
  | { readonly shared: SharedInformer<T> };

const objectEvents = {
  ADDED: "added",
  MODIFIED: "modified",
  DELETED: "deleted",
  CHANGED: "changed",
} as const;

/**
 * A typed, indexed local copy of a collection that follows the server, and tells of changes.
 *
 * It is a lease: informers of the same kind, namespaces, selectors and transform
 * share one list and one watch. Nothing is requested before `start()` or
 * `synced()`. After `stop()` resolves no handler is called, and the last lease
 * ends the watch. Errors are repaired by themselves and visible in `health()`.
 */
export class Informer<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>>
  implements AsyncDisposable
{
  readonly store: Lister<T, I>;
  readonly #shared: SharedInformer<T>;
  readonly #options: ListenOptions;
  readonly #freeze: boolean | undefined;
  readonly #onStopped: () => Promise<void>;
  readonly #emitter = new EventEmitter<InformerEvents>();
  readonly #subscriptions = new Set<Subscription<T>>();
  /** Removed, but a call may still run. */
  readonly #leaving = new Set<Ending>();
  readonly #forwarded: { [E in keyof InformerEvents]: InformerEvents[E] };
  /** Ends what waits for this lease. */
  readonly #abort = new AbortController();
  #handlers: Subscription<T> | undefined;
  #isStarted = false;
  #stopping: Promise<void> | undefined;
  #listenerCount = 0;
  /** As last told by a "health" event. */
  #state: HealthState;

  /** Usually made by `handle.informer()`; over a literal {@link ListWatch} it stands alone. */
  constructor(
    source: InformerSource<T>,
    options: InformerOptions<T, T, I> = {},
    onStopped?: () => Promise<void>,
  ) {
    checkInformerOptions(options);
    this.#options = options.listen ?? {};
    this.#freeze = options.freeze;
    if ("shared" in source) {
      this.#shared = source.shared;
    } else {
      expectListWatch(source.listWatch);
      const { backoff, streamingList, minWatchTimeoutSeconds, transform, freeze } = options;
      this.#shared = new SharedInformer<T>({
        name: source.name ?? "objects",
        sources: [
          transform === undefined
            ? frozen(source.listWatch, freeze)
            : prepared(source.listWatch, { transform, freeze }),
        ],
        backoff,
        streamingList,
        minWatchTimeoutSeconds,
        store: options.store,
        pool: new SegmentPool(new ObjectReader<T>(readerOptions(source.name, freeze))),
      });
    }
    this.store = this.#shared.lister(this.#abort.signal);
    this.#onStopped =
      onStopped ?? (async () => void (await Promise.all(this.#shared.stop().map(({ ended }) => ended))));
    this.#state = this.#shared.condition().state;
    this.#forwarded = {
      health: (health) => this.#tellHealth(health),
      error: (error) => this.#tellError(error),
      progress: (progress) => this.#emitter.emit("progress", progress),
    };
    this.#shared.on("health", this.#forwarded.health);
    this.#shared.on("error", this.#forwarded.error);
    this.#shared.on("progress", this.#forwarded.progress);
    try {
      this.#shared.addIndexers(options.indexers ?? {});
    } catch (error) {
      this.#detach();
      throw error;
    }
  }

  /**
   * Call a handler for one type of event.
   *
   * All handlers of this informer for ADDED, MODIFIED, DELETED and CHANGED are one
   * listener with one queue, awaited one after the other; a late one is shown
   * what is stored first. Use `listen` for a listener that does not wait for the
   * others. Throws `STOPPED` after `stop()`.
   */
  on<E extends keyof EventHandlers<T>>(event: E, handler: EventHandlers<T>[E]): this;
  on<E extends keyof InformerEvents>(event: E, handler: InformerEvents[E]): this;
  on(event: keyof EventHandlers<T> | keyof InformerEvents, handler: (...args: never[]) => unknown): this {
    this.#expectUsable(`on ${String(event)}`);
    if (typeof handler !== "function") throw invalidArgument("handler", "a function", handler);
    if (Object.hasOwn(objectEvents, event)) {
      this.#join({ [objectEvents[event as keyof EventHandlers<T>]]: handler });
    } else if (Object.hasOwn(this.#forwarded, event)) {
      this.#emitter.on(
        event as keyof InformerEvents,
        guardedListener(handler, `Informer of ${this.#shared.name}, on ${event}`),
      );
    } else {
      throw invalidArgument("event", "ADDED, MODIFIED, DELETED, CHANGED, health, error or progress", event);
    }
    return this;
  }

  /**
   * Add a listener with a queue of its own.
   *
   * It is shown everything stored as ADDED with `initial: true`, then every
   * change, without gap or repetition (I8). Throws `INVALID_ARGUMENT` for what
   * are no handlers, `STOPPED` after `stop()`.
   */
  listen(handlers: ListenerHandlers<T>, options: ListenOptions = {}): Listener {
    this.#expectUsable("listen");
    expectHandlers(handlers);
    checkListenOptions(options);
    return new Listener(this.#subscribe(handlers, options));
  }

  /**
   * Begin to follow the server, without waiting; once.
   *
   * Throws `ALREADY_STARTED` the second time (I19), also after `synced()`, and
   * `STOPPED` after `stop()`.
   */
  start(): void {
    this.#expectUsable("start");
    if (this.#isStarted) {
      throw new KubeError(
        "ALREADY_STARTED",
        `Start the informer of ${this.#shared.name}: it was started already`,
      );
    }
    this.#begin();
  }

  /**
   * Wait until the first list is in the store; starts the informer where that has not happened.
   *
   * Rejects with the server's answer at once where that is 401, 403 or 404 and
   * nothing was ever listed; with `SYNC_TIMEOUT` and the last error as its
   * cause at the deadline (K11); with `STOPPED`; with `ABORTED`. The informer
   * goes on trying after a rejection, until it is stopped.
   */
  async synced(options: SyncedOptions = {}): Promise<void> {
    expectOptions("options", options);
    const { timeoutMs = 60_000, signal } = options;
    expectDuration("timeoutMs", timeoutMs);
    expectSignal("signal", signal);
    this.#expectUsable("synced");
    if (signal?.aborted) throw abortError(signal, `Wait for the informer of ${this.#shared.name} to sync`);
    this.#begin();
    if (this.#shared.hasSynced) return;
    await untilSynced(this.#shared, { timeoutMs, signal, stopped: this.#abort.signal });
  }

  /**
   * The store with your own writes laid over it until the watch has caught up; see {@link MutationCache}.
   *
   * One for each caller, with what was told to it alone. Objects must be as the
   * store has them: transformed, where there is a transform.
   */
  mutationCache(options: MutationCacheOptions<T> = {}): MutationCache<T, I> {
    this.#expectUsable("mutationCache");
    const freeze = options.freeze ?? this.#freeze ?? freezesByDefault();
    return this.#shared.mutationCache({ ...options, freeze }, this.#abort.signal);
  }

  /** How it is: state, last progress, errors, and this lease's listeners among all of them. */
  health(): InformerHealth {
    const health = this.#shared.health();
    return this.#stopping === undefined ? health : { ...health, state: "stopped" };
  }

  /** Add indices to the shared store (S14); throws `INDEX_CONFLICT` on a name clash, `STOPPED` after `stop()` (S15). */
  addIndexers<More extends IndexFunctions<T>>(indexers: More): Informer<T, I & More> {
    this.#expectUsable("addIndexers");
    this.#shared.addIndexers(indexers);
    return this;
  }

  /**
   * End this lease: its listeners at once, the watch with the last lease.
   *
   * What waits in queues is dropped (I21); running handlers see their signal
   * abort. Resolves when nothing of this lease runs any more; rejects with
   * `TIMEOUT`, naming the listeners, where a handler runs past `graceMs`. Never
   * await it inside one of its own handlers: that waits for itself.
   */
  stop(options: StopOptions = {}): Promise<void> {
    expectOptions("options", options);
    const { graceMs = 10_000 } = options;
    expectDuration("graceMs", graceMs);
    // After this turn, so that `#stopping` is set for whoever looks.
    this.#stopping ??= Promise.resolve().then(() => this.#stop(graceMs));
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #begin(): void {
    this.#isStarted = true;
    this.#shared.start();
  }

  #join(handlers: ListenerHandlers<T>): void {
    if (this.#handlers === undefined || this.#handlers.isRemoved) {
      this.#handlers = this.#subscribe(handlers, this.#options);
    } else {
      const listener = this.#handlers;
      // Before the first list, that will show it everything; not in the middle of one, of which only a part was told.
      this.#shared.whenSettled(() => {
        listener.join(handlers, this.#shared.hasSynced ? this.#shared.records() : undefined);
      });
    }
  }

  #subscribe(handlers: ListenerHandlers<T>, options: ListenOptions): Subscription<T> {
    const name = `listener ${++this.#listenerCount} of ${this.#shared.name}`;
    const subscription = new Subscription<T>(handlers, options, name, {
      onError: (error) => this.#shared.whenSettled(() => this.#onHandlerError(error)),
      onRemoved: (removed) => this.#unsubscribe(removed),
    });
    if (subscription.isRemoved) return subscription;
    this.#subscriptions.add(subscription);
    this.#shared.subscribe(subscription);
    if (options.resyncMs !== undefined && options.resyncMs > 0) {
      void this.#resync(subscription, options.resyncMs);
    }
    return subscription;
  }

  #unsubscribe(subscription: Subscription<T>): void {
    this.#subscriptions.delete(subscription);
    this.#shared.unsubscribe(subscription);
    const ending = subscription.end();
    this.#leaving.add(ending);
    void ending.ended.then(() => this.#leaving.delete(ending));
  }

  async #resync(subscription: Subscription<T>, periodMs: number): Promise<void> {
    // Not before the first list: without a start there is no timer (P25).
    const hasSynced = await subscription.synced.then(
      () => true,
      () => false,
    );
    while (hasSynced && (await delay(periodMs, subscription.signal))) {
      // A slow listener gets the next resync once it has caught up, not one more on top.
      await subscription.pressure();
      this.#shared.whenSettled(() => subscription.resync(this.#shared.records()));
    }
  }

  #onHandlerError(error: KubeError): void {
    // Nobody listening must not mean that nobody knows.
    if (!this.#emitter.emit("error", error)) process.emitWarning(error);
  }

  #tellError(error: KubeError): void {
    // Health shows what a reflector repairs; an object that an index lacks shows nowhere else.
    if (error.code === "INDEX_FAILED") this.#onHandlerError(error);
    else this.#emitter.emit("error", error);
  }

  #detach(): void {
    this.#shared.off("health", this.#forwarded.health);
    this.#shared.off("error", this.#forwarded.error);
    this.#shared.off("progress", this.#forwarded.progress);
  }

  /** All leases are told by one report: made anew for each, it would cost the square of their number. */
  #tellHealth(health: InformerHealth): void {
    if (health.state === this.#state) return;
    this.#state = health.state;
    this.#emitter.emit("health", health);
  }

  async #stop(graceMs: number): Promise<void> {
    const { name } = this.#shared;
    this.#abort.abort(this.#stoppedError("synced"));
    this.#detach();
    this.#tellHealth(this.health());
    this.#emitter.removeAllListeners();
    const removed = [...this.#leaving];
    const endings = [...removed, ...Array.from(this.#subscriptions, (subscription) => subscription.end())];
    endings.push({ name: `the requests for ${name}`, ended: this.#onStopped() });
    await allEnded(`Stop the informer of ${name}`, endings, graceMs);
  }

  #expectUsable(step: string): void {
    if (this.#stopping !== undefined || this.#shared.isStopped) throw this.#stoppedError(step);
  }

  #stoppedError(step: string): KubeError {
    return new KubeError(
      "STOPPED",
      `Informer of ${this.#shared.name}, ${step}: it was stopped; ask for another one`,
    );
  }
}

function expectListWatch(listWatch: unknown): void {
  if (typeof listWatch === "object" && listWatch !== null && "list" in listWatch && "watch" in listWatch) {
    if (typeof listWatch.list === "function" && typeof listWatch.watch === "function") return;
  }
  throw invalidArgument("listWatch", "an object with the functions `list` and `watch`", listWatch);
}
