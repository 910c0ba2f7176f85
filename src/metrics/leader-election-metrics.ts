import { type LeaderElectionRecord, leaderElectionChannel } from "../base/leader-election-telemetry.ts";
import type { MetricSet } from "./metric-set.ts";
import { type Listen, listenTo, recordWith } from "./telemetry-listener.ts";

/** Who leads, as client-go measures it: `name` is the lease's, without its namespace (Q58). */
export function leaderElectionMetrics(metrics: MetricSet): Listen[] {
  const labels = ["name"] as const;
  const status = metrics.gauge({
    name: "leader_election_master_status",
    help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
    labels,
  });
  const slowPaths = metrics.counter({
    name: "leader_election_slowpath_total",
    help: "Total number of slow path exercised in renewing leader leases. 'name' is the string used to identify the lease. Please make sure to group by name.",
    labels,
  });
  const onRecord = ({ lease, type, isLeader }: LeaderElectionRecord): void => {
    const name = lease.slice(lease.indexOf("/") + 1);
    status.set({ name }, isLeader ? 1 : 0);
    slowPaths.inc({ name }, type === "slow-path" ? 1 : 0);
  };
  return [listenTo(leaderElectionChannel, recordWith<LeaderElectionRecord>("type", "lease"), onRecord)];
}
