import { delay } from "../base/abort.ts";
import { ApiError, isExpired } from "../base/api-error.ts";
import { Backoff, type BackoffOptions } from "../base/backoff.ts";
import { KubeError } from "../base/errors.ts";
import { statusError } from "../resource/status.ts";
import type { ChangeRecord, WatchRecord } from "../resource/watch-event.ts";
import { Interrupt } from "./interrupt.ts";
import { reconnectAfter, type WatchEnd } from "./reconnect.ts";
import { WatchPosition } from "./watch-position.ts";
import { watchTimeoutSeconds } from "./watch-timeout.ts";

/** What is asked of whoever opens a watch connection. Bookmarks are always asked for. */
export interface WatchOpenRequest {
  /** `""` is the newest state: the existing objects come first, as ADDED. */
  readonly resourceVersion: string;
  /** Ask for the existing objects first, ended by a marked bookmark (R43). */
  readonly sendInitialEvents: boolean;
  /** When the server is to end the watch, in seconds. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called once the server has accepted the watch, before its first frame. */
  readonly onOpen: () => void;
}

/** The records of one connection, in batches: a literal array, or an async generator. */
export type WatchBatches<T> = Iterable<readonly WatchRecord<T>[]> | AsyncIterable<readonly WatchRecord<T>[]>;

/** Opens one watch connection; does not retry. */
export type OpenWatch<T> = (request: WatchOpenRequest) => WatchBatches<T>;

/** What a {@link WatchSession} follows. */
export interface WatchSessionOptions<T> {
  /** Opens each connection; batches given directly are read once, and their end is the watch's. */
  readonly open: OpenWatch<T> | WatchBatches<T>;
  /** Begin after this state. @default the existing objects first, as ADDED */
  readonly resourceVersion?: string | undefined;
  /** Get the existing objects first and a marked bookmark after them. @default false */
  readonly sendInitialEvents?: boolean | undefined;
  /** The least time the server is to keep a watch open, at least 300; it is asked for up to twice that. @default 300 */
  readonly minTimeoutSeconds?: number | undefined;
  /** How delays between attempts grow. */
  readonly backoff?: BackoffOptions | undefined;
  /** What errors name, such as `watch pods in shop`. @default "watch" */
  readonly step?: string | undefined;
}

/** A watch goes on after this pause. */
export interface WatchReconnect {
  readonly resourceVersion: string;
  readonly delayMs: number;
  /** Why the last connection ended; absent after a clean end. */
  readonly error: KubeError | undefined;
}

/** Where a session reports what happens beside the stream of changes. */
export interface WatchReports {
  opened(request: { readonly resourceVersion: string; readonly timeoutSeconds: number }): void;
  bookmark(resourceVersion: string): void;
  error(error: KubeError): void;
  reconnect(reconnect: WatchReconnect): void;
}

/** The longest delay that a timer takes. */
const longestDelayMs = 2 ** 31 - 1;

/** One logical stream over as many connections as it takes; the resuming inside of a Watch. */
export class WatchSession<T> {
  readonly #options: WatchSessionOptions<T>;
  readonly #reports: WatchReports;
  readonly #step: string;
  readonly #backoff: Backoff;
  readonly #position: WatchPosition;
  readonly #interrupt = new Interrupt();
  readonly #stopping = new AbortController();
  #connection: Iterator<readonly WatchRecord<T>[]> | AsyncIterator<readonly WatchRecord<T>[]> | undefined;
  #events = 0;
  /** The ERROR record of the present connection. */
  #streamError: ApiError | undefined;
  #shortStreak = 0;
  /** Where the last frame broke, if nothing good has come since. */
  #brokenAt: string | undefined;

  constructor(options: WatchSessionOptions<T>, reports: WatchReports) {
    this.#options = options;
    this.#reports = reports;
    this.#step = options.step ?? "watch";
    this.#backoff = new Backoff(options.backoff);
    this.#position = new WatchPosition(options.resourceVersion ?? "", options.sendInitialEvents ?? false);
  }

