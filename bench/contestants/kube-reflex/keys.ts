/** The keys of changed objects in a work queue, beside a store that is kept up to date. */
import { Cluster, WorkQueue } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { EventsTimer, lastKey, report, task } from "../contestant.ts";
import { informerOptions } from "./features.ts";

const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig });
const timer = new EventsTimer();
const queue = new WorkQueue();
const informer = cluster.resources(Pod).informer(informerOptions<Pod>());
informer.listen({ changed: (key) => queue.add(key) });

let taken = 0;
void (async () => {
  for (let item = await queue.take(); item !== undefined; item = queue.tryTake() ?? (await queue.take())) {
    taken++;
    queue.done(item.key);
    if (item.key === lastKey) report({ ...timer.figures(), taken });
  }
})();
await informer.synced();
await timer.go();
