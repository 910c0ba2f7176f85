import { EventEmitter } from "eventemitter3";
import { onAbort } from "../base/abort.ts";
import { expectInteger, expectOptions, expectSignal, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isThenable } from "../base/thenable.ts";
import type { ChangeRecord, ChangeType } from "../resource/watch-event.ts";
import { type WatchReconnect, WatchSession, type WatchSessionOptions } from "./watch-session.ts";

/** What a {@link Watch} follows and how. */
export interface WatchOptions<T> extends WatchSessionOptions<T> {
  /** Ends the watch like {@link Watch.stop}. */
  readonly signal?: AbortSignal | undefined;
}

/** A change as an iterated {@link Watch} yields it. */
export interface WatchEvent<T> {
  readonly type: ChangeType;
  readonly object: T;
}

/** The handlers of a {@link Watch}, by event. */
export interface WatchHandlers<T> {
  ADDED: (object: T) => unknown;
  MODIFIED: (object: T) => unknown;
  DELETED: (object: T) => unknown;
  /** The stream has reached this resourceVersion (R35). */
  BOOKMARK: (resourceVersion: string) => unknown;
  /**
   * Every error: what it recovers from, what a handler threw, and last what ends
   * it. Without a listener they become process warnings.
   */
  ERROR: (error: KubeError) => unknown;
  /** The server has accepted a connection. */
  open: (opened: { readonly resourceVersion: string; readonly timeoutSeconds: number }) => unknown;
  /** A connection has ended and another will be opened after `delayMs`. */
  reconnect: (reconnect: WatchReconnect) => unknown;
}

const events: readonly string[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "open", "reconnect"];

/**
 * One logical stream of changes that resumes by itself.
 *
 * Listen with {@link Watch.on} or iterate with `for await`, not both. Handlers of
 * objects run one at a time, in the order of the events, each awaited before
 * the next; while one runs nothing more is read. Every end of a connection,
 * clean or broken, is followed by another from the last resourceVersion, with
 * back-off where the server needs it; errors on the way are reported to
 * `on("ERROR")` and do not end it.
 *
 * It ends at `stop()`, at the signal's abort, and for good where it cannot go on
 * without a gap: `WATCH_EXPIRED` (410), `WATCH_NOT_RESUMABLE`, `FRAME_CORRUPT`
 * twice at one place, or a request refused with 4xx. Then
 * {@link Watch.closed} rejects and an iteration throws. Use an informer where
 * that should be repaired too.
 */
export class Watch<T> implements AsyncIterable<WatchEvent<T>>, AsyncDisposable {
  /**
   * Resolves once the watch was stopped; rejects with the error that ended it.
   *
   * Nothing is called, read or timed after it. Not looking at it is no
   * unhandled rejection.
   */
  readonly closed: Promise<void>;
  readonly #step: string;
  readonly #session: WatchSession<T>;
  readonly #emitter = new EventEmitter<keyof WatchHandlers<T>>();
  readonly #settle: PromiseWithResolvers<void>;
  #stopListening: () => void = () => {};
  /** How the stream is consumed, once that is decided. */
  #style: "handlers" | "iteration" | undefined;
  #isStarted = false;
  #isStartedByCaller = false;
  #isEnded = false;
  #isStopped = false;
  #hasWarned = false;

