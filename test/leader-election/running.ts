import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, vi } from "vitest";
import {
  type LeaderElectionRecord,
  leaderElectionChannel,
} from "../../src/base/leader-election-telemetry.ts";
import { type ElectionClock, systemClock } from "../../src/leader-election/election-clock.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import type { LeaderElectorOptions } from "../../src/leader-election/leader-elector-options.ts";
import { recordingLog, ScriptedLeases } from "./scripted-leases.ts";

/** An election that runs, and what it does, seen from outside. */
export class Running {
  readonly leases: ScriptedLeases;
  readonly elector: LeaderElector;
  readonly stop: AbortController = new AbortController();
  readonly log: ReturnType<typeof recordingLog> = recordingLog();
  /** The events, in their order. */
  readonly told: string[] = [];
  /** How `run` settled; undefined while it has not. */
  outcome: { readonly error?: unknown } | undefined;
  /** What `lead` was called with. */
  signal: AbortSignal | undefined;
  /** Lets `lead` return; given an error, throw. */
  end: (error?: unknown) => void = () => {};
  /** How far the wall clock is off. */
  wallSkewMs = 0;

  constructor(options: Partial<LeaderElectorOptions> = {}, leases: ScriptedLeases = new ScriptedLeases()) {
    this.leases = leases;
    const clock: ElectionClock = { ...systemClock, wallMs: () => Date.now() + this.wallSkewMs };
    this.elector = new LeaderElector({
      ...{ leases, name: "lock", identity: "me", clock, log: this.log.log },
      ...options,
    });
    this.elector
      .on("leader", (identity) => this.told.push(`leader ${identity}`))
      .on("acquired", () => this.told.push(`acquired ${this.elector.isLeader()}`))
      .on("lost", ({ code }) => this.told.push(`lost ${code}`));
    void this.elector
      .run(this.stop.signal, (signal) => this.#lead(signal))
      .then(
        () => {
          this.outcome = {};
        },
        (error: unknown) => {
          this.outcome = { error };
        },
      );
  }

  /** Let time pass. */
  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  #lead(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.end = (error) => (error === undefined ? resolve() : reject(error));
    return promise;
  }
}

/** All records of telemetry while `work` runs. */
export async function recordsOf(work: () => Promise<void>): Promise<LeaderElectionRecord[]> {
  const records: LeaderElectionRecord[] = [];
  const subscriber = (record: unknown): void => void records.push(record as LeaderElectionRecord);
  const telemetry = channel(leaderElectionChannel);
  telemetry.subscribe(subscriber);
  try {
    await work();
  } finally {
    telemetry.unsubscribe(subscriber);
  }
  return records;
}

/** Fake timers for every test of a file. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}
