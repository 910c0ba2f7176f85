import type { ReconcileScope } from "../controller/cluster-port.ts";
import type { ReconcileRequest } from "../controller/reconcile.ts";
import type { KubeObject } from "../resource/object.ts";

/** A reconcile that a thread is at. */
export class ThreadCall {
  readonly request: ReconcileRequest<KubeObject>;
  readonly scope: ReconcileScope | undefined;
  readonly result: Promise<unknown>;
  /** It is told when its signal has aborted; returns how to stop listening. */
  stopListening: () => void = () => {};
  /** Runs while the thread has not heard of the abort. */
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly #settle = Promise.withResolvers<unknown>();

  constructor(request: ReconcileRequest<KubeObject>, scope: ReconcileScope | undefined) {
    this.request = request;
    this.scope = scope;
    this.result = this.#settle.promise;
  }

  resolve(result: unknown): void {
    this.#over();
    this.#settle.resolve(result);
  }

  reject(error: unknown): void {
    this.#over();
    this.#settle.reject(error);
  }

  #over(): void {
    clearTimeout(this.timer);
    this.stopListening();
  }
}
