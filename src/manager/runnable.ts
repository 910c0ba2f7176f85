import { expectBoolean, expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import type { Leadership } from "../controller/leadership.ts";

/** What a runnable is told besides when to stop. */
export interface RunContext {
  /** To be asked before each act; absent where nobody is elected. */
  readonly leadership?: Leadership | undefined;
  /**
   * Resolves once this process is the leader, and never rejects; absent where nobody is elected.
   *
   * For those that warm up: nothing may be written before it (Q33).
   */
  readonly elected?: Promise<void> | undefined;
  /** Aborts when the time to end is over, or leadership is lost: whatever still runs is to break off. */
  readonly cancelled?: AbortSignal | undefined;
}

/** How a runnable is; what it says is shown by `/readyz`. */
export interface RunnableHealth {
  /** It does what it is for: false while it syncs, once it is stale, or while something in it hangs. */
  readonly isReady: boolean;
  /** False for what only a new process mends; `/healthz` then fails, and the kubelet restarts the pod. @default true */
  readonly isLive?: boolean | undefined;
  /** What is wrong, one short line each: names and states, never what objects hold. One is enough not to be ready. */
  readonly problems?: readonly string[] | undefined;
}

/**
 * Something that a {@link Manager} runs: the port that a `Controller` satisfies.
 *
 * `run` resolves once `signal` has aborted and nothing of it goes on. If it
 * rejects before, the manager stops everything else and rejects with that error.
 * A runnable that resolves by itself has ended in peace; the others go on.
 */
export interface Runnable {
  /** Unique within a manager. */
  readonly name: string;
  run(signal: AbortSignal, context?: RunContext): Promise<void>;
  health?(): RunnableHealth;
  /** Run only by the leader, where one is elected. @default true */
  readonly needsLeader?: boolean | undefined;
  /**
   * It needs a leader, and is run before one is elected: it prepares, and waits for `elected` itself.
   *
   * So a replica that takes over acts at once (Q33).
   * @default false
   */
  readonly warmsUp?: boolean | undefined;
}

/** Throw `INVALID_ARGUMENT` for what cannot be run, or bears a name that is taken. */
export function expectRunnable(runnable: Runnable, taken: ReadonlyMap<string, unknown>): void {
  expectOptions("runnable", runnable ?? null);
  const { name, run, health, needsLeader, warmsUp } = runnable;
  if (typeof name !== "string" || name === "") throw invalidArgument("runnable.name", "a name", name);
  expectFunction("runnable.run", run ?? null);
  expectFunction("runnable.health", health);
  expectBoolean("runnable.needsLeader", needsLeader);
  expectBoolean("runnable.warmsUp", warmsUp);
  if (taken.has(name)) {
    throw invalidArgument("runnable.name", "a name that no other runnable of this manager has", name);
  }
}
