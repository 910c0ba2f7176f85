import { onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { statusError } from "../resource/status.ts";
import type { WatchRecord } from "../resource/watch-event.ts";
import { type Batch, type Change, sortBatch } from "./batch.ts";
import { InitialEvents } from "./initial-events.ts";
import type { ListWatch } from "./list-watch.ts";
import { MarkerDeadline } from "./marker-deadline.ts";
import type { ProgressListener } from "./progress.ts";
import type { Outcome, StreamingListStep, WatchStep } from "./state.ts";
import type { Writer } from "./writer.ts";

/** What a {@link Stream} is made from. */
export interface StreamOptions<T> {
  readonly listWatch: ListWatch<T>;
  readonly writer: Writer<T>;
  readonly name: string;
  readonly step: StreamingListStep | WatchStep;
  readonly timeoutSeconds: number;
  readonly markerDeadlineMs: number;
  readonly streamingListMaxMs: number;
  readonly report: ProgressListener;
  /** The streaming list is in the target; from here on the stream is a watch (R46). */
  readonly onMarker: (resourceVersion: string) => void;
}

/** Why reading stopped before the stream ended by itself. */
type Cause =
  | { readonly type: "store"; readonly error: KubeError }
  | { readonly type: "error"; readonly error: KubeError }
  | { readonly type: "refused"; readonly why: string };

/** One connection of a reflector, read once: a watch, or a streaming list that becomes one. */
export class Stream<T> {
  readonly #options: StreamOptions<T>;
  readonly #startedAt: number = Date.now();
  #openedAt: number | undefined;
  #events = 0;
  /** The objects so far, before the marker; undefined in a watch. */
  #initial: InitialEvents<T> | undefined;
  #deadline: MarkerDeadline | undefined;
  readonly #cut = new AbortController();
  #mistrusted: KubeError | undefined;

  constructor(options: StreamOptions<T>) {
    this.#options = options;
  }

  /** Read until the stream ends or must end; resolves once it is closed. */
  async read(signal: AbortSignal): Promise<Outcome> {
    const { listWatch, step, timeoutSeconds } = this.#options;
    const cut = this.#cut;
    const stopListening = onAbort(signal, () => cut.abort(signal.reason));
    this.#begin(() => cut.abort());
    let cause: Cause | undefined;
    try {
      const chunks = listWatch.watch({
        resourceVersion: step.resourceVersion,
        sendInitialEvents: this.#initial !== undefined,
        timeoutSeconds,
        signal: cut.signal,
        onOpen: () => this.#opened(),
      });
      // Leaving the loop closes the stream, and waits for it: a list never runs beside it (P1).
      for await (const records of chunks) {
        if (cut.signal.aborted) break;
        if (records.length === 0) continue;
        const taken = this.#take(records, signal);
        // Awaited only where the target asks for it: that is the back-pressure.
        cause = taken instanceof Promise ? await taken : taken;
        if (cause !== undefined || signal.aborted) break;
      }
    } catch (thrown) {
      const error = KubeError.from(thrown, "BAD_RESPONSE", this.#doing());
      // A frame that cannot be prepared for the store would come again with every resume, for ever.
      cause ??= { type: error.code === "TRANSFORM_FAILED" ? "store" : "error", error };
    } finally {
      this.#deadline?.clear();
      stopListening();
    }
    if (this.#mistrusted !== undefined) cause = { type: "store", error: this.#mistrusted };
    const why = this.#deadline?.why;
    return this.#end(why === undefined ? cause : { type: "refused", why });
  }

  /** Give the stream up: what it was built on is wrong, and is to be listed again. */
  mistrust(error: KubeError): void {
    this.#mistrusted ??= error;
    this.#cut.abort();
  }

  #doing(): string {
    const { name } = this.#options;
    return this.#initial === undefined ? `Watch ${name}` : `List ${name} by streaming`;
  }

  #begin(cut: () => void): void {
    const { step, timeoutSeconds, report, markerDeadlineMs, streamingListMaxMs } = this.#options;
    const { resourceVersion } = step;
    if (step.type === "watch") {
      report({ type: "watch-started", resourceVersion, timeoutSeconds });
      return;
    }
    report({ type: "list-started", reason: step.reason, resourceVersion, isStreaming: true });
    this.#initial = new InitialEvents();
    this.#deadline = new MarkerDeadline({
      quietMs: markerDeadlineMs,
      totalMs: streamingListMaxMs,
      onPassed: cut,
    });
  }

  #opened(): void {
    if (this.#openedAt !== undefined) return;
    this.#openedAt = Date.now();
    this.#options.report({ type: "watch-opened", resourceVersion: this.#options.step.resourceVersion });
  }

  /** Take one chunk; gives why to stop, as a promise only where the target gave one. */
  #take(
    records: readonly WatchRecord<T>[],
    signal: AbortSignal,
  ): Cause | undefined | Promise<Cause | undefined> {
    this.#opened();
    this.#deadline?.heard();
    const batch = sortBatch(records);
    this.#events += batch.changes.length;
    for (const { error } of batch.skipped) this.#options.report({ type: "error", step: this.#step(), error });
    if (this.#initial !== undefined) return this.#takeInitial(this.#initial, batch, signal);
    return this.#apply(batch.changes, batch, signal);
  }

  #step(): "streaming-list" | "watch" {
    return this.#initial === undefined ? "watch" : "streaming-list";
  }

  #apply(
    changes: readonly Change<T>[],
    batch: Batch<T>,
    signal: AbortSignal,
  ): Cause | undefined | Promise<Cause | undefined> {
    if (changes.length === 0) return this.#taken(batch, undefined);
    const written = this.#options.writer.apply(changes, signal);
    return written instanceof Promise
      ? written.then((error) => this.#taken(batch, error))
      : this.#taken(batch, written);
  }

  #takeInitial(
    initial: InitialEvents<T>,
    batch: Batch<T>,
    signal: AbortSignal,
  ): Cause | undefined | Promise<Cause | undefined> {
    const first = initial.take(batch.changes);
    if (first === undefined) return this.#taken(batch, undefined);
    // The first bookmark of a server that knows streaming lists is the marker (R45, R55).
    if (!first.bookmark.isInitialEventsEnd) {
      return { type: "refused", why: "a bookmark without the annotation instead of the marker" };
    }
    return this.#endInitial(initial, first.bookmark.resourceVersion, first.rest, batch, signal);
  }

  async #endInitial(
    initial: InitialEvents<T>,
    resourceVersion: string,
    rest: readonly Change<T>[],
    batch: Batch<T>,
    signal: AbortSignal,
  ): Promise<Cause | undefined> {
    const { writer, report, timeoutSeconds, onMarker } = this.#options;
    this.#deadline?.clear();
    const items = initial.items();
    const error = await writer.replace(items, resourceVersion, signal);
    if (error !== undefined) return { type: "store", error };
    if (signal.aborted) return undefined;
    this.#initial = undefined;
    // What came before was listing: only what follows shows that the list was worth it.
    this.#openedAt = Date.now();
    onMarker(resourceVersion);
    report({ type: "listed", resourceVersion, items: items.length, isStreaming: true });
    report({ type: "watch-started", resourceVersion, timeoutSeconds });
    return this.#apply(rest, batch, signal);
  }

  /** Tell of a chunk once it is in the target, and find out whether the server ended the stream with it. */
  #taken(batch: Batch<T>, error: KubeError | undefined): Cause | undefined {
    if (error !== undefined) return { type: "store", error };
    const { writer, report } = this.#options;
    let count = batch.skipped.length;
    for (const change of batch.changes) {
      if (change.type !== "BOOKMARK") count += 1;
      else report({ type: "bookmark", resourceVersion: change.resourceVersion });
    }
    if (count > 0) report({ type: "frames", count, resourceVersion: writer.resourceVersion });
    if (batch.status === undefined) return undefined;
    return { type: "error", error: statusError(batch.status, { step: this.#doing() }) };
  }

  #end(cause: Cause | undefined): Outcome {
    const { writer, report } = this.#options;
    const at = Date.now();
    const { resourceVersion } = writer;
    const events = this.#events;
    const openMs = at - this.#startedAt;
    const followedMs = this.#openedAt === undefined ? 0 : at - this.#openedAt;
    report({ type: "watch-ended", resourceVersion, events, openMs });
    if (cause?.type === "refused") return { type: "streaming-refused", at, why: cause.why };
    if (cause?.type === "store") {
      report({ type: "error", step: "store", error: cause.error });
      return { type: "store-failed", at, resourceVersion, followedMs };
    }
    if (cause !== undefined) report({ type: "error", step: this.#step(), error: cause.error });
    return {
      type: "stream-ended",
      at,
      resourceVersion,
      events,
      openMs,
      followedMs,
      error: cause?.error,
    };
  }
}
