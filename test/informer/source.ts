import { afterEach, beforeEach, expect, vi } from "vitest";
import { onAbort } from "../../src/base/abort.ts";
import { ApiError } from "../../src/base/api-error.ts";
import { Informer } from "../../src/informer/informer.ts";
import type { InformerOptions } from "../../src/informer/informer-options.ts";
import type { ListPart, ListRequest, ListWatch, WatchRequest } from "../../src/reflector/list-watch.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import {
  type BookmarkRecord,
  type ChangeType,
  ParsedChange,
  ParsedRecord,
  type WatchRecord,
} from "../../src/resource/watch-event.ts";
import type { IndexFunctions } from "../../src/store/indexer.ts";

export interface Pod extends KubeObject {
  spec?: { nodeName?: string; secret?: string };
}

/** Keys are `namespace/name`; the uid is the key unless one is given. */
export function pod(key: string, rv: string, uid: string = key, spec?: Pod["spec"]): Pod {
  const [namespace = "", name = ""] = key.split("/");
  const metadata = { namespace, name, uid, resourceVersion: rv };
  return spec === undefined ? { metadata } : { metadata, spec };
}

function change(type: ChangeType, object: Pod): ParsedChange<Pod> {
  const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
  return new ParsedChange(type, `${namespace}/${name}`, uid ?? "", resourceVersion ?? "", object);
}

export const added = (key: string, rv: string, uid?: string, spec?: Pod["spec"]): ParsedChange<Pod> =>
  change("ADDED", pod(key, rv, uid, spec));
export const modified = (key: string, rv: string, uid?: string, spec?: Pod["spec"]): ParsedChange<Pod> =>
  change("MODIFIED", pod(key, rv, uid, spec));
export const deleted = (key: string, rv: string, uid?: string): ParsedChange<Pod> =>
  change("DELETED", pod(key, rv, uid));
export const bookmark = (resourceVersion: string, isInitialEventsEnd = false): BookmarkRecord => ({
  type: "BOOKMARK",
  resourceVersion,
  isInitialEventsEnd,
});

export const apiError = (status: number, reason = "Reason"): ApiError =>
  new ApiError(`list pods: ${status} ${reason}`, { status, reason });

interface Connection {
  readonly chunks: WatchRecord<Pod>[][];
  error: Error | undefined;
  isEnded: boolean;
  wake: () => void;
}

/** A collection that tests change by hand; lists are answered at once, watches stay open. */
export class Source implements ListWatch<Pod> {
  readonly log: string[] = [];
  pods: Pod[];
  resourceVersion: string;
  /** Thrown by the next lists, in order; `undefined` lets one pass. */
  listErrors: (Error | undefined)[] = [];
  watchErrors: (Error | undefined)[] = [];
  /** Every list fails with this. */
  isDown: Error | undefined;
  /** The list waits for this. */
  holdList: Promise<void> | undefined;
  readonly #connections = new Set<Connection>();
  /** Chunks that were taken by the reader. */
  taken = 0;

  constructor(pods: Pod[] = [], resourceVersion = "10") {
    this.pods = pods;
    this.resourceVersion = resourceVersion;
  }

  get open(): number {
    return this.#connections.size;
  }

  async *list({ resourceVersion, signal }: ListRequest): AsyncGenerator<ListPart<Pod>, void, void> {
    this.log.push(`list ${resourceVersion}`);
    const error = this.isDown ?? this.listErrors.shift();
    if (error !== undefined) throw error;
    if (this.holdList !== undefined) {
      const aborted = new Promise<void>((resolve) => onAbort(signal, resolve));
      await Promise.race([this.holdList, aborted]);
    }
    const items = this.pods.map((object) => {
      const { namespace, name, uid, resourceVersion: rv } = object.metadata ?? {};
      return new ParsedRecord(`${namespace}/${name}`, uid ?? "", rv ?? "", object);
    });
    yield { items, resourceVersion: this.resourceVersion };
  }

  async *watch(request: WatchRequest): AsyncGenerator<readonly WatchRecord<Pod>[], void, void> {
    const { resourceVersion, signal, onOpen, sendInitialEvents } = request;
    this.log.push(`${sendInitialEvents ? "stream" : "watch"} ${resourceVersion}`);
    const error = this.isDown ?? this.watchErrors.shift();
    if (error !== undefined) throw error;
    const connection: Connection = { chunks: [], error: undefined, isEnded: false, wake: () => {} };
    this.#connections.add(connection);
    onOpen();
    const stopListening = onAbort(signal, () => connection.wake());
    try {
      while (!signal.aborted) {
        const chunk = connection.chunks.shift();
        if (chunk !== undefined) {
          this.taken++;
          yield chunk;
        } else if (connection.isEnded) {
          if (connection.error !== undefined) throw connection.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            connection.wake = resolve;
          });
        }
      }
    } finally {
      stopListening();
      this.#connections.delete(connection);
    }
  }

  /** One chunk on every open watch. */
  send(...records: WatchRecord<Pod>[]): void {
    for (const connection of this.#connections) {
      connection.chunks.push(records);
      connection.wake();
    }
  }

  /** End every open watch. */
  cut(error?: Error): void {
    for (const connection of this.#connections) {
      connection.isEnded = true;
      connection.error = error;
      connection.wake();
    }
  }

  /** A relist with this content: the history has expired. */
  relist(pods: Pod[], resourceVersion: string): void {
    this.pods = pods;
    this.resourceVersion = resourceVersion;
    this.cut(apiError(410, "Expired"));
  }
}

/** An informer that stands alone; not started. */
export function informerOf<I extends IndexFunctions<Pod> = Record<never, never>>(
  source: ListWatch<Pod>,
  options: InformerOptions<Pod, Pod, I> = {},
): Informer<Pod, I> {
  return new Informer<Pod, I>({ listWatch: source, name: "pods" }, { streamingList: "off", ...options });
}

const nameOf = ({ metadata }: Pod): string =>
  `${metadata?.namespace}/${metadata?.name}@${metadata?.resourceVersion}`;

/** Handlers that write down what they are told. */
export function recorder(log: string[] = []): {
  log: string[];
  added: (object: Pod, context: { initial: boolean }) => void;
  modified: (object: Pod, previous: Pod, context: { unchanged: boolean }) => void;
  deleted: (object: Pod, context: { finalStateUnknown: boolean }) => void;
} {
  return {
    log,
    added: (object, { initial }) => void log.push(`+${nameOf(object)}${initial ? " initial" : ""}`),
    modified: (object, previous, { unchanged }) =>
      void log.push(
        `~${nameOf(object)} was ${previous.metadata?.resourceVersion}${unchanged ? " unchanged" : ""}`,
      ),
    deleted: (object, { finalStateUnknown }) =>
      void log.push(`-${nameOf(object)}${finalStateUnknown ? " unknown" : ""}`),
  };
}

/** Let everything that is due at this moment happen. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** Fake time for every test of a file, and the assertion that no rejection was left alone and no timer. */
export function useFakeTime(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(1_000_000);
    process.on("unhandledRejection", note);
  });
  afterEach(async () => {
    vi.useRealTimers();
    // Node reports rejections after the microtasks of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}

/** Synced, and the watch open. */
export async function sync(informer: { synced(): Promise<void> }): Promise<void> {
  await informer.synced();
  await settle();
}

/** Stop without waiting for handlers that run. */
export async function stopNow(informer: {
  stop(options: { graceMs: number }): Promise<void>;
}): Promise<void> {
  const stopping = informer.stop({ graceMs: 0 }).catch(() => {});
  await settle();
  await stopping;
}

/** Wait, in virtual time: what a slow handler does. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
