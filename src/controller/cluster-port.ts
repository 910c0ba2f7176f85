import type { Kind } from "../resource/kind.ts";
import type { Applied, KubeList, KubeObject } from "../resource/object.ts";
import type { Status } from "../resource/status.ts";
import type { Lister } from "../store/lister.ts";

/** What every call through a reconciler's cluster takes. */
export interface PortCallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** What a write through a reconciler's cluster takes. */
export interface PortWriteOptions extends PortCallOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
}

/** What an apply takes. */
export interface PortApplyOptions extends PortWriteOptions {
  readonly force?: boolean | undefined;
}

/** What a delete takes. */
export interface PortDeleteOptions extends PortCallOptions {
  readonly propagation?: "Foreground" | "Background" | "Orphan" | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

/** A patch, its type named by its one key. */
export type PortPatch =
  | { readonly merge: Readonly<Record<string, unknown>> }
  | { readonly strategic: Readonly<Record<string, unknown>> }
  | {
      readonly json: readonly {
        readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
        readonly path: string;
        readonly from?: string;
        readonly value?: unknown;
      }[];
    };

/** An object's status, as a reconciler writes it. */
export interface StatusPort<T extends KubeObject> {
  get(options?: PortCallOptions): Promise<T>;
  patch(patch: PortPatch, options?: PortWriteOptions): Promise<T>;
  apply(object: Applied<T>, options?: PortApplyOptions): Promise<T>;
  replace(object: T, options?: PortWriteOptions): Promise<T>;
}

/** One object, as a reconciler reads and writes it. */
export interface ObjectPort<T extends KubeObject> {
  get(options?: PortCallOptions): Promise<T>;
  find(options?: PortCallOptions): Promise<T | undefined>;
  apply(object: Applied<T>, options?: PortApplyOptions): Promise<T>;
  replace(object: T, options?: PortWriteOptions): Promise<T>;
  patch(patch: PortPatch, options?: PortWriteOptions): Promise<T>;
  // biome-ignore lint/suspicious/noConfusingVoidType: a mutator that returns nothing is the usual one
  edit(mutate: (object: T) => T | void | Promise<T | void>, options?: PortWriteOptions): Promise<T>;
  delete(options?: PortDeleteOptions): Promise<T | Status>;
  readonly status: StatusPort<T>;
}

/** A collection, as a reconciler reads and writes it. */
export interface CollectionPort<T extends KubeObject> {
  inNamespace(namespace: string): CollectionPort<T>;
  withName(name: string): ObjectPort<T>;
  withLabels(selector: string): CollectionPort<T>;
  list(options?: PortCallOptions): Promise<KubeList<T>>;
  create(object: T, options?: PortWriteOptions): Promise<T>;
  apply(object: Applied<T>, options?: PortApplyOptions): Promise<T>;
  replace(object: T, options?: PortWriteOptions): Promise<T>;
}

/** A local copy that a controller follows, with its own writes in it at once; see {@link Lister}. */
export type ObjectStore<T extends KubeObject> = Pick<
  Lister<T>,
  "get" | "has" | "list" | "keys" | "byIndex" | "size" | "hasSynced" | "resourceVersion" | "waitFor"
>;

/**
 * What a reconciler gets of its cluster: the port that a `Cluster` satisfies, and a mock can.
 *
 * Calls end with the reconcile's signal. Writes are refused with
 * `LEADERSHIP_LOST` once the controller is not the leader any more, and what
 * they write is in `store` at once: a reconcile never sees an older copy than its
 * own last write (S23).
 */
export interface ControllerCluster {
  resources<T extends KubeObject, S extends string>(kind: Kind<T, S>): CollectionPort<T>;
  /** The local copy of a kind that the controller follows; throws `INVALID_ARGUMENT` for one that it does not. */
  store<T extends KubeObject>(kind: Kind<T>): ObjectStore<T>;
}

/** What a cluster asks and tells the controller about the calls of one reconcile. */
export interface ReconcileScope {
  /** Ends every call. */
  readonly signal: AbortSignal;
  /** Throws `LEADERSHIP_LOST` where nothing may be written; called before each write, with what is about to be done. */
  beforeWrite(step: string): void;
}
