/** Let one of several processes do the work: `node examples/leader-election.ts shop`; start it twice, then end the one that counts. */
import { setTimeout as pause } from "node:timers/promises";
import { Cluster, LeaderElector, type LeaderElectorOptions } from "kube-reflex";
import { ConfigMap, Lease } from "kube-reflex/kinds";

/** A candidate of this program's election in a namespace. */
export function candidate(
  cluster: Cluster,
  namespace: string,
  options: Partial<LeaderElectorOptions> = {},
): LeaderElector {
  const leases = cluster.resources(Lease).inNamespace(namespace);
  const elector = new LeaderElector({ leases, name: "ticker", ...options });
  return elector.on("leader", (identity) => console.log("the leader is", identity ?? "nobody"));
}

/** Count one more; resolves to false where this process may not. */
export async function count(cluster: Cluster, namespace: string, elector: LeaderElector): Promise<boolean> {
  const counters = cluster.resources(ConfigMap).inNamespace(namespace);
  const read = await counters.withName("ticks").get(); // first read,
  if (!elector.isLeader()) return false; // then ask, by the clock: a pause may have come in between,
  const ticks = String(Number(read.data?.ticks ?? "0") + 1);
  await counters.replace({ ...read, data: { ticks } }); // then write over what was read: a pause may come in here, too
  return true;
}

/** Take part in the election, and count while leading; rejects with `LEADERSHIP_LOST` where that is lost. */
export async function countAsLeader(
  cluster: Cluster,
  namespace: string,
  elector: LeaderElector,
  signal: AbortSignal,
  everyMs = 1000,
): Promise<void> {
  await elector.run(signal, async (leading) => {
    while (!leading.aborted) {
      if (!(await count(cluster, namespace, elector))) return;
      await pause(everyMs, undefined, { signal: leading }).catch(() => {});
    }
  });
}

if (import.meta.main) {
  const [namespace = "default"] = process.argv.slice(2);
  await using cluster = await Cluster.connect();
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  process.once("SIGINT", () => stop.abort());
  // Rejected, it ends this process, and whatever of it is still under way: the kubelet starts a new one.
  await countAsLeader(cluster, namespace, candidate(cluster, namespace), stop.signal);
}
