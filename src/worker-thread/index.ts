/** What programs with reconciles in worker threads need; light, as each thread loads it. */
export type { ReconcileRequest, ReconcileResult, Reconciler } from "../controller/reconcile.ts";
export type { ThreadLimits, ThreadsMaker, ThreadsReport, WorkersOptions } from "../controller/threads.ts";
export {
  SharedReader,
  type SharedReaderOptions,
  type SharedStoreHandle,
} from "../shared-store/shared-reader.ts";
export type { SharedSnapshot } from "../shared-store/shared-snapshot.ts";
export { workerThreads } from "../workers/worker-threads.ts";
export { defineReconcile } from "./define-reconcile.ts";
