import {
  expectBoolean,
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
  expectSignal,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { Backoff, type BackoffOptions } from "../base/backoff.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { Transform } from "./prepare.ts";

/** How the events of one listener are delivered. */
export type Delivery = "every-event" | "latest";

/** What happens to an every-event listener whose queue passes its high-water mark. */
export type Overflow = "coalesce" | "pause" | "fail";

/** Retry a failed handler call before going on to the next notification. */
export interface HandlerRetry extends BackoffOptions {
  /** Calls in all, the first included. */
  readonly attempts: number;
}

/** How a listener wants to be told. */
export interface ListenOptions {
  /** Shown in health and errors. @default "listener" and a number */
  readonly name?: string;
  /**
   * `"every-event"` tells each change; `"latest"` tells the newest state of each
   * object, so that its queue never holds more than one state per object, plus
   * deletions. @default "every-event"
   */
  readonly delivery?: Delivery;
  /** How many notifications may wait before `overflow` takes effect. @default 10_000 */
  readonly highWaterMark?: number;
  /**
   * `"coalesce"` keeps the newest state per object until drained; `"pause"` stops
   * reading from the server, for everyone; `"fail"` ends this listener with
   * `OVERFLOW`. @default "coalesce"
   */
  readonly overflow?: Overflow;
  /** Also tell MODIFIED for objects that a relist found unchanged (I15). @default false */
  readonly unchanged?: boolean;
  /** Tell MODIFIED for every stored object each time this passes; 0 is never. @default 0 */
  readonly resyncMs?: number;
  /** Call a handler again that threw or rejected. @default no retry: it is reported */
  readonly retry?: HandlerRetry;
  /** Removes the listener. */
  readonly signal?: AbortSignal;
}

/** How an informer reads, keeps and tells objects. */
export interface InformerOptions<
  T extends KubeObject,
  U extends KubeObject = T,
  I extends IndexFunctions<U> = Record<never, never>,
> {
  /** Changes each object before anyone sees it, once; also what handlers and the store are typed with. */
  readonly transform?: Transform<T, U>;
  /**
   * How objects are kept: parsed once and then for good, or as the bytes they came in.
   *
   * `"bytes"` takes a fraction of the memory, all of it outside the heap, and
   * parses an object each time that it is read, but for the last ones. For large
   * collections of which few objects are read. @default "objects"
   */
  readonly store?: "objects" | "bytes";
  /** Secondary indices, by name. */
  readonly indexers?: I & IndexFunctions<U>;
  /** Freeze objects deeply. @default in NODE_ENV test and development: it costs about as much as parsing */
  readonly freeze?: boolean;
  /** Delays between attempts to list or watch (R38, R41). */
  readonly backoff?: BackoffOptions;
  /** Streaming lists: when the server offers them, or never. @default "auto" */
  readonly streamingList?: "auto" | "off";
  /** The least time-out asked of the server for a watch, in seconds; less than 300 is not taken (R21). @default 300 */
  readonly minWatchTimeoutSeconds?: number;
  /** For the listener that `on` makes. */
  readonly listen?: ListenOptions;
}

/** Throw `INVALID_ARGUMENT` for listen options that make no sense. */
export function checkListenOptions(options: ListenOptions): void {
  expectOptions("options", options);
  expectText("name", options.name);
  expectSignal("signal", options.signal);
  expectOptions("retry", options.retry);
  expectInteger("highWaterMark", options.highWaterMark, 1);
  expectDuration("resyncMs", options.resyncMs);
  if (options.retry !== undefined) {
    expectInteger("retry.attempts", options.retry.attempts ?? Number.NaN, 1);
    // Its constructor checks the rest.
    new Backoff(options.retry);
  }
  if (options.delivery !== undefined && !["every-event", "latest"].includes(options.delivery)) {
    throw invalidArgument("delivery", '"every-event" or "latest"', options.delivery);
  }
  if (options.overflow !== undefined && !["coalesce", "pause", "fail"].includes(options.overflow)) {
    throw invalidArgument("overflow", '"coalesce", "pause" or "fail"', options.overflow);
  }
}

/** Throw `INVALID_ARGUMENT` for informer options that make no sense. */
export function checkInformerOptions<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
  options: InformerOptions<T, U, I>,
): void {
  expectOptions("options", options);
  expectOptions("indexers", options.indexers);
  expectOptions("backoff", options.backoff);
  // Its constructor checks it; here, so that a mistake shows where it was made.
  if (options.backoff !== undefined) new Backoff(options.backoff);
  expectBoolean("freeze", options.freeze);
  if (options.streamingList !== undefined && !["auto", "off"].includes(options.streamingList)) {
    throw invalidArgument("streamingList", '"auto" or "off"', options.streamingList);
  }
  if (options.store !== undefined && !["objects", "bytes"].includes(options.store)) {
    throw invalidArgument("store", '"objects" or "bytes"', options.store);
  }
  expectFunction("transform", options.transform);
  expectInteger("minWatchTimeoutSeconds", options.minWatchTimeoutSeconds, 1);
  for (const [name, index] of Object.entries(options.indexers ?? {}))
    expectFunction(`indexers.${name}`, index);
  expectOptions("listen", options.listen);
  checkListenOptions(options.listen ?? {});
}