  constructor(options: WatchOptions<T>) {
    expectOptions("options", options ?? null);
    const { open, resourceVersion, minTimeoutSeconds, signal } = options;
    expectSignal("signal", signal);
    if (typeof open !== "function" && (typeof open !== "object" || open === null)) {
      throw invalidArgument("open", "a function, or batches of records", open);
    }
    if (resourceVersion !== undefined && typeof resourceVersion !== "string") {
      throw invalidArgument("resourceVersion", "a string", resourceVersion);
    }
    expectInteger("minTimeoutSeconds", minTimeoutSeconds, 1);
    this.#step = options.step ?? "watch";
    this.#session = new WatchSession(options, {
      opened: (request) => this.#tell(this.#emitter.listeners("open"), request),
      bookmark: (version) => this.#tell(this.#emitter.listeners("BOOKMARK"), version),
      error: (error) => this.#report(error),
      reconnect: (reconnect) => this.#tell(this.#emitter.listeners("reconnect"), reconnect),
    });
    this.#settle = Promise.withResolvers();
    this.closed = this.#settle.promise;
    this.closed.catch(() => {});
    this.#stopListening = onAbort(signal, () => this.#end());
  }

  /** The last one handed out; `""` before the first that a watch may begin from. */
  get resourceVersion(): string {
    return this.#session.resourceVersion;
  }

  /**
   * Call a handler for each event of a type.
   *
   * The first handler for objects starts the watch, in the next microtask. A
   * handler that throws or rejects is reported as `HANDLER_FAILED` and stops
   * nobody else. One that never settles holds the stream up until `stop()`.
   */
  on<E extends keyof WatchHandlers<T>>(type: E, handler: WatchHandlers<T>[E]): this {
    if (!events.includes(type)) throw invalidArgument("type", `one of ${events.join(", ")}`, type);
    if (typeof handler !== "function") throw invalidArgument("handler", "a function", handler);
    this.#expectNotStopped("listen");
    if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") {
      this.#choose("handlers");
      queueMicrotask(() => this.#run());
    }
    this.#emitter.on(type, handler);
    return this;
  }

  /** Take a handler away. */
  off<E extends keyof WatchHandlers<T>>(type: E, handler: WatchHandlers<T>[E]): this {
    this.#emitter.off(type, handler);
    return this;
  }

  /** Start calling handlers now, also where there is none for objects; throws `ALREADY_STARTED` the second time. */
  start(): this {
    this.#expectNotStopped("start");
    if (this.#isStartedByCaller) throw this.#alreadyStarted("it was started before");
    this.#choose("handlers");
    this.#isStartedByCaller = true;
    this.#run();
    return this;
  }

  /** Iterate the changes; leaving the loop stops the watch. Throws `ALREADY_STARTED` the second time. */
  [Symbol.asyncIterator](): AsyncGenerator<WatchEvent<T>, void, void> {
    this.#expectNotStopped("iterate");
    if (this.#style === "iteration") throw this.#alreadyStarted("it is iterated already");
    this.#choose("iteration");
    return this.#iterate();
  }

  /**
   * End the watch: when it resolves, no handler will be called and nothing read any more.
   *
   * A handler that is running is not waited for, so it may call this itself.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #choose(style: "handlers" | "iteration"): void {
    if (this.#style !== undefined && this.#style !== style) {
      throw this.#alreadyStarted("use either handlers of objects or one iteration");
    }
    this.#style = style;
  }

  #alreadyStarted(why: string): KubeError {
    return new KubeError("ALREADY_STARTED", `${this.#step}: ${why}`);
  }

  #expectNotStopped(what: string): void {
    if (this.#isStopped) throw new KubeError("STOPPED", `${this.#step}: ${what} after stop()`);
  }

  #run(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#push().then(
      () => this.#end(),
      (error: unknown) => this.#fail(error),
    );
  }

  async #push(): Promise<void> {
    for await (const batch of this.#session.batches()) {
      for (const record of batch) {
        if (this.#isEnded) return;
        const change = this.#session.take(record);
        if (change === undefined) continue;
        for (const handler of this.#emitter.listeners(change.type)) {
          if (this.#isEnded) return;
          try {
            const result: unknown = handler(change.object);
            // Most handlers are synchronous: no turn of the event loop for them.
            if (isThenable(result)) await this.#session.wait(result);
          } catch (error) {
            this.#report(this.#handlerFailed(error, change));
          }
        }
      }
    }
  }

  async *#iterate(): AsyncGenerator<WatchEvent<T>, void, void> {
    try {
      for await (const batch of this.#session.batches()) {
        for (const record of batch) {
          if (this.#isEnded) return;
          const change = this.#session.take(record);
          if (change !== undefined) yield { type: change.type, object: change.object };
        }
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#end();
    }
  }

  #handlerFailed(cause: unknown, change?: ChangeRecord<T>): KubeError {
    const which =
      change === undefined ? "a handler failed" : `the handler of ${change.type} failed for ${change.key}`;
    return new KubeError("HANDLER_FAILED", `${this.#step}: ${which}; see the cause`, { cause });
  }

  #report(error: KubeError, isFinal = false): void {
    const listeners = this.#emitter.listeners("ERROR");
    if (listeners.length > 0) this.#tell(listeners, error);
    else this.#warn(error, isFinal);
  }

  /** Nobody listening must not mean that nobody knows: what recurs is told once, the rest each time. */
  #warn(error: KubeError, isFinal: boolean): void {
    const isThrown = isFinal && this.#style === "iteration";
    const isRepeated = !isFinal && error.code !== "HANDLER_FAILED" && this.#hasWarned;
    if (this.#isEnded || isThrown || isRepeated) return;
    this.#hasWarned ||= error.code !== "HANDLER_FAILED";
    process.emitWarning(error);
  }

  /** Call listeners beside the stream; they are not awaited. */
  #tell<V>(listeners: readonly ((value: V) => unknown)[], value: V): void {
    const failed = (cause: unknown): void => {
      // A failing ERROR handler has nobody left to be told to.
      if (!KubeError.is(value)) this.#report(this.#handlerFailed(cause));
    };
    for (const listener of listeners) {
      if (this.#isEnded) return;
      try {
        const result: unknown = listener(value);
        if (isThenable(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#isEnded) return;
    const final = KubeError.from(error, "CONNECTION_FAILED", this.#step);
    this.#report(final, true);
    this.#settle.reject(final);
    this.#end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening();
    this.#session.stop();
    this.#settle.resolve();
  }
}
