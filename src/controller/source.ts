import type { ListenerHandlers } from "../informer/handlers.ts";
import type { InformerHealth } from "../informer/health.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Predicate } from "./predicate.ts";

/** How a source's listener is ended, and when it has been told everything initial. */
export interface SourceListener {
  /** Resolves once the handlers have returned from every initial object. */
  synced(): Promise<void>;
  remove(): Promise<void>;
}

/** A collection that a controller follows: the port that an `Informer` satisfies. */
export interface ObjectSource<T extends KubeObject> {
  listen(handlers: ListenerHandlers<T>, options?: { readonly name?: string }): SourceListener;
  /** Starts it; rejects at once where the server refuses, and goes on trying. */
  synced(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>;
  health(): InformerHealth;
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Objects whose events wake a controller. */
export interface WatchedSource<T extends KubeObject> {
  /** Shown in reasons, health and errors, such as `deployments.apps`. */
  readonly name: string;
  readonly source: ObjectSource<T>;
  /** Which keys an object wakes; called with the old and the new state of a change (Q37). */
  readonly keysOf: (object: T, key: string) => Iterable<string>;
  /** Which events count. @default all */
  readonly where?: Predicate<T> | undefined;
  /** The controller does not start without it; another that the server forbids (403) only degrades its health (K7). @default false */
  readonly isPrimary?: boolean | undefined;
}

/** One entry of an iterable that wakes a controller: a key, or a key with a priority. */
export type Wake = string | { readonly key: string; readonly priority?: number | undefined };

/** Keys from anywhere: a literal array, an async generator, another queue. */
export interface IterableSource {
  readonly name: string;
  readonly wakes: Iterable<Wake> | AsyncIterable<Wake>;
}
