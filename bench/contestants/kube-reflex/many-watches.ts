/** 20 watches at once, over HTTP/1.1 or HTTP/2, as many events on each. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { EventsTimer, report, task } from "../contestant.ts";
import { connectOptions } from "./features.ts";

const count = 20;
const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig, ...connectOptions() });
const timer = new EventsTimer();
let left = count;
const informers = Array.from({ length: count }, (_, i) => {
  // A selector each makes them informers of their own; the server takes no notice of it.
  const informer = cluster.resources(Pod).withLabel("shard", `s${i}`).informer();
  informer.on("MODIFIED", () => {});
  informer.on("ADDED", (_pod, { initial }) => {
    if (!initial && --left === 0) report(timer.figures((task.events ?? 0) * count));
  });
  return informer;
});
await Promise.all(informers.map((informer) => informer.synced()));
await timer.go(count);
