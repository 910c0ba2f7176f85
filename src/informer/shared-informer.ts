import { EventEmitter } from "eventemitter3";
import type { BackoffOptions } from "../base/backoff.ts";
import { KubeError } from "../base/errors.ts";
import { changesOf, isUnchanged } from "../delta-fifo/changes.ts";
import type { Delta } from "../delta-fifo/delta.ts";
import { DeltaFIFO } from "../delta-fifo/delta-fifo.ts";
import type { Notification } from "../delta-fifo/notification.ts";
import { reflectorTarget } from "../delta-fifo/reflector-target.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";
import { Reflector } from "../reflector/reflector.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import { Lister } from "../store/lister.ts";
import { MutationCache, type MutationCacheOptions } from "../store/mutation-cache.ts";
import { SourceStates } from "../store/source-states.ts";
import { Store } from "../store/store.ts";
import type { Ending } from "./grace.ts";
import type { InformerHealth } from "./health.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { JoinedNamespaces } from "./joined-namespaces.ts";
import type { Subscription } from "./subscription.ts";
import { InformerTelemetry } from "./telemetry.ts";

/** What a {@link SharedInformer} is made with. */
export interface SharedInformerOptions<T extends KubeObject> {
  /** Named in errors, such as `pods in shop`. */
  readonly name: string;
  /** The same for telemetry, which names no object: as many labels as objects would be too many. @default name */
  readonly telemetryName?: string | undefined;
  /** One per namespace, or one for all; objects come from them transformed and frozen. */
  readonly sources: readonly ListWatch<T>[];
  /** The namespaces of the sources, in their order; for several. */
  readonly namespaces?: readonly string[] | undefined;
  readonly backoff?: BackoffOptions | undefined;
  readonly streamingList?: "auto" | "off" | undefined;
  readonly minWatchTimeoutSeconds?: number | undefined;
}

/** What a {@link SharedInformer} reports, synchronously. */
export interface SharedInformerEvents {
  health: (health: InformerHealth) => void;
  error: (error: KubeError) => void;
  progress: (progress: ReflectorProgress) => void;
  synced: () => void;
}

/**
 * What the leases on one informer share: reflector, queue, store, listeners, health.
 *
 * One list and one watch per source, for any number of listeners (P23). The
 * store is written first, then the listeners are told (I1).
 */
export class SharedInformer<T extends KubeObject> extends EventEmitter<SharedInformerEvents> {
  readonly name: string;
  readonly #options: SharedInformerOptions<T>;
  readonly #states: SourceStates;
  readonly #store: Store<T>;
  readonly #queue = new DeltaFIFO<Delta<T>>();
  readonly #subscriptions = new Set<Subscription<T>>();
  /** Those that may hold up reading; usually none. */
  readonly #pausing = new Set<Subscription<T>>();
  readonly #indexers = new Map<string, IndexFunctions<T>[string]>();
  readonly #abort = new AbortController();
  readonly #monitor: HealthMonitor;
  readonly #telemetry: InformerTelemetry;
  /** Calls of foreign code that came up while a delta was being processed. */
  #deferred: (() => void)[] = [];
  #runs: Promise<void>[] = [];
  #isStarted = false;
  #isProcessing = false;

