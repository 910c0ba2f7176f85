import { threadId } from "node:worker_threads";
import type { Reconciler } from "../../../src/controller/reconcile.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import type { Widget } from "../widget.ts";

/** Tells what it was called with. */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(
  ({ key, namespace, name, object, attempt, reason, signal, log }) => {
    const { act, size = 0 } = object?.spec ?? {};
    log.info(
      { threadId, namespace, name, object, attempt, reason, isAborted: signal.aborted },
      `reconciled ${key}`,
    );
    return act === "requeue" && reason.type !== "REQUEUE" ? { requeueAfterMs: size } : undefined;
  },
);

export default reconcile;
