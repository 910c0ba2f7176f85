import type { Logger } from "../base/logger.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ControllerCluster } from "./cluster-port.ts";

/** Which event woke a reconcile; of several that came together, the last. */
export interface WakeReason {
  /**
   * `ADDED`, `MODIFIED`, `DELETED`: an object of a source changed; `EXTERNAL`: an iterable named the
   * key; `REQUEUE`: `requeueAfterMs` has passed; `RETRY`: the last attempt failed.
   */
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "EXTERNAL" | "REQUEUE" | "RETRY";
  /** The source, such as `deployments.apps`; absent for requeues and retries. */
  readonly source?: string | undefined;
  /** The key of the object that changed, which need not be the one to reconcile. */
  readonly object?: string | undefined;
  /** The object was there when the controller began. */
  readonly initial?: boolean | undefined;
}

/** What a reconciler is called with; `T` is the kind it reconciles. */
export interface ReconcileRequest<T extends KubeObject> {
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** As the controller's store has it, shared and not to be changed; `undefined` once it is gone. */
  readonly object: T | undefined;
  /** 1, and one more for each failure of this key since it last succeeded (K9). */
  readonly attempt: number;
  readonly reason: WakeReason;
  /** Aborts when the controller is cancelled, when leadership is lost, and at the time limit of a reconcile. */
  readonly signal: AbortSignal;
  readonly cluster: ControllerCluster;
  /** Adds controller, object and attempt to what is written. */
  readonly log: Logger;
}

/** What a reconciler may return; nothing: done until the next event. */
export interface ReconcileResult {
  /**
   * Reconcile again after this; 0: at once. Sets the key's due time anew.
   *
   * Runs that come earlier keep a due time, unless one of them sets another or
   * clears it with `null`; each due time is one run (Q6, Q17).
   * @default a pending due time stays
   */
  readonly requeueAfterMs?: number | null | undefined;
  /** The priority of that run. @default the one it had */
  readonly priority?: number | undefined;
}

/** Brings the world to what an object asks for; must be idempotent, and is never called twice at once for one key. */
export type Reconciler<T extends KubeObject> = (
  request: ReconcileRequest<T>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconciler that returns nothing is the usual one
) => ReconcileResult | undefined | void | Promise<ReconcileResult | undefined | void>;

/** An error after which a reconcile is not tried again; the next event of the key begins anew. */
export class TerminalError extends Error {
  override get name(): string {
    return "TerminalError";
  }
}

/** Mark an error as one that no repetition mends: `throw terminal(new Error("spec.size is negative"))` (Q28, Q29). */
export function terminal(error: unknown): TerminalError {
  const isObject = typeof error === "object" && error !== null;
  // An object may have no text at all.
  const message = error instanceof Error ? error.message : isObject ? "an object was thrown" : String(error);
  return new TerminalError(message, { cause: error });
}
