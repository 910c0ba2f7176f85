import type { CallOptions } from "../client/client.ts";
import type { InformerOptions } from "../informer/informer-options.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { WatchOptions } from "../watch/watch.ts";
import type { ReadingOptions } from "./list-watch.ts";

/** What every write takes. */
export interface WriteOptions extends CallOptions {
  /** Check and answer as if it were done, and change nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** The name under which managedFields remember the write. @default the cluster's */
  readonly fieldManager?: string | undefined;
  /** What the server does with fields that it does not know: drop them, warn as well, or refuse (400). @default the server's, "Warn" */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
}

/** What `apply` takes. */
export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers instead of failing with 409. @default false */
  readonly force?: boolean | undefined;
}

/** What `edit` takes; `timeoutMs` covers each request by itself. */
export interface EditOptions extends WriteOptions {
  /** How often it is tried in all, while others write in between. @default 5 */
  readonly attempts?: number | undefined;
}

/** What `get` takes. */
export interface GetOptions extends CallOptions {
  /** `"0"`: any state, served from the server's cache. @default "", the newest */
  readonly resourceVersion?: string | undefined;
}

/** What `list`, `pages` and `items` take; `timeoutMs` covers each page by itself. */
export interface ListOptions extends GetOptions {
  /** How `resourceVersion` is meant: at least this state, or this very one. @default the server's, at least */
  readonly resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
  /** How many objects a request brings, not how many there are in all: for fewer leave the loop. @default 500 */
  readonly pageSize?: number | undefined;
}

/** What `delete`, `deleteAll` and `evict` take. */
export interface DeleteOptions extends CallOptions {
  /** Check and answer as if it were done, and change nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** What becomes of the objects that it owns, as `propagationPolicy` on the wire. @default the kind's own, mostly "Background" */
  readonly propagation?: "Foreground" | "Background" | "Orphan" | undefined;
  /** How long it may take to end; 0: at once. @default the object's own */
  readonly gracePeriodSeconds?: number | undefined;
  /** Delete only this object: another uid or state answers 409. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

/** What `deleteAll` takes. */
export interface DeleteAllOptions extends DeleteOptions {
  /** Needed where neither a namespace nor a selector narrows what is deleted. @default false */
  readonly everything?: boolean | undefined;
}

/** One operation of a JSON Patch. */
export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A patch, its type named by its one key; strategic patches are for built-in kinds only. */
export type Patch =
  | { readonly merge: Readonly<Record<string, unknown>>; readonly strategic?: never; readonly json?: never }
  | { readonly strategic: Readonly<Record<string, unknown>>; readonly merge?: never; readonly json?: never }
  | { readonly json: readonly JsonPatchOperation[]; readonly merge?: never; readonly strategic?: never };

/** What `watch` takes. */
export interface HandleWatchOptions<T> extends Omit<WatchOptions<T>, "open" | "step"> {
  /** The largest frame that is read, in bytes. @default 16 MiB */
  readonly maxFrameBytes?: number;
}

/** What `informer` takes: how objects are read, and how they are kept and told. */
export type HandleInformerOptions<
  T extends KubeObject,
  U extends KubeObject = T,
  I extends IndexFunctions<U> = Record<never, never>,
> = InformerOptions<T, U, I> & ReadingOptions;
