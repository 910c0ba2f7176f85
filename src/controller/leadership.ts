/** What a controller needs to know of an election; satisfied by `LeaderElector`. */
export interface Leadership {
  /** Whether this process may act now: compares the clock at every call, so a process that was paused knows. */
  isLeader(): boolean;
}
