import { onAbort } from "../base/abort.ts";
import { expectDuration, expectFunction, expectOptions, expectSignal } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { Announcer, type LeaderElectorEvents } from "./announcer.ts";
import {
  type ElectionSettings,
  electionSettings,
  type LeaderElectorOptions,
  retryJitter,
} from "./leader-elector-options.ts";
import { LeaseLock } from "./lease-lock.ts";
import { Term } from "./term.ts";
import { withinLimit } from "./time-limit.ts";

/** What a leader does; `signal` aborts at the loss of leadership, with its error, and when it shall stop. */
export type Lead = (signal: AbortSignal) => Promise<void> | void;

/** How an election is, for a health endpoint. */
export interface LeaderElectionHealth {
  /** False where a leader has long lost its lease, and the process is still there: only a new one mends it (Q56). */
  readonly isHealthy: boolean;
  /** `idle` before `run`; `stopped` after it, unless it `lost`. */
  readonly state: "idle" | "candidate" | "leader" | "lost" | "stopped";
  /** Who held the lease when it was last seen. */
  readonly leader: string | undefined;
  /** How long ago this process last renewed the lease, by the clock that counted more; absent where it never led. */
  readonly renewedAgoMs?: number | undefined;
  /** What is wrong, where it is not healthy. */
  readonly problem?: string | undefined;
  /** What requests for the lease fail of now; forgotten once one succeeds. */
  readonly lastError?: KubeError | undefined;
}

/** How `check` judges. */
export interface CheckOptions {
  /** How long past the lease's duration a process that was the leader counts as healthy. @default 20_000 */
  readonly toleranceMs?: number | undefined;
}

/** How a time of being the leader ended. */
type Ending =
  | { readonly type: "returned" }
  | { readonly type: "threw"; readonly error: unknown }
  | { readonly type: "lost" };

/** Errors that no repetition mends. */
const finalCodes: readonly string[] = ["INVALID_ARGUMENT", "OWNED_BY_ANOTHER", "STOPPED"];

/**
 * Chooses one process among several that run the same, by a Lease (K10).
 *
 * At most one is the leader at any moment, as long as no clock runs faster than
 * another by the ratio of `leaseDurationMs` to `renewDeadlineMs`. Ask
 * {@link isLeader} before each act. What was sent before may still arrive
 * afterwards: write over a resourceVersion that was read, and the server
 * refuses it (see docs/leader-election.md).
 */
export class LeaderElector {
  /** Who this candidate is in the lease. */
  readonly identity: string;
  readonly #settings: ElectionSettings;
  readonly #lock: LeaseLock;
  readonly #announcer: Announcer;
  #term: Term | undefined;
  #phase: "idle" | "running" | "ended" = "idle";
  #lastError: KubeError | undefined;

  /** Throws `INVALID_ARGUMENT` (Q50), and `OWNED_BY_ANOTHER` for the namespace of nodes' heartbeats; nothing is requested. */
  constructor(options: LeaderElectorOptions) {
    this.#settings = electionSettings(options);
    this.identity = this.#settings.identity;
    this.#announcer = new Announcer(this.#settings);
    this.#lock = new LeaseLock(this.#settings, () => this.#announcer.record("slow-path", true));
  }

  /** Call a handler for one type of event. */
  on<E extends keyof LeaderElectorEvents>(event: E, handler: LeaderElectorEvents[E]): this {
    this.#announcer.on(event, handler);
    return this;
  }

  /** Who held the lease when it was last seen; `undefined`: nobody, or it was not seen yet. */
  get leader(): string | undefined {
    return this.#lock.holder;
  }

  /**
   * Whether this process may act at this very moment; never throws.
   *
   * It compares both clocks at each call, so that a process that was paused
   * knows when it goes on, before any timer fires. Once false after it was true,
   * it stays so, and `lead`'s signal aborts.
   */
  isLeader(): boolean {
    return this.#term?.isValid() ?? false;
  }

