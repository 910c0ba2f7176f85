import { delay } from "../base/abort.ts";
import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import type { ChangedContext, ListenerHandlers } from "../informer/handlers.ts";
import { keyOfMeta } from "../resource/key.ts";
import type { KubeObject } from "../resource/object.ts";
import type { SourceReport } from "./controller-health.ts";
import { forObject, isIterable, isKey } from "./mapping.ts";
import { nameOf } from "./outcome.ts";
import { asked, type SourceEvent } from "./predicate.ts";
import type { WakeReason } from "./reconcile.ts";
import type { SourceListener, WatchedSource } from "./source.ts";
import { sourceProblem } from "./source-problem.ts";
import type { SourcePorts, SourceRun, SourceWait } from "./source-run.ts";

/** The priority of what is only looked at again: whatever really changes goes first (Q22). */
export const lowPriority = -100;

/** A server that refuses is asked by the informer, in its own time; this is how often that is looked at. */
const lookAgainMs = 1000;

function isQuiet<T>(event: SourceEvent<T>): boolean {
  return (event.type === "ADDED" && event.initial) || (event.type === "MODIFIED" && event.unchanged);
}

/** A collection that wakes keys: its listener, its predicate, its mapper. */
export class WatchedRun<T extends KubeObject> implements SourceRun {
  readonly name: string;
  readonly #parts: WatchedSource<T>;
  readonly #ports: SourcePorts;
  #listener: SourceListener | undefined;
  #hasSynced = false;
  #isEnded = false;
  /** The last refusal that was logged. */
  #toldStatus: number | undefined;
  #failures = 0;
  #lastFailure: KubeError | undefined;

  constructor(parts: WatchedSource<T>, ports: SourcePorts) {
    this.name = parts.name;
    this.#parts = parts;
    this.#ports = ports;
  }

