/** Every object parsed, read and told to a handler, beside a store that is kept up to date. */
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { EventsTimer, PodReader, report, task } from "../contestant.ts";
import { informerOptions } from "./features.ts";

const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig });
const timer = new EventsTimer();
const reader = new PodReader();
let told = 0;
const informer = cluster.resources(Pod).informer({
  ...informerOptions<Pod>(),
  // None may be merged: every one is to be counted.
  listen: { overflow: "pause" },
});
informer.on("MODIFIED", (pod) => {
  reader.read(pod);
  told++;
});
const begun = Promise.withResolvers<void>();
let initially = 0;
informer.on("ADDED", (pod, { initial }) => {
  reader.read(pod);
  if (initial) {
    // Each is parsed as it is told, which is after the store has it.
    if (++initially === informer.store.size) begun.resolve();
    return;
  }
  if (told !== task.events) throw new Error(`told of ${told} events in place of ${task.events}`);
  report(timer.figures());
});
await informer.synced();
await begun.promise;
await timer.go();
