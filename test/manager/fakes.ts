import { afterEach, beforeEach, vi } from "vitest";
import { delay, onAbort } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { Elector } from "../../src/manager/election.ts";
import type { RunContext, Runnable, RunnableHealth } from "../../src/manager/runnable.ts";

/** What happened, in its order. */
export type Journal = string[];

export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Let everything happen that waits for no timer. */
export const settle = (): Promise<unknown> => pass(0);

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it resolves");
}

interface FakeOptions {
  readonly needsLeader?: boolean;
  readonly warmsUp?: boolean;
  /** How long it takes to end once it is told to. @default 0 */
  readonly endsAfterMs?: number;
  /** It ends at once when it is cancelled, however long it takes else. @default true */
  readonly heedsCancel?: boolean;
  /** What it rejects with when it is told to end. */
  readonly endsWith?: unknown;
  readonly health?: () => RunnableHealth;
}

/** A runnable that ends as it is told. */
export class FakeRunnable implements Runnable {
  readonly name: string;
  readonly needsLeader?: boolean;
  readonly warmsUp?: boolean;
  readonly health?: () => RunnableHealth;
  readonly #journal: Journal;
  readonly #options: FakeOptions;
  readonly #failed = Promise.withResolvers<void>();
  signal: AbortSignal | undefined;
  context: RunContext = {};

  constructor(name: string, journal: Journal = [], options: FakeOptions = {}) {
    this.name = name;
    this.#journal = journal;
    this.#options = options;
    const { needsLeader, warmsUp, health } = options;
    if (needsLeader !== undefined) this.needsLeader = needsLeader;
    if (warmsUp !== undefined) this.warmsUp = warmsUp;
    if (health !== undefined) this.health = health;
  }

  async run(signal: AbortSignal, context: RunContext = {}): Promise<void> {
    this.signal = signal;
    this.context = context;
    this.#journal.push(`${this.name} starts`);
    void context.elected?.then(() => this.#journal.push(`${this.name} is elected`));
    const told = Promise.withResolvers<void>();
    onAbort(signal, () => {
      this.#journal.push(`${this.name} is told`);
      told.resolve();
    });
    await Promise.race([told.promise, this.#failed.promise]);
    await this.#linger();
    this.#journal.push(`${this.name} ends`);
    if (this.#options.endsWith !== undefined) throw this.#options.endsWith;
  }

  fail(error: unknown): void {
    this.#failed.reject(error);
  }

  finish(): void {
    this.#failed.resolve();
  }

  async #linger(): Promise<void> {
    const { endsAfterMs = 0, heedsCancel = true } = this.#options;
    if (endsAfterMs > 0) await delay(endsAfterMs, heedsCancel ? this.context.cancelled : undefined);
  }
}

/** An elector whose fate the test decides; it behaves as a `LeaderElector` does. */
export class FakeElector implements Elector {
  readonly #journal: Journal;
  readonly #lost = Promise.withResolvers<void>();
  readonly #elected = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();
  #isLeader = false;
  problem: string | undefined;

  constructor(journal: Journal = []) {
    this.#journal = journal;
    this.#lost.promise.catch(() => {});
  }

  isLeader(): boolean {
    return this.#isLeader;
  }

  check(): { isHealthy: boolean; problem?: string | undefined } {
    return { isHealthy: this.problem === undefined, problem: this.problem };
  }

  async run(signal: AbortSignal, lead: () => Promise<void>): Promise<void> {
    this.#journal.push("election begins");
    const told = new Promise<void>((resolve) => onAbort(signal, resolve));
    await Promise.race([told, this.#elected.promise, this.#lost.promise, this.#finished.promise]);
    if (!this.#isLeader) return;
    await Promise.race([lead(), this.#lost.promise, this.#finished.promise]);
    this.#isLeader = false;
    this.#journal.push("lease released");
  }

  elect(): void {
    this.#isLeader = true;
    this.#journal.push("elected");
    this.#elected.resolve();
  }

  lose(error: unknown = new KubeError("LEADERSHIP_LOST", "Renew the lease: too late")): void {
    this.#isLeader = false;
    this.#journal.push("lost");
    this.#lost.reject(error);
  }

  /** Its run resolves, though nobody told it to. */
  finish(): void {
    this.#finished.resolve();
  }
}
