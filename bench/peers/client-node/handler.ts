/** client-node: every object told to a handler of its informer, and read. */
import { EventsTimer, PodReader, report, task } from "../../contestants/contestant.ts";
import { podInformer } from "./pods.ts";

const timer = new EventsTimer();
const reader = new PodReader();
const informer = podInformer();
let initial = 0;
let told = 0;
informer.on("update", (pod) => {
  reader.read(pod);
  told++;
});
informer.on("add", (pod) => {
  reader.read(pod);
  if (++initial <= task.objects) return;
  if (told !== task.events) throw new Error(`told of ${told} events in place of ${task.events}`);
  report(timer.figures());
});
await informer.start();
await timer.go();
