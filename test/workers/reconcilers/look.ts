import type { ReconcileRequest } from "../../../src/controller/reconcile.ts";
import type { Widget } from "../widget.ts";

/** Tells which state it sees, by when it is to be called again. */
export default function reconcile({ object }: ReconcileRequest<Widget>): { requeueAfterMs: number } {
  return { requeueAfterMs: Number(object?.metadata?.resourceVersion ?? 0) };
}
