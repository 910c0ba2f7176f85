/** What programs with reconciles in worker threads need; light, as each thread loads it. */
export type { ReconcileRequest, ReconcileResult, Reconciler } from "../controller/reconcile.ts";
export type { ThreadLimits, ThreadsMaker, ThreadsReport, WorkersOptions } from "../controller/threads.ts";
export { workerThreads } from "../workers/worker-threads.ts";
export { defineReconcile } from "./define-reconcile.ts";
