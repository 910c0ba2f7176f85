import { vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import { LeaseStore } from "./lease-store.ts";
import { calm, SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { Seeded, Timeline } from "./simulated-time.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** How long faults happen, when there has to be a leader again, and until when it has to stay. */
const faultsUntilMs = 120_000;
const leaderByMs = faultsUntilMs + 45_000;
const endMs = leaderByMs + 20_000;

/** The defaults, and some for which clocks that differ by so much are just good enough. */
const durations = [
  { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  { leaseDurationMs: 13_000, renewDeadlineMs: 10_500, retryPeriodMs: 1500 },
  { leaseDurationMs: 5000, renewDeadlineMs: 4050, retryPeriodMs: 500 },
] as const;

/** What happened in a run, to be sure that there was something to prove. */
export interface Statistics {
  terms: number;
  lost: number;
  returned: number;
  audits: number;
}

/** A candidate: a process, and the elections that it takes part in, one after the other. */
class Candidate {
  readonly identity: string;
  readonly process: SimulatedProcess;
  elector: LeaderElector | undefined;
  stop = new AbortController();

  constructor(identity: string, process: SimulatedProcess) {
    this.identity = identity;
    this.process = process;
  }

  /** Asked as its own next action would; it cannot act while it is paused. */
  get acts(): boolean {
    return this.process.runs && this.elector?.isLeader() === true;
  }
}

/**
 * One run: candidates, a server between which everything goes wrong, and what must hold at every instant.
 *
 * A candidate's machine either sleeps, which stops its monotonic clock, or has
 * its wall clock set, never both: a machine that hides its sleep from both clocks
 * cannot be told from one that was awake.
 */
export class Simulation {
  readonly statistics: Statistics = { terms: 0, lost: 0, returned: 0, audits: 0 };
  readonly #seed: number;
  readonly #random: Seeded;
  readonly #timeline = new Timeline();
  readonly #store = new LeaseStore();
  readonly #network: SimulatedNetwork;
  readonly #candidates: Candidate[];
  /** How often all are asked; rarely, so that a term may pass its end unseen and be renewed after all. */
  readonly #auditing: number;
  readonly #sleeps: boolean;
  readonly #isTwin: boolean;
  readonly #durations: (typeof durations)[number];
  #areFaultsOver = false;
  #failure: string | undefined;

  constructor(seed: number, candidates: number) {
    this.#seed = seed;
    this.#random = new Seeded(seed);
    const random = this.#random;
    this.#network = new SimulatedNetwork(this.#timeline, random, this.#store);
    this.#auditing = random.pick([1, 1, 0.3, 0.05]);
    this.#sleeps = random.chance(0.5);
    // Some use one identity for all of them, by mistake.
    this.#isTwin = random.chance(0.1);
    this.#durations = random.pick(durations);
    const bad = random.pick([0.02, 0.1, 0.3]);
    const some = (): number => (random.chance(0.6) ? random.between(0, bad) : 0);
    this.#network.weather = {
      slowRequests: some(),
      slowAnswers: some(),
      lostRequests: some(),
      lostAnswers: some(),
      serverErrors: some(),
    };
    this.#candidates = Array.from({ length: candidates }, (_, index) => this.#candidate(index));
  }

  /** Run it; throws where something does not hold, naming the seed. */
  async run(): Promise<Statistics> {
    const mocked = vi.spyOn(Math, "random").mockImplementation(this.#random.next);
    try {
      for (const candidate of this.#candidates) this.#start(candidate, this.#random.between(0, 3000));
      this.#schedule(() => this.#fault());
      await this.#until(faultsUntilMs);
      this.#endFaults();
      await this.#until(leaderByMs);
      const leader = this.#leaderNow();
      if (leader === undefined) this.#fail("nobody leads, long after the last fault");
      await this.#until(endMs);
      if (this.#leaderNow() !== leader) this.#fail("the leader changed without a fault");
    } finally {
      mocked.mockRestore();
    }
    if (this.#failure !== undefined) throw new Error(this.#failure);
    return this.statistics;
  }

  async #until(at: number): Promise<void> {
    if (this.#failure !== undefined) return;
    await this.#timeline.runUntil(at, () => {
      if (this.#random.chance(this.#auditing)) this.#audit();
    });
  }

  #fail(what: string): void {
    const { now } = this.#timeline;
    this.#failure ??= `seed ${this.#seed}, ${this.#candidates.length} candidates, at ${now.toFixed(1)} ms: ${what}`;
  }

  /** At most one acts, and where one does the lease names it. */
  #audit(): void {
    this.statistics.audits += 1;
    const acting = this.#candidates.filter((candidate) => candidate.acts);
    if (acting.length > 1) {
      this.#fail(`${acting.map(({ identity }) => identity).join(" and ")} act as leader`);
    }
    const [leader] = acting;
    if (leader !== undefined && this.#store.holder !== leader.identity) {
      this.#fail(`${leader.identity} acts as leader, and the lease names ${this.#store.holder}`);
    }
  }

  #leaderNow(): LeaderElector | undefined {
    this.#audit();
    return this.#candidates.find((candidate) => candidate.acts)?.elector;
  }

  #candidate(index: number, previous?: Candidate): Candidate {
    const process = new SimulatedProcess(this.#timeline, this.#random);
    if (this.#isTwin) return new Candidate("twin", process);
    // Some keep their identity when they start anew.
    if (previous !== undefined && this.#random.chance(0.5)) return new Candidate(previous.identity, process);
    return new Candidate(`candidate-${index}-${Math.floor(this.#random.next() * 1e6)}`, process);
  }

  #start(candidate: Candidate, afterMs: number): void {
    this.#timeline.after(afterMs, () => candidate.process.deliver(() => void this.#elect(candidate)));
  }

  async #elect(candidate: Candidate): Promise<void> {
    const { identity, process } = candidate;
    candidate.stop = new AbortController();
    const leases = this.#network.portOf(process);
    const { clock } = process;
    const elector = new LeaderElector({
      ...{ leases, name: "lock", identity, clock, log: silent },
      ...this.#durations,
    });
    candidate.elector = elector;
    try {
      await elector.run(candidate.stop.signal, (signal) => this.#lead(candidate, elector, signal));
      this.statistics.returned += 1;
    } catch (error) {
      if (!KubeError.is(error) || error.code !== "LEADERSHIP_LOST") this.#fail(`run rejects with ${error}`);
      this.statistics.lost += 1;
    }
    if (elector.isLeader()) this.#fail(`${identity} is the leader after its end`);
    this.#start(candidate, this.#random.between(0, 3000));
  }

  /** Lead until the signal aborts and some more, or for a while. */
  async #lead(candidate: Candidate, elector: LeaderElector, signal: AbortSignal): Promise<void> {
    this.statistics.terms += 1;
    if (!elector.isLeader()) this.#fail(`${candidate.identity} leads and is no leader`);
    const { clock } = candidate.process;
    const forMs = this.#random.chance(0.1) ? this.#random.between(0, 20_000) : 1e9;
    await clock.delay(forMs, signal);
    if (this.#areFaultsOver && !signal.aborted) await clock.delay(1e9, signal);
    await clock.delay(this.#random.between(0, 3000));
  }

  /** Do something again and again, at random, while faults happen. */
  #schedule(happen: () => void): void {
    this.#timeline.after(this.#random.between(0, 4000), () => {
      if (this.#areFaultsOver) return;
      happen();
      this.#schedule(happen);
    });
  }

  #fault(): void {
    const random = this.#random;
    const holder = this.#candidates.findIndex(({ identity }) => identity === this.#store.holder);
    const index =
      holder >= 0 && random.chance(0.6) ? holder : Math.floor(random.next() * this.#candidates.length);
    const candidate = this.#candidates[index];
    if (candidate === undefined) return;
    const { process } = candidate;
    const forMs = random.pick([500, 3000, 9000, 20_000]) * random.between(0.5, 1.2);
    const pause = (): void => {
      process.pause({ sleeps: this.#sleeps && random.chance(0.5) });
      this.#timeline.after(forMs, () => process.resume());
    };
    const cut = (): void => {
      this.#network.cut(process);
      this.#timeline.after(forMs, () => this.#network.mend(process));
    };
    const restart = (): void => {
      process.kill();
      const next = this.#candidate(index, candidate);
      this.#candidates[index] = next;
      this.#start(next, random.between(0, 3000));
    };
    const stop = (): void => process.deliver(() => candidate.stop.abort());
    const setWall = (): void => process.setWall(random.pick([1, -1]) * random.pick([3000, 20_000, 3.6e6]));
    const freezeWall = (): void => {
      process.freezeWall();
      this.#timeline.after(forMs, () => process.thawWall());
    };
    const faults = [pause, pause, cut, cut, restart, stop];
    faults.push(() => this.#store.annotate(String(random.next())));
    if (!this.#sleeps) faults.push(setWall, setWall, freezeWall);
    random.pick(faults)();
  }

  #endFaults(): void {
    this.#areFaultsOver = true;
    this.#network.weather = calm;
    for (const { process } of this.#candidates) {
      this.#network.mend(process);
      process.thawWall();
      process.resume();
    }
  }
}