  constructor(options: SharedInformerOptions<T>) {
    super();
    this.name = options.name;
    this.#options = options;
    this.#states = new SourceStates(options.sources.length, options.namespaces);
    this.#store = new Store<T>({
      name: this.name,
      sources: this.#states,
      onIndexError: (error) => this.whenSettled(() => this.#tellError(error)),
    });
    this.#telemetry = new InformerTelemetry(options.telemetryName ?? this.name, () =>
      this.#store.hasSynced ? this.#store.size : 0,
    );
    this.#monitor = new HealthMonitor(options.sources.length, (state) => {
      this.#telemetry.health(state);
      this.emit("health", this.health());
    });
  }

  /** The store to be read by a lease, whose signal ends what waits there. */
  lister(lease: AbortSignal): Lister<T> {
    return new Lister(this.#store, [lease, this.#abort.signal]);
  }

  /** The store with a lease's own writes laid over it. */
  mutationCache(options: MutationCacheOptions<T>, lease: AbortSignal): MutationCache<T> {
    return new MutationCache(this.#store, options, [lease, this.#abort.signal]);
  }

  get isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  get hasSynced(): boolean {
    return this.#queue.hasSynced;
  }

  /** Begin to list and watch; once, later calls change nothing. */
  start(): void {
    if (this.#isStarted || this.isStopped) return;
    this.#isStarted = true;
    const target = reflectorTarget(this.#queue, () => this.#drain());
    const joined = this.#options.sources.length > 1 ? new JoinedNamespaces(target) : undefined;
    // Every source has joined before the first one lists.
    const ends = this.#options.sources.map((listWatch, index) => ({
      listWatch,
      // From its list on, what the source has reached is known again when that is in the store.
      target: joined?.source(() => this.#states.moved(index, "")) ?? target,
    }));
    this.#runs = ends.map((end, index) => {
      const reflector = new Reflector<T>({
        ...end,
        name: this.name,
        backoff: this.#options.backoff,
        streamingList: this.#options.streamingList,
        minWatchTimeoutSeconds: this.#options.minWatchTimeoutSeconds,
        onProgress: (progress) => this.#onProgress(index, progress),
      });
      return reflector.run(this.#abort.signal);
    });
  }

  /**
   * End the reflectors and every listener (I21); what waits in queues is dropped.
   *
   * Says what is ending: no request runs and no handler either once all of it has.
   */
  stop(): readonly Ending[] {
    if (!this.isStopped) {
      this.#abort.abort(new KubeError("STOPPED", `Informer of ${this.name}: it was stopped`));
      this.#queue.clear();
      this.#monitor.stop();
    }
    return [
      ...this.#runs.map((ended) => ({ name: `the requests for ${this.name}`, ended })),
      ...Array.from(this.#subscriptions, (subscription) => subscription.end()),
    ];
  }

  /**
   * Add indices for every lease; a name clash throws `INDEX_CONFLICT`.
   *
   * The same function under the same name is no clash: leases may be taken with
   * the same options.
   */
  addIndexers(indexers: IndexFunctions<T>): void {
    const added = Object.entries(indexers).filter(([name, index]) => this.#indexers.get(name) !== index);
    this.#store.addIndexers(Object.fromEntries(added));
    for (const [name, index] of added) this.#indexers.set(name, index);
  }

  /** Tell a listener from now on; what is stored already is replayed to it without gap or repetition (I8, P24). */
  subscribe(subscription: Subscription<T>): void {
    // A removed listener's signal may call foreign code in the middle of a write.
    this.whenSettled(() => {
      if (subscription.isRemoved) return;
      this.#subscriptions.add(subscription);
      if (subscription.mayPause) this.#pausing.add(subscription);
      if (this.hasSynced) subscription.replay(this.#store.records());
    });
  }

  unsubscribe(subscription: Subscription<T>): void {
    this.#subscriptions.delete(subscription);
    this.#pausing.delete(subscription);
  }

  /** Everything stored; live. */
  records(): Iterable<ObjectRecord<T>> {
    return this.#store.records();
  }

  /**
   * Call foreign code that may add listeners, but never in the middle of a write.
   *
   * The replay would show a new listener a change that it is about to be told.
   */
  whenSettled(call: () => void): void {
    if (this.#isProcessing) this.#deferred.push(call);
    else call();
  }

  /** Its health without its listeners: cheap, for whoever looks often or is one of thousands. */
  condition(): Omit<InformerHealth, "resourceVersion" | "listeners"> {
    return this.#monitor.joined();
  }

  health(): InformerHealth {
    const now = Date.now();
    return {
      ...this.condition(),
      resourceVersion: this.#store.resourceVersion,
      listeners: [...this.#subscriptions].map((subscription) => subscription.health(now)),
    };
  }

  #onProgress(source: number, progress: ReflectorProgress): void {
    this.#telemetry.progress(source, progress, this.#monitor.lastProgressAt(source));
    this.#monitor.report(source, progress);
    this.#note(source, progress);
    this.emit("progress", progress);
    if (progress.type === "error") this.emit("error", progress.error);
  }

  /** Remember how far a source is in the store, and whether it was asked for its newest state. */
  #note(source: number, progress: ReflectorProgress): void {
    switch (progress.type) {
      case "list-started":
        // Any other resourceVersion may be answered from a cache that is no newer than it.
        this.#states.listBegan(source, progress.resourceVersion === "");
        break;
      case "listed":
        this.#states.listed(source, progress.resourceVersion);
        break;
      case "frames":
      case "bookmark":
        this.#states.moved(source, progress.resourceVersion);
        break;
    }
  }

  #tellError(error: KubeError): void {
    this.#telemetry.error(error);
    this.emit("error", error);
  }

  /** Process what waits; a returned promise is a listener's back-pressure, a throw a failed write. */
  #drain(): void | Promise<void> {
    for (;;) {
      const pressure = this.#pausing.size === 0 ? undefined : this.#pressure();
      if (pressure !== undefined) return pressure.then(() => this.#drain());
      const delta = this.#queue.pop();
      if (delta === undefined) return;
      this.#process(delta);
    }
  }

  #pressure(): Promise<unknown> | undefined {
    const pressures: Promise<void>[] = [];
    for (const subscription of this.#pausing) {
      const pressure = subscription.pressure();
      if (pressure !== undefined) pressures.push(pressure);
    }
    return pressures.length === 0 ? undefined : Promise.all(pressures);
  }

  #process(delta: Delta<T>): void {
    this.#isProcessing = true;
    try {
      const notifications = changesOf(delta, this.#store, { unchanged: "deliver" });
      this.#write(delta);
      this.#queue.done(delta);
      this.#distribute(notifications);
    } catch (cause) {
      // What is left was built on the state that could not be written; the next list has it all.
      this.#queue.clear();
      // Of several sources the others take it for written.
      if (this.#options.sources.length > 1) this.#states.lost();
      const message = `Write a change of ${this.name} to the store: it failed, see the cause; it is listed again`;
      throw new KubeError("STORE_FAILED", message, { cause });
    } finally {
      this.#isProcessing = false;
      for (const call of this.#deferred.splice(0)) call();
    }
    if (delta.type === "REPLACED" && delta.isFirst) {
      for (const subscription of this.#subscriptions) subscription.markSynced();
      this.emit("synced");
    }
  }

  /** Resyncs never come here: they go from the store straight to the listener that asked for them. */
  #write(delta: Delta<T>): void {
    switch (delta.type) {
      case "ADDED":
      case "MODIFIED":
        this.#store.upsert(delta);
        break;
      case "DELETED":
        this.#store.delete(delta.key, delta.resourceVersion);
        break;
      case "REPLACED":
        this.#store.replace(delta.records, delta.resourceVersion);
        this.#states.restored();
        break;
      case "BOOKMARK":
        this.#store.setResourceVersion(delta.resourceVersion);
        break;
    }
  }

  #distribute(notifications: readonly Notification<T>[]): void {
    for (const notification of notifications) {
      const unchanged =
        notification.type === "MODIFIED" && isUnchanged(notification.record, notification.previous);
      for (const subscription of this.#subscriptions) {
        if (!unchanged || subscription.wantsUnchanged) subscription.deliver(notification);
      }
    }
  }
}