  /** How the election is; never throws for what happens, only for what is no `toleranceMs`. */
  check(options: CheckOptions = {}): LeaderElectionHealth {
    expectOptions("options", options);
    const { toleranceMs = 20_000 } = options;
    expectDuration("toleranceMs", toleranceMs);
    const term = this.#term;
    const state = this.#state();
    const known = { state, leader: this.leader, lastError: this.#lastError };
    if (term === undefined) return { isHealthy: true, ...known };
    const renewedAgoMs = term.ageMs();
    const isHealthy = term.isEnded || renewedAgoMs <= this.#settings.leaseDurationMs + toleranceMs;
    if (isHealthy) return { isHealthy, ...known, renewedAgoMs };
    const { step } = this.#settings;
    const problem = `${step}: not renewed for ${Math.round(renewedAgoMs)} ms, and the process still runs`;
    return { isHealthy, ...known, renewedAgoMs, problem };
  }

  /**
   * Wait to become the leader, then call `lead`, and keep the lease until it ends; once.
   *
   * Resolves after `signal` has aborted, or after `lead` returned by itself. The
   * lease is kept while `lead` ends, and given back then, so that its successor
   * begins only after it. Rejects with what `lead` threw, after the same; with
   * `LEADERSHIP_LOST` at once, while `lead` may still be running: end the
   * process, or at least begin no second election before it has ended; with
   * `OWNED_BY_ANOTHER` where the lease is for something else; with
   * `INVALID_ARGUMENT` and `STOPPED` where no request can be sent; with
   * `ALREADY_STARTED` the second time. All else is tried again, without end.
   */
  async run(signal: AbortSignal, lead: Lead): Promise<void> {
    expectSignal("signal", signal ?? null);
    expectFunction("lead", lead ?? null);
    if (this.#phase !== "idle") {
      throw new KubeError("ALREADY_STARTED", `${this.#settings.step}: it has run before, make a new elector`);
    }
    this.#phase = "running";
    try {
      if (signal.aborted) return;
      this.#announcer.record("candidate", false);
      const term = await this.#acquire(signal);
      if (term === undefined) await this.#release();
      else await this.#lead(term, signal, lead);
    } finally {
      this.#phase = "ended";
    }
  }

  /** Resolves to the term that begins, `undefined` once `signal` has aborted. */
  async #acquire(signal: AbortSignal): Promise<Term | undefined> {
    const { clock, retryPeriodMs } = this.#settings;
    while (!signal.aborted) {
      const term = await this.#tryToAcquire(signal);
      // An answer may come after the time that it brings, or after the end.
      if (term?.isValid() && !signal.aborted) return term;
      await clock.delay(retryPeriodMs * (1 + Math.random() * retryJitter), signal);
    }
    return undefined;
  }

