import type { ControllerCluster, ReconcileScope } from "../controller/cluster-port.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { SharedSource } from "../shared-store/shared-source.ts";
import type { Transport } from "../transport/port.ts";
import type { OwnChange } from "./messages.ts";

/** What is asked of a store to find out whether it shows a write. */
export interface WrittenState {
  record(key: string): { readonly uid: string; readonly resourceVersion: string } | undefined;
  hasReached(resourceVersion: string, by?: { readonly key?: string }): boolean;
}

/** A collection that a controller follows, for its threads. */
export interface SharedPart {
  readonly kind: Kind;
  readonly isMetadata: boolean;
  readonly namespaces: readonly string[];
  readonly labels: string;
  readonly store: SharedSource<KubeObject> & WrittenState;
}

/** What threads need of the host of their controller: the port that `cluster/` satisfies. */
export interface ThreadHost {
  /** All that the controller follows. */
  parts(): readonly SharedPart[];
  readonly userAgent: string;
  readonly fieldManager: string | undefined;
  readonly transport: Transport;
  /** The scope of a cluster that this host has made. */
  scopeOf(cluster: ControllerCluster): ReconcileScope | undefined;
  /** Bring a write of a thread's to this thread's copies. */
  take(change: OwnChange): void;
  /** Be told of the writes of this thread, from now on; returns how to leave. */
  onChange(listener: (change: OwnChange) => void): () => void;
  /** The server warned of a request. */
  warned(message: string, step: string): void;
}
