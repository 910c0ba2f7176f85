/** client-node: keys of changed objects in a queue, beside the informer's own cache. */
import { EventsTimer, lastKey, report } from "../../contestants/contestant.ts";
import { KeyQueue } from "../../contestants/key-queue.ts";
import { podInformer } from "./pods.ts";

const timer = new EventsTimer();
let taken = 0;
const queue = new KeyQueue((key) => {
  taken++;
  if (key === lastKey) report({ ...timer.figures(), taken });
});
const informer = podInformer();
informer.on("change", ({ metadata }) => queue.add(`${metadata?.namespace}/${metadata?.name}`));
await informer.start();
await timer.go();