  begin(): void {
    const { keysOf, where } = this.#parts;
    // Who wakes each object's own key needs no object: none is parsed for it.
    const byKey = keysOf === forObject && where === undefined;
    const handlers: ListenerHandlers<T> = byKey
      ? { changed: (key, change) => this.#onKey(key, change) }
      : this.#objectHandlers();
    const listener = this.#parts.source.listen(handlers, { name: `controller ${this.#ports.controller}` });
    this.#listener = listener;
    listener.synced().then(
      () => this.#onSynced(),
      // It was removed before.
      () => {},
    );
  }

  async synced({ timeoutMs, signal }: SourceWait): Promise<void> {
    const deadlineAt = Date.now() + timeoutMs;
    while (!signal.aborted) {
      const error = await this.#tryToSync(Math.max(0, deadlineAt - Date.now()), signal);
      if (error === undefined || signal.aborted) return;
      if (!ApiError.is(error)) throw this.#notSynced(error, timeoutMs);
      this.#tellRefusal(error);
      if (error.status === 403 && this.#parts.isPrimary !== true) return;
      const leftMs = deadlineAt - Date.now();
      if (leftMs <= 0) throw this.#notSynced(error, timeoutMs);
      await delay(Math.min(lookAgainMs, leftMs), signal);
    }
  }

  taken(): void {}

  end(): void {
    this.#isEnded = true;
    void this.#listener?.remove();
  }

  async release(): Promise<void> {
    await this.#parts.source.stop();
  }

  report(): SourceReport {
    const { state, lastError } = this.#parts.source.health();
    return {
      name: this.name,
      state,
      hasSynced: this.#hasSynced,
      problem: sourceProblem(this.name, state, this.#hasSynced, lastError),
      lastError,
      failures: this.#failures,
      lastFailure: this.#lastFailure,
    };
  }

  /** What it does not sync with: the server's refusal, or that it was too late. */
  async #tryToSync(timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    try {
      await this.#parts.source.synced({ timeoutMs, signal });
      // The handlers above return at once: this does not outlast the list by much (Q26).
      await this.#listener?.synced();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #onSynced(): void {
    this.#hasSynced = true;
    const { log } = this.#ports;
    if (this.#toldStatus === undefined) log.debug({ source: this.name }, "the source has synced");
    else log.info({ source: this.name }, "the source is there now, and has synced");
  }

  #tellRefusal(error: ApiError): void {
    const { status } = error;
    if (status === this.#toldStatus) return;
    this.#toldStatus = status;
    const problem = sourceProblem(this.name, "failed", false, this.#parts.source.health().lastError);
    const isLeftOut = status === 403 && this.#parts.isPrimary !== true;
    const what = isLeftOut ? "the controller starts without it" : "the controller waits for it";
    this.#ports.log.warn({ source: this.name, status, err: error }, `${problem}; ${what}`);
  }

  #notSynced(error: unknown, timeoutMs: number): KubeError {
    const isLate = KubeError.is(error) && error.code === "SYNC_TIMEOUT";
    if (!isLate && !ApiError.is(error)) {
      return KubeError.from(error, "SOURCE_FAILED", `Start the source ${this.name}`);
    }
    const cause = isLate ? error.cause : error;
    const why = KubeError.is(cause) ? cause.message : "no answer yet";
    return new KubeError(
      "SYNC_TIMEOUT",
      `Start the controller: its source ${this.name} has not synced within ${timeoutMs} ms; last error: ${why}`,
      { cause },
    );
  }

  #objectHandlers(): ListenerHandlers<T> {
    return {
      added: (object, { initial }) => this.#on({ type: "ADDED", object, initial }),
      modified: (object, previous, { unchanged }) =>
        this.#on({ type: "MODIFIED", object, previous, unchanged }),
      deleted: (object, { finalStateUnknown }) => this.#on({ type: "DELETED", object, finalStateUnknown }),
    };
  }

  #onKey(key: string, { type, initial, unchanged }: ChangedContext): void {
    if (this.#isEnded) return;
    const reason: WakeReason = { type, source: this.name, object: key, ...(initial ? { initial } : {}) };
    this.#ports.wake(key, reason, initial || unchanged ? lowPriority : 0);
  }

  #on(event: SourceEvent<T>): void {
    const key = this.#attempt(event, undefined, "name", () => keyOfMeta(event.object.metadata));
    if (key === undefined || this.#isEnded) return;
    const { where } = this.#parts;
    // A predicate that throws lets the event pass: one reconcile too many does no harm, one too few does.
    if (where !== undefined && this.#attempt(event, key, "predicate", () => asked(where(event))) === false)
      return;
    const reason: WakeReason = {
      type: event.type,
      source: this.name,
      object: key,
      ...(event.type === "ADDED" && event.initial ? { initial: true } : {}),
    };
    const priority = isQuiet(event) ? lowPriority : 0;
    for (const woken of this.#keysOf(event, key)) this.#ports.wake(woken, reason, priority);
  }

  #keysOf(event: SourceEvent<T>, key: string): Iterable<string> {
    const keys = this.#mapped(event, event.object, key);
    if (event.type !== "MODIFIED" || event.unchanged) return keys;
    // An owner that is no more, a label that was taken away: who was meant before wants to know (Q37).
    const before = this.#mapped(event, event.previous, key);
    return before.length === 1 && keys.length === 1 && before[0] === keys[0]
      ? keys
      : new Set([...before, ...keys]);
  }

  #mapped(event: SourceEvent<T>, object: T, key: string): readonly string[] {
    const mapped = this.#attempt(event, key, "mapper", () => {
      const found: unknown = this.#parts.keysOf(object, key);
      // A text is an iterable too: of its letters.
      const keys = typeof found === "string" ? [found] : isIterable(found) ? Array.from(found) : undefined;
      if (keys?.every(isKey) === true) return keys;
      throw new TypeError("A mapper returns keys: `namespace/name`, or `name`");
    });
    return mapped ?? [];
  }

  /** Call what is the user's; what it throws is reported, and costs this event only. */
  #attempt<R>(event: SourceEvent<T>, key: string | undefined, what: string, call: () => R): R | undefined {
    try {
      return call();
    } catch (cause) {
      const step = `Source ${this.name}, ${event.type} ${key ?? "of an object"}`;
      const message =
        key === undefined ? "it has no name" : `its ${what} threw (${nameOf(cause)}); see the cause`;
      const error = new KubeError("SOURCE_FAILED", `${step}: ${message}`, { cause });
      this.#failures++;
      this.#lastFailure = error;
      this.#ports.failed(error);
      return undefined;
    }
  }
}
