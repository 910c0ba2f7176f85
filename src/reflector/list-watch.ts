import type { ObjectRecord, WatchRecord } from "../resource/watch-event.ts";

/** What a {@link ListWatch} is asked to list. */
export interface ListRequest {
  /** `""` is the newest (quorum) state, `"0"` any state, otherwise at least this one (R2, R6). */
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

/** A part of one list: a page of it, or the items that one chunk of bytes completed. */
export interface ListPart<T> {
  readonly items: readonly ObjectRecord<T>[];
  /** The list's resourceVersion, in any part once known; the first one counts (R15). */
  readonly resourceVersion?: string | undefined;
  /** The list began anew: whatever came before this part is void (R16). */
  readonly isRestart?: boolean | undefined;
}

/** What a {@link ListWatch} is asked to watch. Bookmarks are always asked for. */
export interface WatchRequest {
  readonly resourceVersion: string;
  /** Ask for the existing objects first, ended by a marked bookmark (R43). */
  readonly sendInitialEvents: boolean;
  /** When the server is to end the watch, in seconds. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called once the server has accepted the watch, before its first frame. */
  readonly onOpen: () => void;
}

/**
 * The port through which a reflector sees a cluster: one list, one watch.
 *
 * `list` yields the parts of one complete list and ends; `watch` makes one
 * request, yields the records each chunk of bytes completed, and ends when the
 * server ends it. Neither retries. Both throw a `KubeError` when they break,
 * and end soon after the signal aborts. Two async generators over literal
 * arrays are a whole implementation.
 */
export interface ListWatch<T> {
  list(request: ListRequest): AsyncIterable<ListPart<T>>;
  watch(request: WatchRequest): AsyncIterable<readonly WatchRecord<T>[]>;
}
