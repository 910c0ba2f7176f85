import { delay, onAbort } from "../base/abort.ts";
import { Backoff } from "../base/backoff.ts";
import { KubeError } from "../base/errors.ts";
import { isThenable } from "../base/thenable.ts";
import { thrownName } from "../base/thrown-name.ts";
import { mergeNotifications } from "../delta-fifo/coalesce.ts";
import { DeltaFIFO } from "../delta-fifo/delta-fifo.ts";
import type { Notification } from "../delta-fifo/notification.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import type { Ending } from "./grace.ts";
import type { ListenerHandlers } from "./handlers.ts";
import type { ListenerHealth } from "./health.ts";
import type { HandlerRetry, ListenOptions } from "./informer-options.ts";
import { callHandler, type Member, type QueuedEntry } from "./listener-members.ts";
import { TimeSlice } from "./time-slice.ts";
import { Untold } from "./untold.ts";

/** What a {@link Subscription} tells its informer. */
export interface SubscriptionPorts<T> {
  /** A handler failed, or the listener was ended because it fell behind. */
  onError(error: KubeError): void;
  /** The listener is gone, by whatever way. */
  onRemoved(subscription: Subscription<T>): void;
}

function mergeQueued<T>(pending: QueuedEntry<T>, next: QueuedEntry<T>): QueuedEntry<T> | undefined {
  // Marks and replays have no key and never get here; the guard is for the types.
  if ("member" in pending || "member" in next) return undefined;
  return mergeNotifications(pending, next);
}

/**
 * One listener of an informer: its own queue, its own pace.
 *
 * Its handlers are called one at a time, each awaited, in the order of the
 * changes (I2). A slow or throwing one delays and breaks nobody else (K6, P20).
 */
export class Subscription<T> {
  readonly name: string;
  readonly #options: ListenOptions;
  readonly #ports: SubscriptionPorts<T>;
  readonly #queue: DeltaFIFO<QueuedEntry<T>>;
  readonly #members: Member<T>[] = [];
  readonly #abort = new AbortController();
  readonly #slice = new TimeSlice();
  readonly #untold = new Untold<T>();
  readonly #synced: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #stopListening: () => void = () => {};
  #running: Promise<void> | undefined;
  #runningSince: number | undefined;
  #failures = 0;
  #lastError: KubeError | undefined;

