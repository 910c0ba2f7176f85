import { ApiError } from "../../base/api-error.ts";
import { expectDuration, expectInteger } from "../../base/arguments.ts";
import type { KubeError } from "../../base/errors.ts";
import type { ChangeType } from "../../resource/watch-event.ts";
import type { StorageChange } from "../storage/port.ts";
import type { WatchQuery } from "../watch-cache/query.ts";
import { tooOld } from "../watch-cache/refusals.ts";
import { type Matcher, matcher, transition } from "../watch-cache/selection.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import { bookmarkFrame, ChangeFrames, errorFrame, initialFrame } from "./frames.ts";
import type { Representation } from "./representation.ts";
import { planWatch, type WatchPlan } from "./watch-plan.ts";
import { Watcher } from "./watcher.ts";
import { WatcherIndex } from "./watcher-index.ts";

/** How long before its time-out a watch gets its last bookmark, as in kube-apiserver. */
const lastBookmarkMs = 2000;

/** How a {@link FanOut} treats its watchers. */
export interface FanOutOptions {
  /** How many events may wait for one watcher before it is ended. @default 1000 */
  readonly queueEvents?: number;
  /** How many bytes may wait for one watcher before it is ended. @default 64 MiB */
  readonly queueBytes?: number;
  /** How often watches that allow bookmarks get one. @default 60_000 */
  readonly bookmarkIntervalMs?: number;
}

/** What `expire()` does beyond dropping the history. */
export interface ExpireOptions {
  /** Open watches: left alone, told by an ERROR event with 410, or ended so that their resume is told. @default "keep" */
  readonly open?: "keep" | "error-event" | "end";
}

/** How a watch that cannot be served is refused. */
export type Refusal = "event" | "status";

/** One member of the index. */
interface Subscription {
  readonly watcher: Watcher;
  readonly matches: Matcher;
  readonly representation: Representation;
  readonly allowsBookmarks: boolean;
  /** The revision up to which this watcher has been served; ahead of the cache where a watch asked for the future. */
  revision: number;
  /** The newest revision that its client has heard of: a bookmark must tell of a newer one. */
  told: number;
}

/**
 * All open watches of one resource: each change goes to those who select it.
 *
 * A change is encoded once and the same bytes are queued for all its watchers.
 * Queueing never waits; a watcher whose queue is full is ended and resumes by
 * resourceVersion. Selectors see correct transitions (T8), and streams begin
 * and end as kube-apiserver's do: initial events, their end marker, bookmarks,
 * time-outs (T10).
 */
export class FanOut {
  /**
   * How a watch at a resourceVersion before the history, or far after it, is
   * refused: as kube-apiserver does by an ERROR event in a stream with status
   * 200, or by the status itself, as some servers and proxies do.
   */
  refuseBy: Refusal = "event";
  readonly #cache: WatchCache;
  readonly #options: FanOutOptions;
  readonly #index: WatcherIndex<Subscription>;
  /** All streams that are still read, also those that get no more changes. */
  readonly #streams = new Set<Watcher>();
  /** What has been encoded of the changes that the window still holds. */
  readonly #frames = new WeakMap<StorageChange, ChangeFrames>();
  readonly #unsubscribe: () => void;
  #bookmarkTimer: ReturnType<typeof setInterval> | undefined;
  #isStalled = false;
  #isClosed = false;

  constructor(cache: WatchCache, options: FanOutOptions = {}) {
    expectInteger("queueEvents", options.queueEvents, 1);
    expectInteger("queueBytes", options.queueBytes, 1);
    expectDuration("bookmarkIntervalMs", options.bookmarkIntervalMs);
    this.#cache = cache;
    this.#options = options;
    this.#index = new WatcherIndex(cache.readField);
    this.#unsubscribe = cache.subscribe((change) => this.#deliver(change));
  }

  /** How many watches are open: until their readers have read the end, or left. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Open a watch.
   *
   * Rejects with 422 for options that make no sense, 500 for a resourceVersion that is none. Expired and
   * unreachable resourceVersions are told as {@link refuseBy} says. Abort
   * `signal`, or leave the loop over the watcher, to close it. Errors are Statuses in any representation.
   */
  async watch(
    query: WatchQuery = {},
    signal?: AbortSignal,
    representation: Representation = "object",
  ): Promise<Watcher> {
    const plan = planWatch(query);
    if (plan.timeoutMs < 0) return this.#ended([], signal);
    try {
      if (plan.beginsWithState) await this.#cache.reached(plan.revision, signal);
      return this.#open(query, plan, representation, signal);
    } catch (error) {
      if (!ApiError.is(error) || this.refuseBy === "status") throw error;
      return this.#ended([errorFrame(error)], signal);
    }
  }

