import { KubeError } from "../base/errors.ts";
import { type ElectionClock, type Instant, readClock } from "./election-clock.ts";
import type { ElectionSettings } from "./leader-elector-options.ts";
import type { LeaseObject } from "./lease.ts";
import {
  createdLease,
  type Holding,
  markOf,
  RenewTimes,
  releasedLease,
  renewedLease,
  takenLease,
} from "./lease-record.ts";
import { isRefusedByState, LeaseRequests } from "./lease-requests.ts";
import { expectOwnUse } from "./lease-use.ts";
import { ObservedLease } from "./observed-lease.ts";

/** How many writes of unknown fate are remembered: one each, for as long as a server stays silent. */
const maxMarks = 16;

/** The pause before a release is tried again after a conflict. */
const conflictPauseMs = 10;

/**
 * The lease as a lock: taking it, keeping it, giving it back; one request after the other.
 *
 * What counts as this process' own is what it wrote itself, known by the times
 * that it wrote, never the identity alone: a process that was started anew
 * under its old identity, or a second one beside it, waits like any other. So an
 * answer that was lost does no harm: the next look at the lease tells.
 */
export class LeaseLock {
  readonly #settings: ElectionSettings;
  readonly #clock: ElectionClock;
  readonly #requests: LeaseRequests;
  readonly #observed: ObservedLease;
  readonly #times = new RenewTimes();
  readonly #onSlowPath: () => void;
  /** The marks of writes that stand in the lease or may come to, oldest first. */
  readonly #written = new Set<string>();
  /** As the server answered the last write; absent where another request has failed since. */
  #held: LeaseObject | undefined;

  constructor(settings: ElectionSettings, onSlowPath: () => void) {
    const { leases, name, step, requestLimitMs, clock, leaseDurationMs } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#requests = new LeaseRequests(leases, { name, step, limitMs: requestLimitMs, clock });
    this.#observed = new ObservedLease(leaseDurationMs);
    this.#onSlowPath = onSlowPath;
  }

  /** Who held the lease when it was last seen. */
  get holder(): string | undefined {
    return this.#observed.holder;
  }

  /** Whether the lease may be held by a write of this process. */
  get mayBeHeld(): boolean {
    return this.#written.size > 0;
  }

  /**
   * Try once to take the lease; resolves to when the request began that took it (Q51).
   *
   * `undefined`: somebody else holds it, or was quicker. Throws
   * `OWNED_BY_ANOTHER` where the lease is for something else, and what requests
   * fail of, after which it may have been taken: the next try tells.
   */
  async acquire(signal: AbortSignal): Promise<Instant | undefined> {
    const lease = await this.#find(signal);
    const isOwn = lease !== undefined && this.#isOwn(lease);
    if (!isOwn && !this.#observed.isFree) return undefined;
    try {
      if (lease === undefined) return await this.#create(signal);
      return await this.#write(lease, isOwn ? renewedLease : takenLease, signal);
    } catch (error) {
      if (isRefusedByState(error)) return undefined;
      throw error;
    }
  }

  /**
   * Keep the lease; resolves to when the request began that renewed it.
   *
   * By one request over the state last written (Q52); where that fails, by
   * looking first. Throws `LEADERSHIP_LOST` where the lease is somebody else's
   * now, and what requests fail of.
   */
  async renew(signal: AbortSignal): Promise<Instant> {
    if (this.#held !== undefined) {
      try {
        return await this.#write(this.#held, renewedLease, signal);
      } catch (error) {
        if (signal.aborted) throw error;
      }
    }
    this.#onSlowPath();
    const lease = await this.#find(signal);
    if (lease === undefined) return this.#create(signal);
    if (!this.#isOwn(lease)) throw this.#taken();
    return this.#write(lease, renewedLease, signal);
  }

  /**
   * Give the lease back, where it is still this process' own (Q55); resolves to whether it was.
   *
   * A conflict is tried again: a renewal that was broken off may have been
   * carried out in between.
   */
  async release(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const lease = await this.#find(signal);
      if (lease === undefined || !this.#isOwn(lease)) return false;
      try {
        const time = this.#times.next(this.#clock.wallMs(), lease.spec?.renewTime);
        const released = await this.#requests.replace(releasedLease(lease, time), signal);
        this.#observed.observe(released, readClock(this.#clock));
        return true;
      } catch (error) {
        if (!isRefusedByState(error)) throw error;
      }
      await this.#clock.delay(conflictPauseMs * (1 + Math.random()), signal);
    }
  }

  async #find(signal: AbortSignal): Promise<LeaseObject | undefined> {
    const lease = await this.#requests.find(signal);
    const now = readClock(this.#clock);
    if (lease === undefined) {
      this.#observed.pass(now);
      return undefined;
    }
    expectOwnUse(this.#settings.step, lease, this.#settings.labels);
    this.#observed.observe(lease, now);
    return lease;
  }

  #isOwn(lease: LeaseObject): boolean {
    return this.#written.has(markOf(lease));
  }

  #taken(): KubeError {
    const { holder } = this.#observed;
    const who =
      holder === undefined ? "was given back by somebody else" : `is held by ${JSON.stringify(holder)}`;
    return new KubeError("LEADERSHIP_LOST", `${this.#settings.step}: the lease ${who} now`);
  }

  #holding(previous: string | undefined): Holding {
    const { identity, leaseDurationMs, labels } = this.#settings;
    const time = this.#times.next(this.#clock.wallMs(), previous);
    return { identity, leaseDurationMs, labels, time };
  }

  #create(signal: AbortSignal): Promise<Instant> {
    const lease = createdLease(this.#settings.name, this.#holding(undefined));
    return this.#send(lease, () => this.#requests.create(lease, signal));
  }

  #write(
    base: LeaseObject,
    change: (lease: LeaseObject, holding: Holding) => LeaseObject,
    signal: AbortSignal,
  ): Promise<Instant> {
    const lease = change(base, this.#holding(base.spec?.renewTime));
    return this.#send(lease, () => this.#requests.replace(lease, signal));
  }

  async #send(lease: LeaseObject, request: () => Promise<LeaseObject>): Promise<Instant> {
    // Before the request: whatever comes of it, the lease may be ours from here on.
    this.#remember(lease);
    this.#held = undefined;
    const startedAt = readClock(this.#clock);
    const answer = await request();
    this.#observed.observe(answer, readClock(this.#clock));
    // Written over a state, it rules out all that was sent over the same state or older ones.
    this.#written.clear();
    this.#remember(answer);
    this.#held = answer;
    return startedAt;
  }

  #remember(lease: LeaseObject): void {
    this.#written.add(markOf(lease));
    for (const oldest of this.#written) {
      if (this.#written.size <= maxMarks) break;
      this.#written.delete(oldest);
    }
  }
}
