/** The `node:diagnostics_channel` that gets a {@link ReconcileRecord} when a controller starts and for each of its reconciles (Q35). */
export const reconcileChannel = "kube-reflex:reconcile";

/** How a reconcile ended, in the words of controller-runtime's metrics. */
export type ReconcileOutcome = "success" | "error" | "requeue" | "requeue_after";

/** What a controller tells of itself; nothing in it names an object. */
export type ReconcileRecord =
  | {
      readonly type: "controller-started";
      readonly controller: string;
      readonly concurrency: number;
    }
  | { readonly type: "reconcile-started"; readonly controller: string }
  | {
      readonly type: "reconcile-ended";
      readonly controller: string;
      readonly outcome: ReconcileOutcome;
      readonly durationMs: number;
      /** It threw `terminal(error)`: it is not tried again. */
      readonly isTerminal: boolean;
      /** It ran past its time limit. */
      readonly isTimeout: boolean;
      /** It threw what is no `KubeError`: a bug, most likely. */
      readonly isPanic: boolean;
    };
