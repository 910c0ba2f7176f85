/** KFC: keys of changed objects in a queue, beside the watch's own cache. */
import { EventsTimer, lastKey, report, task } from "../../contestants/contestant.ts";
import { KeyQueue } from "../../contestants/key-queue.ts";

process.env.KUBECONFIG = task.kubeconfig;
const { K8s, kind } = await import("kubernetes-fluent-client");
const timer = new EventsTimer();
let taken = 0;
const queue = new KeyQueue((key) => {
  taken++;
  if (key === lastKey) report({ ...timer.figures(), taken });
});
const watcher = K8s(kind.Pod).Watch(({ metadata }) => queue.add(`${metadata?.namespace}/${metadata?.name}`));
await watcher.start();
await timer.go();
