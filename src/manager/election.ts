import { KubeError } from "../base/errors.ts";
import type { Leadership } from "../controller/leadership.ts";

/** What a manager needs of an election; the port that a `LeaderElector` satisfies. */
export interface Elector extends Leadership {
  /**
   * Wait to become the leader, then call `lead`, and keep the lease until that returns.
   *
   * Resolves once the lease was given back. Rejects at once, with `LEADERSHIP_LOST`,
   * where it was lost. A candidate ends when `signal` aborts.
   */
  run(signal: AbortSignal, lead: () => Promise<void>): Promise<void>;
  /** Unhealthy: it was the leader long ago, and the process is still there (Q56). */
  check?(): { readonly isHealthy: boolean; readonly problem?: string | undefined };
}

/** One run of an elector. */
export class Election {
  readonly elector: Elector;
  readonly #elected = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  /** Resolves when the lease may be given back. */
  readonly #letGo = Promise.withResolvers<void>();
  #hasLetGo = false;
  #run: Promise<void> | undefined;

  constructor(elector: Elector) {
    this.elector = elector;
  }

  /** Resolves once this process is the leader; never rejects. */
  get elected(): Promise<void> {
    return this.#elected.promise;
  }

  /** Try to become the leader; `onEnd` is called with why, where the election ends before it is let go of. */
  begin(onEnd: (error: unknown) => void): void {
    this.#run = this.#campaign(onEnd);
  }

  /** Try no longer to become the leader; one that is goes on being it. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Give the lease back; resolves once that is done, or has failed. */
  async release(): Promise<void> {
    this.#hasLetGo = true;
    this.#letGo.resolve();
    await this.#run;
  }

  async #campaign(onEnd: (error: unknown) => void): Promise<void> {
    try {
      await this.elector.run(this.#stop.signal, () => {
        this.#elected.resolve();
        return this.#letGo.promise;
      });
      if (this.#stop.signal.aborted) return;
      onEnd(new KubeError("LEADERSHIP_LOST", "Lead: the election was ended, though not by the manager"));
    } catch (error) {
      if (!this.#hasLetGo) onEnd(error);
    }
  }
}
