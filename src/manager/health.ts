import type { Check } from "./check.ts";
import type { Elector } from "./election.ts";
import type { RunnableReport, Running } from "./running.ts";

/** How a manager goes. */
export type ManagerState = "idle" | "starting" | "running" | "stopping" | "stopped";

/** How a manager and all that it runs are. */
export interface ManagerHealth {
  readonly state: ManagerState;
  /** False for what only a new process mends. */
  readonly isLive: boolean;
  /** It runs, and everything in it does what it is for; a replica that waits to be the leader does, too. */
  readonly isReady: boolean;
  /** Undefined where nobody is elected. */
  readonly isLeader: boolean | undefined;
  /** What is wrong with the election, such as a lease that was lost long ago (Q56). */
  readonly electionProblem: string | undefined;
  readonly runnables: readonly RunnableReport[];
}

/** What is wrong with an election, in one line. */
function problemOf(elector: Elector | undefined): string | undefined {
  const { isHealthy, problem = "unhealthy" } = elector?.check?.() ?? { isHealthy: true };
  return isHealthy ? undefined : problem;
}

/** Join what the runnables and the election say of themselves. */
export function healthOf(
  state: ManagerState,
  runnings: readonly Running[],
  elector: Elector | undefined,
): ManagerHealth {
  const runnables = runnings.map((running) => running.report());
  const electionProblem = problemOf(elector);
  return {
    state,
    isLive: electionProblem === undefined && runnables.every(({ isLive }) => isLive),
    isReady: state === "running" && runnables.every(({ isReady }) => isReady),
    isLeader: elector?.isLeader(),
    electionProblem,
    runnables,
  };
}

function checkOf({ name, problems }: RunnableReport, isFine: boolean): Check {
  if (isFine) return { name, problems: [] };
  return { name, problems: problems.length > 0 ? problems : ["not ready"] };
}

/** The checks of `/healthz`: that it is answered at all says that the event loop turns. */
export function liveChecks({ isLeader, electionProblem, runnables }: ManagerHealth): readonly Check[] {
  const election = {
    name: "leader-election",
    problems: electionProblem === undefined ? [] : [electionProblem],
  };
  const elections = isLeader === undefined ? [] : [election];
  return [
    { name: "ping", problems: [] },
    ...elections,
    ...runnables.map((report) => checkOf(report, report.isLive)),
  ];
}

/** The checks of `/readyz`. */
export function readyChecks({ state, runnables }: ManagerHealth): readonly Check[] {
  const manager = { name: "manager", problems: state === "running" ? [] : [`it is ${state}`] };
  return [manager, ...runnables.map((report) => checkOf(report, report.isReady))];
}
