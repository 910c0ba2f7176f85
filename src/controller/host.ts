import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ControllerCluster, ObjectStore, ReconcileScope } from "./cluster-port.ts";
import type { ObjectSource } from "./source.ts";
import type { ReconcileThreads, ThreadsPlan } from "./threads.ts";

/** Which objects of a kind a controller follows. */
export interface FollowOptions {
  /** Empty: every namespace, or a cluster-scoped kind. @default [] */
  readonly namespaces?: readonly string[] | undefined;
  /** A label selector, as kubectl takes it. */
  readonly labels?: string | undefined;
  /** Only metadata is read and stored: for large kinds of which the owners are all that matters (Q41). @default false */
  readonly metadata?: boolean | undefined;
}

/** A collection that is followed, and its local copy with the controller's own writes in it. */
export interface FollowedCollection<T extends KubeObject> {
  readonly source: ObjectSource<T>;
  readonly store: ObjectStore<T>;
}

/**
 * What a controller is built on; the port that `cluster/` satisfies, one host per controller.
 *
 * `follow` takes a lease and sends no request. What is written through
 * `cluster(scope)` is seen by the stores of all that this host follows.
 */
export interface ControllerHost {
  /** Aborts when all that it follows has ended for good: its cluster was closed. */
  readonly closed?: AbortSignal | undefined;
  follow<T extends KubeObject>(kind: Kind<T>, options: FollowOptions): FollowedCollection<T>;
  cluster(scope: ReconcileScope): ControllerCluster;
  /** Threads that reconcile over what this host follows by then; starts none yet. Absent: it has none to offer. */
  threads?<T extends KubeObject>(plan: ThreadsPlan<T>): ReconcileThreads<T>;
}
