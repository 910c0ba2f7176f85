import { expectFunction } from "../base/arguments.ts";
import type { Reconciler } from "../controller/reconcile.ts";
import type { KubeObject } from "../resource/object.ts";
import { reconcilerKey } from "../workers/reconciler-module.ts";

/**
 * The default export of a module for `controller.workers(count, url)`: typed, and good in bundled programs too.
 *
 * Returns the function itself, so it can also be called in a test, or given to
 * `controller.reconcile`. In a thread it is called with what any reconciler gets,
 * with these differences:
 * - `object`, and what `cluster.store(kind)` shows, are read from memory that all
 *   threads share: no two reads need give the same object.
 * - `cluster.resources(kind)` reads and writes, through the main thread's
 *   connections. What needs one for itself throws `UNSUPPORTED`: `exec`, `run`,
 *   `attach`, `portForward`. So do `informer()` and `controller()`; follow what you
 *   need by `owns` or `watches`.
 * - A request that is begun after the reconcile has ended is refused with `ABORTED`.
 * - Of what it throws the class, the text, the code, the causes and a server's
 *   answer cross; other members do not. Fields of a log cross as JSON.
 */
export function defineReconcile<T extends KubeObject>(reconcile: Reconciler<T>): Reconciler<T> {
  expectFunction("reconcile", reconcile ?? null);
  Object.defineProperty(reconcile, Symbol.for(reconcilerKey), { value: () => import("./serve.ts") });
  return reconcile;
}
