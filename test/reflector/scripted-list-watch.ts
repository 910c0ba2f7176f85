import { onAbort } from "../../src/base/abort.ts";
import { ApiError, type ApiErrorInit } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { ListPart, ListRequest, ListWatch, WatchRequest } from "../../src/reflector/list-watch.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import {
  type BookmarkRecord,
  type ChangeType,
  type ErrorRecord,
  ParsedChange,
  ParsedRecord,
  type WatchRecord,
} from "../../src/resource/watch-event.ts";

export type Pod = KubeObject;
export type Chunk = readonly WatchRecord<Pod>[];
export type ListScript = (request: ListRequest) => AsyncIterable<ListPart<Pod>>;
export type WatchScript = (request: WatchRequest) => AsyncIterable<Chunk>;

function pod(key: string, resourceVersion: string): Pod {
  return { metadata: { name: key, resourceVersion, uid: `uid-${key}` } };
}

export function item(key: string, resourceVersion: string): ParsedRecord<Pod> {
  return new ParsedRecord(key, `uid-${key}`, resourceVersion, pod(key, resourceVersion));
}

export function change(type: ChangeType, key: string, resourceVersion: string): ParsedChange<Pod> {
  return new ParsedChange(type, key, `uid-${key}`, resourceVersion, pod(key, resourceVersion));
}

export const added = (key: string, rv: string): ParsedChange<Pod> => change("ADDED", key, rv);
export const modified = (key: string, rv: string): ParsedChange<Pod> => change("MODIFIED", key, rv);
export const deleted = (key: string, rv: string): ParsedChange<Pod> => change("DELETED", key, rv);

export function bookmark(resourceVersion: string, isInitialEventsEnd = false): BookmarkRecord {
  return { type: "BOOKMARK", resourceVersion, isInitialEventsEnd };
}

export const marker = (resourceVersion: string): BookmarkRecord => bookmark(resourceVersion, true);

export function errorRecord(code: number, reason: string, retryAfterSeconds?: number): ErrorRecord {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return {
    type: "ERROR",
    status: { kind: "Status", code, reason, message: "told in the stream", ...details },
  };
}

export function apiError(status: number, reason: string, init: Partial<ApiErrorInit> = {}): ApiError {
  return new ApiError(`${status} ${reason}`, { status, reason, ...init });
}

export const gone = (): ApiError => apiError(410, "Expired");
export const tooLarge = (): ApiError =>
  apiError(504, "Timeout", { details: { causes: [{ reason: "ResourceVersionTooLarge" }] } });
export const refusedConnection = (): KubeError => new KubeError("CONNECTION_FAILED", "connect ECONNREFUSED");
export const corruptFrame = (): KubeError => new KubeError("FRAME_CORRUPT", "a frame that is not JSON");

/** Resolves once `signal` aborts; the listener does not outlive it. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onAbort(signal, resolve);
  return promise;
}

/** Resolves after fake milliseconds, or at abort. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const passed = Promise.withResolvers<void>();
  const timer = setTimeout(passed.resolve, ms);
  await Promise.race([passed.promise, aborted(signal)]);
  clearTimeout(timer);
}

/** One script until so many fake milliseconds from now have passed, then another. */
export function downFor<Q, R>(
  ms: number,
  down: (request: Q) => AsyncIterable<R>,
  up: (request: Q) => AsyncIterable<R>,
): (request: Q) => AsyncIterable<R> {
  const until = Date.now() + ms;
  return (request) => (Date.now() < until ? down : up)(request);
}

/** A list of these items at once. */
export function listed(resourceVersion: string, ...keys: string[]): ListScript {
  return async function* () {
    yield { items: keys.map((key) => item(key, resourceVersion)), resourceVersion };
  };
}

/** A list that gives these parts and fails, if an error is given. */
export function parts(all: readonly ListPart<Pod>[], error?: unknown): ListScript {
  return async function* () {
    yield* all;
    if (error !== undefined) throw error;
  };
}

export function listFails(error: unknown): ListScript {
  return parts([], error);
}

/** Fails before the server accepted it. */
export function watchFails(error: unknown): WatchScript {
  // biome-ignore lint/correctness/useYield: it is refused before its first chunk
  return async function* () {
    throw error;
  };
}

export interface WatchShape {
  readonly chunks?: readonly Chunk[];
  /** Milliseconds before each chunk. */
  readonly gapMs?: number;
  /** Milliseconds before the end. */
  readonly openMs?: number;
  /** Absent: a clean end. */
  readonly error?: unknown;
}

/** Accepts, gives the chunks, and ends or fails. */
export function watch(shape: WatchShape): WatchScript {
  return async function* ({ signal, onOpen }) {
    onOpen();
    for (const chunk of shape.chunks ?? []) {
      if (shape.gapMs !== undefined) await pause(shape.gapMs, signal);
      if (signal.aborted) return;
      yield chunk;
    }
    if (shape.openMs !== undefined) await pause(shape.openMs, signal);
    if (shape.error !== undefined) throw shape.error;
  };
}

/** Accepts, gives the chunks, and stays open until it is aborted; then it throws, like a real one. */
export function openWatch(...chunks: Chunk[]): WatchScript {
  return async function* ({ signal, onOpen }) {
    onOpen();
    yield* chunks;
    await aborted(signal);
    throw new KubeError("ABORTED", "watch: aborted");
  };
}

/**
 * A cluster as a script: one entry per request, in order; the last is repeated.
 *
 * It keeps a log of requests, and how many iterators are and were open.
 */
export class ScriptedListWatch implements ListWatch<Pod> {
  readonly log: string[] = [];
  readonly times: number[] = [];
  readonly watchRequests: WatchRequest[] = [];
  readonly #lists: ListScript[];
  readonly #watches: WatchScript[];
  open = 0;
  mostOpen = 0;

  constructor(scripts: { lists?: ListScript[]; watches?: WatchScript[] }) {
    this.#lists = [...(scripts.lists ?? [])];
    this.#watches = [...(scripts.watches ?? [openWatch()])];
  }

  list(request: ListRequest): AsyncIterable<ListPart<Pod>> {
    this.#note(`list ${JSON.stringify(request.resourceVersion)}`);
    const script = this.#lists.length > 1 ? this.#lists.shift() : this.#lists[0];
    return this.#counted((script ?? listFails(apiError(500, "NoScript")))(request));
  }

  watch(request: WatchRequest): AsyncIterable<Chunk> {
    this.#note(
      `${request.sendInitialEvents ? "stream" : "watch"} ${JSON.stringify(request.resourceVersion)}`,
    );
    this.watchRequests.push(request);
    const script = this.#watches.length > 1 ? this.#watches.shift() : this.#watches[0];
    return this.#counted((script ?? openWatch())(request));
  }

  #note(what: string): void {
    this.log.push(what);
    this.times.push(Date.now());
  }

  async *#counted<R>(source: AsyncIterable<R>): AsyncGenerator<R, void, void> {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      yield* source;
    } finally {
      this.open -= 1;
    }
  }
}