  /** End all open watches at once: cleanly, or by throwing `error` to their readers. Returns how many. */
  cut(error?: KubeError): number {
    const streams = [...this.#streams];
    for (const watcher of streams) watcher.cut(error);
    return streams.length;
  }

  /** Stop sending on all watches, also on those opened later, without closing them. */
  stall(): void {
    this.#isStalled = true;
    for (const watcher of this.#streams) watcher.stall();
  }

  /** Send again after `stall()`. */
  resume(): void {
    this.#isStalled = false;
    for (const watcher of this.#streams) watcher.resume();
  }

  /** Drop the history: whatever refers to a revision from before is answered with 410 (T12). */
  expire(options: ExpireOptions = {}): void {
    this.#cache.expire();
    const { open = "keep" } = options;
    if (open === "keep") return;
    for (const { watcher, revision } of [...this.#index]) {
      if (open === "error-event") watcher.push(errorFrame(tooOld(revision, this.#cache.oldestRevision)));
      watcher.end();
    }
  }

  /** End all watches cleanly and let go of the cache. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    for (const { watcher } of [...this.#index]) watcher.end();
  }

  #open(
    query: WatchQuery,
    plan: WatchPlan,
    representation: Representation,
    signal: AbortSignal | undefined,
  ): Watcher {
    const matches = matcher(query, this.#cache.readField);
    const cleanups: (() => void)[] = [];
    const { backlog, told } = this.#backlog(query, plan, matches, representation);
    const watcher = this.#watcher(backlog, () => {
      for (const cleanup of cleanups) cleanup();
    });
    const subscription: Subscription = {
      watcher,
      matches,
      representation,
      allowsBookmarks: query.allowWatchBookmarks === true,
      revision: Math.max(plan.revision, this.#cache.revision),
      told,
    };
    cleanups.push(this.#index.add(subscription, query));
    cleanups.push(() => this.#stopIdleBookmarks());
    if (subscription.allowsBookmarks) this.#startBookmarks();
    if (plan.timeoutMs > 0) {
      const timer = setTimeout(() => watcher.end(), plan.timeoutMs);
      cleanups.push(() => clearTimeout(timer));
      if (subscription.allowsBookmarks && plan.timeoutMs > lastBookmarkMs) {
        const last = setTimeout(() => this.#sendBookmark(subscription), plan.timeoutMs - lastBookmarkMs);
        cleanups.push(() => clearTimeout(last));
      }
    }
    watcher.cutOn(signal);
    if (this.#isClosed) watcher.end();
    return watcher;
  }

  /** What a watch is sent first, and how far that tells its client; decided now, encoded when it is read. */
  #backlog(
    query: WatchQuery,
    plan: WatchPlan,
    matches: Matcher,
    representation: Representation,
  ): { readonly backlog: Iterable<Uint8Array>; readonly told: number } {
    const { kind, revision } = this.#cache;
    if (!plan.beginsWithState) {
      const changes = this.#cache.since(plan.isFromNow ? revision : plan.revision);
      const last = changes.findLast((change) => transition(matches, change) !== undefined);
      return {
        backlog: this.#encodeChanges(changes, matches, representation),
        told: last?.revision ?? plan.revision,
      };
    }
    const entries = this.#cache.current(query);
    const hasMarker = query.allowWatchBookmarks === true;
    const encode = function* (): Generator<Uint8Array, void, void> {
      for (const [, object] of entries) yield initialFrame(object, representation);
      if (hasMarker) yield bookmarkFrame(kind, revision, true, representation);
    };
    return { backlog: encode(), told: revision };
  }

  *#encodeChanges(
    changes: readonly StorageChange[],
    matches: Matcher,
    representation: Representation,
  ): Generator<Uint8Array, void, void> {
    for (const change of changes) {
      const type = transition(matches, change);
      if (type !== undefined) yield this.#frame(change, type, representation);
    }
  }

  #frame(change: StorageChange, type: ChangeType, representation: Representation): Uint8Array {
    let frames = this.#frames.get(change);
    if (frames === undefined) {
      frames = new ChangeFrames(change);
      this.#frames.set(change, frames);
    }
    return frames.in(representation).as(type);
  }

  #deliver(change: StorageChange): void {
    for (const subscription of [...this.#index.interestedIn(change)]) {
      // A watch from a future revision hears only what comes after it.
      if (change.revision <= subscription.revision) continue;
      const type = transition(subscription.matches, change);
      if (type === undefined) continue;
      const frame = this.#frame(change, type, subscription.representation);
      if (!subscription.watcher.push(frame)) continue;
      subscription.revision = change.revision;
      subscription.told = change.revision;
    }
  }

  #watcher(backlog: Iterable<Uint8Array>, onEnd: () => void = () => {}): Watcher {
    const { queueEvents, queueBytes } = this.#options;
    const watcher: Watcher = new Watcher({
      backlog,
      ...(queueEvents === undefined ? {} : { queueEvents }),
      ...(queueBytes === undefined ? {} : { queueBytes }),
      onEnd,
      onDone: () => this.#streams.delete(watcher),
    });
    this.#streams.add(watcher);
    if (this.#isStalled) watcher.stall();
    return watcher;
  }

  /** A watch that is over when it begins. */
  #ended(frames: readonly Uint8Array[], signal: AbortSignal | undefined): Watcher {
    const watcher = this.#watcher(frames);
    watcher.cutOn(signal);
    watcher.end();
    return watcher;
  }

  #startBookmarks(): void {
    const everyMs = this.#options.bookmarkIntervalMs ?? 60_000;
    this.#bookmarkTimer ??= setInterval(() => this.#sendBookmarks(), everyMs);
  }

  #stopIdleBookmarks(): void {
    for (const { allowsBookmarks } of this.#index) if (allowsBookmarks) return;
    clearInterval(this.#bookmarkTimer);
    this.#bookmarkTimer = undefined;
  }

  #sendBookmarks(): void {
    for (const subscription of [...this.#index]) {
      if (subscription.allowsBookmarks) this.#sendBookmark(subscription);
    }
  }

  #sendBookmark(subscription: Subscription): void {
    const { revision, kind } = this.#cache;
    const { watcher, told, representation } = subscription;
    // Who is behind hears events next, and must not be ended for a bookmark.
    if (watcher.queuedEvents > 0 || revision <= told) return;
    if (watcher.push(bookmarkFrame(kind, revision, false, representation))) subscription.told = revision;
  }
}
