/** The operator as a process: `node examples/operator/main.ts`. Its settings are in the environment, see deployment.yaml. */
import { Cluster, EventRecorder, LeaderElector, Manager } from "kube-reflex";
import { EventsV1Event, Lease } from "kube-reflex/kinds";
import { collectMetrics } from "kube-reflex/metrics";
import { Registry } from "prom-client";
import { websiteController } from "./controller.ts";
import { FileZone } from "./dns-zone.ts";

const {
  POD_NAME,
  POD_NAMESPACE,
  WATCH_NAMESPACES,
  ZONE_FILE = "zone.txt",
  HEALTH_PORT = "8081",
} = process.env;
const registry = new Registry();
await collectMetrics({ register: registry });

await using cluster = await Cluster.connect({ userAgent: "website-operator/1.0" });
await using events = new EventRecorder({
  events: cluster.resources(EventsV1Event),
  reportingController: "example.com/website-operator",
});
const leases = cluster.resources(Lease).inNamespace(POD_NAMESPACE ?? cluster.namespace);
const leaderElector = new LeaderElector({ leases, name: "website-operator", identity: POD_NAME });
const manager = new Manager({ leaderElector, health: { port: Number(HEALTH_PORT) }, metrics: { registry } });

const namespaces = WATCH_NAMESPACES?.split(",") ?? [];
manager.add(websiteController(cluster, { zone: new FileZone(ZONE_FILE), events }, { namespaces }));

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort()).once("SIGINT", () => stop.abort());
await manager.run(stop.signal);
