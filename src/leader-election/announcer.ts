import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "eventemitter3";
import { ApiError } from "../base/api-error.ts";
import { expectFunction, invalidArgument } from "../base/arguments.ts";
import type { KubeError } from "../base/errors.ts";
import { type LeaderElectionRecord, leaderElectionChannel } from "../base/leader-election-telemetry.ts";
import { type Logger, withFields } from "../base/logger.ts";
import { isThenable } from "../base/thenable.ts";
import { thrownName } from "../base/thrown-name.ts";

/** What an elector tells, synchronously; nothing waits for what these return (Q54). */
export interface LeaderElectorEvents {
  /** Another holder was seen, this process included; `undefined`: nobody holds the lease. */
  leader: (identity: string | undefined) => void;
  /** This process is the leader, before `lead` is called. */
  acquired: () => void;
  /** It is not any more, and did not give it up itself; before `run` rejects with the same error. */
  lost: (error: KubeError) => void;
}

const events: readonly string[] = ["leader", "acquired", "lost"] satisfies (keyof LeaderElectorEvents)[];

/** Where an elector tells what happens: to its listeners, its log, and the telemetry channel (Q58). */
export class Announcer {
  readonly #lease: string;
  readonly #log: Logger;
  readonly #emitter = new EventEmitter<LeaderElectorEvents>();
  readonly #records = channel(leaderElectionChannel);
  #leader: string | undefined;
  #lastFailure: string | undefined;

  constructor(options: { readonly lease: string; readonly identity: string; readonly log: Logger }) {
    const { lease, identity, log } = options;
    this.#lease = lease;
    this.#log = withFields(log, { lease, identity });
  }

  on(event: keyof LeaderElectorEvents, handler: (...args: never[]) => unknown): void {
    if (!events.includes(event)) throw invalidArgument("event", "leader, acquired or lost", event);
    expectFunction("handler", handler ?? null);
    this.#emitter.on(event, this.#guarded(event, handler));
  }

  /** Publish what happened; free of cost while nobody subscribes. */
  record(type: LeaderElectionRecord["type"], isLeader: boolean): void {
    if (!this.#records.hasSubscribers) return;
    const record: LeaderElectionRecord = { lease: this.#lease, type, isLeader };
    this.#records.publish(record);
  }

  /** Who was seen to hold the lease; told where it is another one than before. */
  leader(identity: string | undefined): void {
    if (identity === this.#leader) return;
    this.#leader = identity;
    this.#log.info({ leader: identity }, identity === undefined ? "nobody leads" : "there is a new leader");
    this.#emitter.emit("leader", identity);
  }

  acquired(): void {
    this.#log.info({}, "this process is the leader");
    this.record("acquired", true);
    this.#emitter.emit("acquired");
  }

  lost(error: KubeError): void {
    this.#log.error({ code: error.code }, error.message);
    this.record("lost", false);
    this.#emitter.emit("lost", error);
  }

  /** Something failed and is tried again: a warning the first time, and where it is something else than before. */
  failed(error: KubeError): void {
    const level = error.message === this.#lastFailure ? "debug" : "warn";
    this.#lastFailure = error.message;
    // All at once: whoever allows what was refused now would be refused the next verb.
    const isForbidden = ApiError.is(error) && error.status === 403;
    const needs = isForbidden ? "an election needs get, create and update of leases; " : "";
    this.#log[level]({ code: error.code }, `${error.message} (${needs}it is tried again)`);
  }

  /** What failed before works again. */
  recovered(): void {
    if (this.#lastFailure !== undefined) this.#log.info({}, "the lease can be reached again");
    this.#lastFailure = undefined;
  }

  /** The lease was not given back; others wait for its end. */
  notReleased(error: KubeError): void {
    this.#log.warn({ code: error.code }, `${error.message} (the lease is not given back)`);
  }

  /** What the leader did has failed after the loss: nobody waits for it any more. */
  failedAfterLoss(error: unknown): void {
    this.#log.warn(
      { error: thrownName(error) },
      "what this process led has failed after leadership was lost",
    );
  }

  /** Neither a listener's throw nor its rejection may reach an election. */
  #guarded(event: string, handler: (...args: never[]) => unknown): (value?: unknown) => void {
    const failed = (error: unknown): void => {
      this.#log.error({ error: thrownName(error) }, `the handler of the event ${event} threw`);
    };
    return (value) => {
      try {
        const result: unknown = (handler as (value: unknown) => unknown)(value);
        if (isThenable(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    };
  }
}