  constructor(
    handlers: ListenerHandlers<T>,
    options: ListenOptions,
    name: string,
    ports: SubscriptionPorts<T>,
  ) {
    this.name = options.name ?? name;
    this.#options = options;
    this.#ports = ports;
    this.#members.push({ handlers, hasJoined: true });
    const { delivery = "every-event", overflow = "coalesce", highWaterMark = 10_000 } = options;
    const isLatest = delivery === "latest";
    this.#queue = new DeltaFIFO<QueuedEntry<T>>({
      coalesce: isLatest ? "always" : overflow === "coalesce" ? "above-high-water" : "never",
      merge: mergeQueued,
      highWaterMark,
      overflow: overflow === "fail" && !isLatest ? "fail" : "accept",
      syncedBy: "SYNCED",
    });
    // Whether anybody waits for it is their affair; nobody waiting is no fault.
    this.#synced.promise.catch(() => {});
    this.#stopListening = onAbort(options.signal, () => void this.remove());
  }

  /** Also tell MODIFIED for objects that a relist found unchanged. */
  get wantsUnchanged(): boolean {
    return this.#options.unchanged === true;
  }

  get isRemoved(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Aborts when the listener is removed, by whatever way. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Resolves once the handlers have returned from every initial object, failed
   * ones included (I10, I11); rejects with `STOPPED` when removed before.
   */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** It may make the informer wait: `overflow: "pause"`. */
  get mayPause(): boolean {
    return this.#options.overflow === "pause" && this.#options.delivery !== "latest";
  }

  /** Its handlers are given each state of each object. */
  get readsEveryObject(): boolean {
    return (
      this.#options.delivery !== "latest" &&
      this.#members.some(({ handlers }) => handlers.changed === undefined)
    );
  }

  /** Nothing waits for its handlers, and none is running. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#queue.length === 0;
  }

  /** What the informer must wait for before it reads on. */
  pressure(): Promise<void> | undefined {
    return this.#queue.whenBelowHighWater();
  }

  /** Queue a notification; never waits. */
  deliver(notification: Notification<T>): void {
    this.#push(notification);
  }

  /** Queue everything that is stored, as initial, then the mark that it was all. */
  replay(records: Iterable<ObjectRecord<T>>): void {
    for (const record of records) this.#push({ type: "ADDED", key: record.key, record, initial: true });
    this.markSynced();
  }

  /** Queue everything that is stored as MODIFIED, by itself (D30): in its place, as what is stored was told before. */
  resync(records: Iterable<ObjectRecord<T>>): void {
    for (const record of records) {
      this.#push({ type: "MODIFIED", key: record.key, record, previous: record });
    }
  }

  /** Everything initial has been queued. */
  markSynced(): void {
    this.#push({ type: "SYNCED" });
  }

  /**
   * Add handlers to this listener; those that come late are shown what is stored first.
   *
   * The queue's earlier entries are not for them, and what comes later must not
   * merge into those: hence the barrier.
   */
  join(handlers: ListenerHandlers<T>, stored: Iterable<ObjectRecord<T>> | undefined): void {
    const member: Member<T> = { handlers, hasJoined: stored === undefined };
    this.#members.push(member);
    if (stored === undefined) return;
    this.#queue.barrier();
    this.#push({ type: "JOIN", member });
    if (handlers.added === undefined && handlers.changed === undefined) return;
    for (const record of stored) {
      this.#push({
        type: "REPLAY",
        member,
        notification: { type: "ADDED", key: record.key, record, initial: true },
      });
    }
  }

  /**
   * End this listener: what waits is dropped, no handler is called again.
   *
   * Resolves once the running call, if any, has returned; a handler that awaits
   * the removal of its own listener therefore waits for itself.
   */
  async remove(): Promise<void> {
    if (!this.isRemoved) {
      this.#stopListening();
      this.#abort.abort(new KubeError("STOPPED", `Listener ${this.name}: it was removed`));
      this.#queue.clear();
      this.#queue.close();
      this.#slice.end();
      this.#synced.reject(
        new KubeError("STOPPED", `Wait for the listener ${this.name}: it was removed before it had synced`),
      );
      this.#ports.onRemoved(this);
    }
    await this.#running;
  }

  /** Remove it, and say what is waited for then. */
  end(): Ending {
    return { name: `the handler of ${this.name}`, ended: this.remove() };
  }

  health(now: number): ListenerHealth {
    return {
      name: this.name,
      queued: this.#queue.length,
      overflowing:
        this.#options.delivery !== "latest" && (this.#queue.isCoalescing || this.#queue.isAboveHighWater),
      runningMs: this.#runningSince === undefined ? undefined : now - this.#runningSince,
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  #push(entry: QueuedEntry<T>): void {
    if (this.isRemoved) return;
    try {
      this.#queue.push(entry);
    } catch (error) {
      this.#fail(KubeError.from(error, "OVERFLOW", `Listener ${this.name}`));
      void this.remove();
      return;
    }
    // In a microtask, so that everything of one chunk is in the store before the first handler runs.
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    this.#slice.begin();
    for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
      const waiting = this.#handle(entry);
      if (waiting !== undefined) await this.#slice.wait(waiting);
      this.#queue.done(entry);
      if (this.#queue.length > 0 && this.#slice.isOver) await this.#slice.turn(this.#abort.signal);
    }
    this.#slice.end();
    // Here and not when the promise settles: an entry pushed in between would wait for ever.
    this.#running = undefined;
  }

  #handle(entry: QueuedEntry<T>): Promise<void> | undefined {
    if (entry.type === "SYNCED") {
      this.#synced.resolve();
      return undefined;
    }
    if (entry.type === "JOIN") {
      entry.member.hasJoined = true;
      return undefined;
    }
    if (entry.type === "REPLAY") return this.#tell(entry.member, entry.notification);
    return this.#tellFrom(0, this.#untold.told(entry));
  }

  /** Tell the members one after the other; returns nothing to wait for where none of them gave anything. */
  #tellFrom(first: number, notification: Notification<T>): Promise<void> | undefined {
    for (let index = first; index < this.#members.length && !this.isRemoved; index++) {
      const member = this.#members[index];
      if (member === undefined || !member.hasJoined) continue;
      const waiting = this.#tell(member, notification);
      if (waiting !== undefined) return waiting.then(() => this.#tellFrom(index + 1, notification));
    }
    return undefined;
  }

  /** Returns nothing to wait for where the handler did not either: no promise per event. */
  #tell(member: Member<T>, notification: Notification<T>): Promise<void> | undefined {
    const outcome = this.#attempt(member, notification);
    if (outcome === true) return undefined;
    const { retry } = this.#options;
    if (retry !== undefined) return this.#retry(member, notification, outcome, retry);
    return outcome === false ? undefined : outcome.then(() => {});
  }

  async #retry(
    member: Member<T>,
    notification: Notification<T>,
    first: boolean | Promise<boolean>,
    retry: HandlerRetry,
  ): Promise<void> {
    const backoff = new Backoff(retry);
    let isDone = await first;
    for (let attempt = 2; !isDone && attempt <= retry.attempts; attempt++) {
      if (!(await delay(backoff.nextMs(), this.#abort.signal))) return;
      isDone = await this.#attempt(member, notification);
    }
  }

  /** Call a handler once; false, or a promise of it, where it failed, which has been reported then. */
  #attempt(member: Member<T>, notification: Notification<T>): boolean | Promise<boolean> {
    try {
      const result = callHandler(member.handlers, notification, this.#abort.signal);
      return isThenable(result) ? this.#settle(result, notification) : true;
    } catch (error) {
      return this.#failed(error, notification);
    }
  }

  async #settle(result: PromiseLike<unknown>, notification: Notification<T>): Promise<boolean> {
    this.#runningSince = Date.now();
    try {
      await result;
      return true;
    } catch (error) {
      return this.#failed(error, notification);
    } finally {
      this.#runningSince = undefined;
    }
  }

  #failed(cause: unknown, notification: Notification<T>): false {
    const { type, key } = notification;
    this.#untold.note(notification);
    // A handler told to end by its signal may well end by throwing.
    if (this.isRemoved) return false;
    // Not the cause's message: a parser's quotes what it could not read, which may be a Secret's.
    const what = thrownName(cause);
    const message = `Listener ${this.name}, ${type} ${key}: the handler threw (${what}); see the cause`;
    this.#fail(new KubeError("HANDLER_FAILED", message, { cause }));
    return false;
  }

  #fail(error: KubeError): void {
    this.#failures++;
    this.#lastError = error;
    this.#ports.onError(error);
  }
}