  get resourceVersion(): string {
    return this.#position.resourceVersion;
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** End it: no further batch, request or timer. */
  stop(): void {
    const error = new KubeError("ABORTED", `${this.#step}: stopped`);
    this.#stopping.abort(error);
    this.#interrupt.raise(error);
    this.#close();
  }

  /** Wait for a promise of the consumer's, no longer than until `stop`. */
  wait<V>(promise: PromiseLike<V>): Promise<V> {
    return this.#interrupt.wait(promise);
  }

  /**
   * All batches of all connections; pass each record to {@link WatchSession.take} before asking for more.
   *
   * Ends after `stop`; throws what is final.
   */
  async *batches(): AsyncGenerator<readonly WatchRecord<T>[], void, void> {
    while (!this.isStopped) {
      const end = yield* this.#connect();
      if (this.isStopped) return;
      const final = this.#finalError(end);
      if (final !== undefined) throw final;
      if (end.error !== undefined) this.#reports.error(end.error);
      if (typeof this.#options.open !== "function") return;
      await this.#pause(end);
    }
  }

  /** Note a record in its turn; returns it if it is a change to hand out. */
  take(record: WatchRecord<T>): ChangeRecord<T> | undefined {
    if (record.type === "ERROR") {
      this.#streamError = statusError(record.status, { step: this.#step });
      return undefined;
    }
    if (record.type === "SKIPPED") {
      this.#reports.error(record.error);
      return undefined;
    }
    this.#events += 1;
    this.#position.take(record);
    if (record.type !== "BOOKMARK") return record;
    this.#reports.bookmark(record.resourceVersion);
    return undefined;
  }

  async *#connect(): AsyncGenerator<readonly WatchRecord<T>[], WatchEnd, void> {
    const startedAt = Date.now();
    const end = (error?: KubeError): WatchEnd => ({
      events: this.#events,
      openMs: Date.now() - startedAt,
      error,
    });
    this.#events = 0;
    this.#streamError = undefined;
    try {
      const connection = this.#open();
      this.#connection = connection;
      for (;;) {
        const next = await this.#interrupt.wait(Promise.resolve(connection.next()));
        if (next.done) {
          this.#connection = undefined;
          return end();
        }
        yield next.value;
        if (this.#streamError !== undefined) return end(this.#streamError);
      }
    } catch (error) {
      return end(KubeError.from(error, "CONNECTION_FAILED", this.#step));
    } finally {
      this.#close();
    }
  }

  #open(): Iterator<readonly WatchRecord<T>[]> | AsyncIterator<readonly WatchRecord<T>[]> {
    const { open, minTimeoutSeconds } = this.#options;
    const resourceVersion = this.#position.resourceVersion;
    const timeoutSeconds = watchTimeoutSeconds(minTimeoutSeconds);
    const batches =
      typeof open === "function"
        ? open({
            resourceVersion,
            sendInitialEvents: !this.#position.isSafe && this.#options.sendInitialEvents === true,
            timeoutSeconds,
            signal: this.#stopping.signal,
            onOpen: () => {
              if (!this.isStopped) this.#reports.opened({ resourceVersion, timeoutSeconds });
            },
          })
        : open;
    return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  }

  /** Leave the connection; not awaited, so one that hangs holds up nobody. */
  #close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    Promise.resolve(connection?.return?.()).catch(() => {});
  }

  /** What ends the stream for good after this connection, if anything. */
  #finalError(end: WatchEnd): KubeError | undefined {
    const { error } = end;
    const { resourceVersion, isSafe, isAtBeginning } = this.#position;
    if (isExpired(error)) {
      const remedy = "list again and watch from the list's resourceVersion";
      const message = `${this.#step}: the history after resourceVersion ${resourceVersion} is gone; ${remedy}`;
      return new KubeError("WATCH_EXPIRED", message, { cause: error });
    }
    if (error !== undefined && error !== this.#streamError && isRefusal(error)) return error;
    if (typeof this.#options.open !== "function") return error;
    if (error?.code === "FRAME_CORRUPT" || error?.code === "FRAME_TOO_LARGE") {
      if (this.#brokenAt === resourceVersion) return error;
      this.#brokenAt = resourceVersion;
    } else if (error === undefined) {
      this.#brokenAt = undefined;
    }
    if (isSafe || isAtBeginning) return undefined;
    const remedy = "watch from a list's resourceVersion, or use an informer";
    const message = `${this.#step}: the stream broke before its first safe resourceVersion; ${remedy}`;
    return new KubeError("WATCH_NOT_RESUMABLE", message, { cause: error });
  }

  async #pause(end: WatchEnd): Promise<void> {
    const { wait, atLeastMs, shortStreak } = reconnectAfter(end, this.#shortStreak);
    this.#shortStreak = shortStreak;
    const backoffMs = wait === "none" ? 0 : this.#backoff.nextMs();
    const delayMs = Math.min(Math.max(backoffMs, atLeastMs), longestDelayMs);
    this.#reports.reconnect({ resourceVersion: this.resourceVersion, delayMs, error: end.error });
    if (delayMs > 0) await delay(delayMs, this.#stopping.signal);
  }
}

/** Errors of the request that another attempt would meet again. */
function isRefusal(error: KubeError): boolean {
  if (error.code === "INVALID_ARGUMENT" || error.code === "INVALID_CONFIG") return true;
  if (!ApiError.is(error) || error.status < 400 || error.status >= 500) return false;
  return error.status !== 408 && error.status !== 409 && error.status !== 429;
}
