/** The `node:diagnostics_channel` that gets a {@link LeaderElectionRecord} when leadership changes (Q58). */
export const leaderElectionChannel = "kube-reflex:leader-election";

/** What an elector tells of itself. */
export interface LeaderElectionRecord {
  /** The lease, `namespace/name`. */
  readonly lease: string;
  /** `candidate`: it began to try; `slow-path`: a renewal needed more than one request. */
  readonly type: "candidate" | "acquired" | "renewed" | "slow-path" | "lost" | "released";
  readonly isLeader: boolean;
}
