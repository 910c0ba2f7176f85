/** Run things together, with an election, probes and metrics: `node examples/manager.ts shop`. */
import { once } from "node:events";
import { Cluster, LeaderElector, Manager, type ManagerOptions, type Runnable } from "kube-reflex";
import { Lease, Pod } from "kube-reflex/kinds";
import { Gauge, Registry } from "prom-client";

/** Publish how many pods there are: what is no controller can be run too. */
export function podCounter(cluster: Cluster, namespace: string, registry: Registry): Runnable {
  const pods = cluster.resources(Pod).inNamespace(namespace).metadata().informer();
  const gauge = new Gauge({ name: "shop_pods", help: "Pods in the shop.", registers: [registry] });
  pods.on("ADDED", () => gauge.inc()).on("DELETED", () => gauge.dec());
  return {
    name: "pod-counter",
    needsLeader: false, // every replica counts
    async run(signal) {
      await pods.synced({ signal });
      if (!signal.aborted) await once(signal, "abort");
      await pods.stop();
    },
    health() {
      const { state } = pods.health();
      return { isReady: state === "live", problems: state === "live" ? [] : [`pods are ${state}`] };
    },
  };
}

/** A manager whose leader runs `job`, while every replica counts pods. */
export function managerOf(
  cluster: Cluster,
  namespace: string,
  job: Runnable,
  options: ManagerOptions = {},
): Manager {
  const registry = new Registry();
  const leases = cluster.resources(Lease).inNamespace(namespace);
  const manager = new Manager({
    leaderElector: new LeaderElector({ leases, name: "shop-manager" }),
    health: { port: 8081 }, // /healthz, /readyz, and /metrics as it has no port of its own
    metrics: { registry },
    graceMs: 20_000,
    ...options,
  });
  return manager.add(podCounter(cluster, namespace, registry)).add(job);
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  const job: Runnable = {
    name: "job",
    async run(signal) {
      console.log("this process leads");
      if (!signal.aborted) await once(signal, "abort");
    },
  };
  await managerOf(cluster, process.argv[2] ?? "default", job).run(stop.signal);
}
