import type { KubeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { SourceReport } from "./controller-health.ts";
import type { WakeReason } from "./reconcile.ts";

/** What the run of a source tells its controller. */
export interface SourcePorts {
  /** The controller's name. */
  readonly controller: string;
  /** A key is to be reconciled. */
  wake(key: string, reason: WakeReason, priority: number): void;
  /** An event was lost to a predicate, a mapper or an iterable that threw. */
  failed(error: KubeError): void;
  /** With the controller's fields. */
  readonly log: Logger;
}

/** How long, and until when, to wait for a source. */
export interface SourceWait {
  readonly timeoutMs: number;
  /** Ends the wait, in peace. */
  readonly signal: AbortSignal;
}

/** One source of a controller, while the controller runs. */
export interface SourceRun {
  readonly name: string;
  /** Begin to wake keys; does not wait. Called once. */
  begin(): void;
  /** Resolves once everything initial has woken its keys, or it is not waited for; rejects where it does not come up. */
  synced(wait: SourceWait): Promise<void>;
  /** A worker took a key that may have come from here. */
  taken(key: string): void;
  /** Wake nothing more, from this call on. */
  end(): void;
  /** Give back what it is read from; resolves once nothing of it goes on. */
  release(): Promise<void>;
  report(): SourceReport;
}
