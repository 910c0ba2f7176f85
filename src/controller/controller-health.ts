import type { KubeError } from "../base/errors.ts";
import type { HealthState } from "../informer/health.ts";
import type { FailingKey } from "./failing-keys.ts";
import type { ThreadsReport } from "./threads.ts";

/**
 * How a controller is: `idle` before `run`, `starting` until every source has synced, `waiting` for
 * leadership, `running`; `degraded` instead of the last two while a source is not live or a reconcile
 * hangs; `stopping`, and `stopped` for good.
 */
export type ControllerState =
  | "idle"
  | "starting"
  | "waiting"
  | "running"
  | "degraded"
  | "stopping"
  | "stopped";

/** How one source of a controller is. */
export interface SourceReport {
  readonly name: string;
  /** As its informer has it; of an iterable `idle` before the start, `reading`, `ended` by itself, or `failed`. */
  readonly state: HealthState | "idle" | "reading" | "ended";
  /** Its initial objects have woken their keys; an iterable has none, and is always so. */
  readonly hasSynced: boolean;
  /** What is wrong now, in one line: names and states only. */
  readonly problem: string | undefined;
  /** What is wrong with its connection now. */
  readonly lastError: KubeError | undefined;
  /** Events that a predicate or a mapper failed at, and entries that were no keys. */
  readonly failures: number;
  /** The last of those. */
  readonly lastFailure: KubeError | undefined;
}

/** A reconcile that runs. */
export interface RunningReconcile {
  readonly key: string;
  readonly attempt: number;
  readonly runningMs: number;
  /** It has run for longer than `hungAfterMs`. */
  readonly isHung: boolean;
}

/** A controller's health: what a readiness probe, or a person, wants to know. */
export interface ControllerHealth {
  readonly name: string;
  readonly state: ControllerState;
  /**
   * Every source has synced and is live, none has failed, and no reconcile hangs; also while it waits for leadership.
   *
   * A secondary source that is forbidden makes it false, although the controller works (K7).
   */
  readonly isReady: boolean;
  /** Its workers run: everything has synced, and leadership, where there is one, is held. */
  readonly isReconciling: boolean;
  /** What is wrong, one line each: names and states, never what objects hold. */
  readonly problems: readonly string[];
  readonly sources: readonly SourceReport[];
  readonly running: readonly RunningReconcile[];
  /** Keys that are ready and wait for a worker. */
  readonly queued: number;
  /** Keys that failed and are tried again. */
  readonly failingKeys: number;
  /** Those of them that failed most often, at most twenty. */
  readonly failing: readonly FailingKey[];
  /** Of the last reconcile or source that failed, whether it has been repaired or not. */
  readonly lastError: KubeError | undefined;
  /** Of a controller whose reconciles run in threads. */
  readonly threads?: ThreadsReport | undefined;
}

/** What a controller's health is made of. */
export interface HealthParts extends Omit<ControllerHealth, "state" | "isReady" | "problems"> {
  readonly phase: Exclude<ControllerState, "degraded">;
}

/** Whether a source does what it is for. */
function isWell({ state, hasSynced }: SourceReport): boolean {
  return hasSynced && (state === "live" || state === "reading" || state === "ended");
}

/** Join what is known of a controller; pure. */
export function controllerHealth({ phase, threads, ...parts }: HealthParts): ControllerHealth {
  const { sources, running } = parts;
  const hung = running.filter(({ isHung }) => isHung);
  const isWhole = sources.every(isWell) && hung.length === 0 && !threads?.problems.length;
  const isUp = phase === "waiting" || phase === "running";
  const problems = sources.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  for (const { key, runningMs } of hung) {
    problems.push(`the reconcile of ${key} has been running for ${Math.round(runningMs / 1000)} s`);
  }
  problems.push(...(threads?.problems ?? []));
  return {
    ...parts,
    ...(threads === undefined ? {} : { threads }),
    state: isUp && !isWhole ? "degraded" : phase,
    isReady: isUp && isWhole,
    problems: phase === "idle" || phase === "stopped" ? [] : problems,
  };
}
