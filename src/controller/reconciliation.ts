import { longestTimerMs } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { type Logger, withFields } from "../base/logger.ts";
import { splitKey } from "../resource/key.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ControllerCluster, ReconcileScope } from "./cluster-port.ts";
import type { ReconcileRequest, WakeReason } from "./reconcile.ts";
import type { Term } from "./term.ts";

/** What all reconciles of a controller have in common. */
export interface ReconciliationParts<T extends KubeObject> {
  readonly kind: Pick<Kind<T>, "group" | "kind"> | undefined;
  readonly objectOf: (key: string) => T | undefined;
  readonly cluster: (scope: ReconcileScope) => ControllerCluster;
  readonly timeoutMs: number | undefined;
  /** With the controller's fields. */
  readonly log: Logger;
  readonly term: Term;
}

/** An id that finds all lines of one reconcile in a log (Q36); random enough for that. */
function newId(): string {
  const half = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return half() + half();
}

/** One reconcile of one key: its signal, its time limit, and what the reconciler is called with. */
export class Reconciliation<T extends KubeObject> {
  readonly key: string;
  readonly attempt: number;
  /** By the clock that never goes back. */
  readonly beganAt: number = performance.now();
  /** It was told of in the log as hanging. */
  wasTold = false;
  /** It ran past its limit (Q31). */
  isTimeout = false;
  readonly #step: string;
  readonly #reason: WakeReason;
  readonly #parts: ReconciliationParts<T>;
  // Most reconciles ask for neither, and there may be a million of them.
  #abort: AbortController | undefined;
  #id: string | undefined;
  #cancelled: KubeError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(key: string, attempt: number, reason: WakeReason, step: string, parts: ReconciliationParts<T>) {
    this.key = key;
    this.attempt = attempt;
    this.#reason = reason;
    this.#step = step;
    this.#parts = parts;
  }

  get runningMs(): number {
    return performance.now() - this.beganAt;
  }

  /** It was told to end because the controller ends. */
  get wasCancelled(): boolean {
    return this.#cancelled !== undefined && !this.isTimeout;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#cancelled !== undefined) this.#abort.abort(this.#cancelled);
    }
    return this.#abort.signal;
  }

  get log(): Logger {
    const { kind, log } = this.#parts;
    const { namespace, name } = splitKey(this.key);
    this.#id ??= newId();
    return withFields(log, {
      ...(kind === undefined ? {} : { [kind.kind]: namespace === "" ? { name } : { namespace, name } }),
      ...(namespace === "" ? {} : { namespace }),
      name,
      reconcileID: this.#id,
      attempt: this.attempt,
    });
  }

  /** Abort its signal; the first reason stays. */
  cancel(reason: KubeError): void {
    if (this.#cancelled !== undefined) return;
    clearTimeout(this.#timer);
    this.#cancelled = reason;
    this.#abort?.abort(reason);
  }

  /** Call the reconciler, and abort its signal at the time limit; resolves to whatever it returned. */
  async call(reconcile: (request: ReconcileRequest<T>) => unknown): Promise<unknown> {
    const { timeoutMs } = this.#parts;
    if (timeoutMs !== undefined && this.#cancelled === undefined) this.#arm(timeoutMs, timeoutMs);
    try {
      return await reconcile(this.#request());
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #arm(leftMs: number, timeoutMs: number): void {
    const stepMs = Math.min(leftMs, longestTimerMs);
    const next = (): void => {
      if (stepMs < leftMs) this.#arm(leftMs - stepMs, timeoutMs);
      else this.#onTimeout(timeoutMs);
    };
    this.#timer = setTimeout(next, stepMs);
  }

  #onTimeout(timeoutMs: number): void {
    this.isTimeout = true;
    this.cancel(new KubeError("TIMEOUT", `${this.#step}: it ran past its limit of ${timeoutMs} ms`));
  }

  #request(): ReconcileRequest<T> {
    const { key, attempt } = this;
    const { term } = this.#parts;
    const reconciliation = this;
    const slash = key.indexOf("/");
    let cluster: ControllerCluster | undefined;
    let log: Logger | undefined;
    // Own properties, so that a spread copy has them; getters, since each costs something.
    return {
      key,
      namespace: slash === -1 ? undefined : key.slice(0, slash),
      name: key.slice(slash + 1),
      object: this.#parts.objectOf(key),
      attempt,
      reason: this.#reason,
      get signal() {
        return reconciliation.signal;
      },
      get cluster() {
        const scope: ReconcileScope = {
          get signal() {
            return reconciliation.signal;
          },
          beforeWrite: (step) => term.expect(step),
        };
        cluster ??= reconciliation.#parts.cluster(scope);
        return cluster;
      },
      get log() {
        log ??= reconciliation.log;
        return log;
      },
    };
  }
}
