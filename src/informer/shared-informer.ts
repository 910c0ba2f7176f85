import { EventEmitter } from "eventemitter3";
import { KubeError } from "../base/errors.ts";
import { EncodedRecord } from "../bytes/encoded-record.ts";
import { ObjectReader } from "../bytes/object-reader.ts";
import { SegmentPool } from "../bytes/segment-pool.ts";
import { changesOf, isUnchanged } from "../delta-fifo/changes.ts";
import type { Delta, ReplacedDelta } from "../delta-fifo/delta.ts";
import { DeltaFIFO } from "../delta-fifo/delta-fifo.ts";
import type { Notification } from "../delta-fifo/notification.ts";
import { reflectorTarget } from "../delta-fifo/reflector-target.ts";
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
import { recordsFor } from "./records-for.ts";
import { replacing } from "./replacement.ts";
import type { SharedInformerEvents, SharedInformerOptions } from "./shared-informer-options.ts";
import type { Subscription } from "./subscription.ts";
import { InformerTelemetry } from "./telemetry.ts";
import { TimeSlice } from "./time-slice.ts";

/** A list of more objects is written in slices: this many take a few milliseconds. */
const mostAtOnce = 2000;

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
  readonly #pool: SegmentPool<T>;
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
  #reflectors: Reflector<T>[] = [];
  #runs: Promise<void>[] = [];
  #isStarted = false;
  #isProcessing = false;
  /** A long list that is being written. */
  #replacing: Promise<void> | undefined;

  constructor(options: SharedInformerOptions<T>) {
    super();
    this.name = options.name;
    this.#options = options;
    this.#pool = options.pool ?? new SegmentPool(new ObjectReader());
    this.#states = new SourceStates(options.sources.length, options.namespaces);
    this.#store = new Store<T>({
      name: this.name,
      sources: this.#states,
      records: recordsFor(options.store, this.#pool),
      onIndexError: (error) => this.whenSettled(() => this.#tellError(error)),
    });
    const keepsObjects = options.store !== "bytes";
    this.#pool.readsAll = () => keepsObjects && this.#readsAll();
    this.#pool.reader.onUnreadable = (error) => this.#relist(error);
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
    const joined =
      this.#options.sources.length > 1
        ? new JoinedNamespaces(target, (key) => this.#store.record(key))
        : undefined;
    // Every source has joined before the first one lists.
    const ends = this.#options.sources.map((listWatch, index) => ({
      listWatch,
      // From its list on, what the source has reached is known again when that is in the store.
      target: joined?.source(() => this.#states.moved(index, "")) ?? target,
    }));
    this.#reflectors = ends.map(
      (end, index) =>
        new Reflector<T>({
          ...end,
          name: this.name,
          backoff: this.#options.backoff,
          streamingList: this.#options.streamingList,
          minWatchTimeoutSeconds: this.#options.minWatchTimeoutSeconds,
          onProgress: (progress) => this.#onProgress(index, progress),
        }),
    );
    this.#runs = this.#reflectors.map((reflector) => reflector.run(this.#abort.signal));
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

  /** Bytes that were taken for an object are none: which source sent them is not known. */
  #relist(error: KubeError): void {
    for (const reflector of this.#reflectors) reflector.relist(error);
  }

  #tellError(error: KubeError): void {
    this.#telemetry.error(error);
    this.emit("error", error);
  }

  /** Process what waits; a returned promise is a listener's back-pressure or a long list, a throw a failed write. */
  #drain(): void | Promise<void> {
    // Another source, in the middle of a long list.
    if (this.#isProcessing && this.#replacing !== undefined) return this.#replacing.then(() => this.#drain());
    if (this.#pool.hasRetired) this.#recycle();
    for (;;) {
      const pressure = this.#pausing.size === 0 ? undefined : this.#pressure();
      if (pressure !== undefined) return pressure.then(() => this.#drain());
      const delta = this.#queue.pop();
      if (delta === undefined) return;
      if (delta.type === "REPLACED" && delta.records.length > mostAtOnce) {
        this.#replacing = this.#replaceInSlices(delta);
        return this.#replacing.then(() => this.#drain());
      }
      this.#process(delta);
    }
  }

  /** Somebody reads each object that is told or stored. */
  #readsAll(): boolean {
    if (this.#store.readsObjects) return true;
    for (const subscription of this.#subscriptions) if (subscription.readsEveryObject) return true;
    return false;
  }

  /** Nothing that was told before is on its way any more: only new records are, and the store's. */
  #recycle(): void {
    for (const subscription of this.#subscriptions) if (!subscription.isIdle) return;
    this.#pool.recycle();
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
      if (delta.type === "REPLACED") {
        // Not only begun: each step does a part.
        for (const _step of this.#exchange(delta));
      } else {
        const notifications = changesOf(delta, this.#store, { unchanged: "deliver" });
        this.#write(delta);
        this.#queue.done(delta);
        for (const notification of notifications) this.#distribute(notification);
      }
    } catch (cause) {
      throw this.#notWritten(cause);
    } finally {
      this.#settle();
    }
    if (delta.type === "REPLACED") this.#listed(delta);
  }

  /** A long list, so that neither handlers nor timers wait for it; readers see it at once. */
  async #replaceInSlices(delta: ReplacedDelta<T>): Promise<void> {
    const { signal } = this.#abort;
    const slice = new TimeSlice();
    this.#isProcessing = true;
    try {
      slice.begin();
      for (const _step of this.#exchange(delta)) {
        if (slice.isOver) await slice.turn(signal);
        if (signal.aborted) return;
      }
    } catch (cause) {
      throw this.#notWritten(cause);
    } finally {
      this.#replacing = undefined;
      this.#settle();
    }
    this.#listed(delta);
  }

  #exchange(delta: ReplacedDelta<T>): Iterable<void> {
    return replacing(delta, this.#store, {
      hasListeners: () => this.#subscriptions.size > 0,
      onCommitted: () => {
        this.#states.restored();
        this.#queue.done(delta);
      },
      tell: (notification) => this.#distribute(notification),
    });
  }

  #notWritten(cause: unknown): KubeError {
    // What is left was built on the state that could not be written; the next list has it all.
    this.#queue.clear();
    // Of several sources the others take it for written.
    if (this.#options.sources.length > 1) this.#states.lost();
    const message = `Write a change of ${this.name} to the store: it failed, see the cause; it is listed again`;
    return new KubeError("STORE_FAILED", message, { cause });
  }

  #settle(): void {
    this.#isProcessing = false;
    if (this.#deferred.length === 0) return;
    for (const call of this.#deferred.splice(0)) call();
  }

  #listed(delta: ReplacedDelta<T>): void {
    if (!delta.isFirst) return;
    for (const subscription of this.#subscriptions) subscription.markSynced();
    this.emit("synced");
  }

  /** Resyncs never come here: they go from the store straight to the listener that asked for them. */
  #write(delta: Exclude<Delta<T>, ReplacedDelta<T>>): void {
    switch (delta.type) {
      case "ADDED":
      case "MODIFIED":
        this.#store.upsert(delta);
        break;
      case "DELETED":
        this.#store.delete(delta.key, delta.resourceVersion);
        if (delta instanceof EncodedRecord) delta.discard();
        break;
      case "BOOKMARK":
        this.#store.setResourceVersion(delta.resourceVersion);
        break;
    }
  }

  #distribute(notification: Notification<T>): void {
    const unchanged =
      notification.type === "MODIFIED" && isUnchanged(notification.record, notification.previous);
    for (const subscription of this.#subscriptions) {
      if (!unchanged || subscription.wantsUnchanged) subscription.deliver(notification);
    }
  }
}
