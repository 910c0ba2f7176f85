import type { ReconcileRequest } from "../../../src/controller/reconcile.ts";
import type { Widget } from "../widget.ts";

/** Knows of the library nothing but types. */
export default async function reconcile({ object, log }: ReconcileRequest<Widget>): Promise<void> {
  log.info({ size: object?.spec?.size }, "plain");
}