  async #tryToAcquire(signal: AbortSignal): Promise<Term | undefined> {
    const { clock, renewDeadlineMs } = this.#settings;
    try {
      const startedAt = await this.#lock.acquire(signal);
      this.#succeeded();
      if (startedAt === undefined) return undefined;
      return new Term(startedAt, {
        clock,
        deadlineMs: renewDeadlineMs,
        expired: () => this.#notRenewed(),
      });
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      return undefined;
    }
  }

  async #lead(term: Term, signal: AbortSignal, lead: Lead): Promise<void> {
    this.#term = term;
    const leading = new AbortController();
    const keeping = new AbortController();
    const stopListening = onAbort(signal, () => leading.abort(signal.reason));
    this.#announcer.acquired();
    const ended = this.#call(lead, leading.signal);
    const kept = Promise.all([this.#renew(term, keeping.signal), this.#expire(term, keeping.signal)]);
    const lost = term.lost.then((): Ending => ({ type: "lost" }));
    const ending = await Promise.race([ended, lost]);
    stopListening();
    keeping.abort();
    // What led may have ended because it saw the loss first.
    if (term.lossError !== undefined) {
      const error = term.lossError;
      leading.abort(error);
      this.#announcer.lost(error);
      void ended.then((late) => this.#endedAfterLoss(late, error));
      await kept;
      throw error;
    }
    term.end();
    await kept;
    this.#announcer.record("released", false);
    await this.#release();
    if (ending.type === "threw") throw ending.error;
  }

  async #call(lead: Lead, signal: AbortSignal): Promise<Ending> {
    try {
      await lead(signal);
      return { type: "returned" };
    } catch (error) {
      return { type: "threw", error };
    }
  }

  #endedAfterLoss(ending: Ending, loss: KubeError): void {
    if (ending.type !== "threw" || ending.error === loss) return;
    if (KubeError.is(ending.error) && ["ABORTED", "LEADERSHIP_LOST"].includes(ending.error.code)) return;
    this.#announcer.failedAfterLoss(ending.error);
  }

  async #renew(term: Term, signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs } = this.#settings;
    while (await clock.delay(retryPeriodMs, signal)) {
      try {
        const startedAt = await this.#lock.renew(signal);
        if (signal.aborted) return;
        term.renewed(startedAt);
        this.#succeeded();
        this.#announcer.record("renewed", true);
      } catch (error) {
        if (signal.aborted) return;
        this.#notKept(term, error);
      }
    }
  }

  /** A renewal failed: of what is tried again, or for good. */
  #notKept(term: Term, error: unknown): void {
    this.#announcer.leader(this.#lock.holder);
    if (KubeError.is(error) && error.code === "LEADERSHIP_LOST") {
      term.lose(error);
    } else if (KubeError.is(error) && finalCodes.includes(error.code)) {
      const message = `${this.#settings.step}: lost: ${error.message}`;
      term.lose(new KubeError("LEADERSHIP_LOST", message, { cause: error }));
    } else {
      this.#failed(error);
    }
  }

  /** Look at the clock when the term should be over: while nobody asks, nobody else would. */
  async #expire(term: Term, signal: AbortSignal): Promise<void> {
    while (term.isValid()) {
      // A whole millisecond at least: what is left may be less than any timer takes.
      if (!(await this.#settings.clock.delay(Math.ceil(term.leftMs()), signal))) return;
    }
  }

  async #release(): Promise<void> {
    const { releaseOnStop, renewDeadlineMs: limitMs, clock, step } = this.#settings;
    if (!releaseOnStop || !this.#lock.mayBeHeld) return;
    try {
      await withinLimit(`${step}: give it back`, { clock, limitMs }, (signal) => this.#lock.release(signal));
      this.#announcer.leader(this.#lock.holder);
    } catch (error) {
      this.#announcer.notReleased(KubeError.from(error, "CONNECTION_FAILED", step));
    }
  }

  #succeeded(): void {
    this.#lastError = undefined;
    this.#announcer.recovered();
    this.#announcer.leader(this.#lock.holder);
  }

  /** Note what is tried again; throw what no repetition mends. */
  #failed(error: unknown): void {
    const failure = KubeError.from(error, "CONNECTION_FAILED", this.#settings.step);
    if (finalCodes.includes(failure.code)) throw failure;
    this.#lastError = failure;
    this.#announcer.failed(failure);
  }

  #notRenewed(): KubeError {
    const { step, renewDeadlineMs } = this.#settings;
    const last = this.#lastError === undefined ? "" : `; last error: ${this.#lastError.message}`;
    return new KubeError("LEADERSHIP_LOST", `${step}: not renewed within ${renewDeadlineMs} ms${last}`, {
      cause: this.#lastError,
    });
  }

  #state(): LeaderElectionHealth["state"] {
    if (this.#phase === "idle") return "idle";
    if (this.isLeader()) return "leader";
    if (this.#term?.lossError !== undefined) return "lost";
    return this.#phase === "ended" ? "stopped" : "candidate";
  }
}
