/** KFC: every object told to a watch callback, and read. */
import { EventsTimer, PodReader, report, task } from "../../contestants/contestant.ts";

process.env.KUBECONFIG = task.kubeconfig;
const { K8s, kind } = await import("kubernetes-fluent-client");
const timer = new EventsTimer();
const reader = new PodReader();
let initial = 0;
let told = 0;
const watcher = K8s(kind.Pod).Watch((pod, phase) => {
  reader.read(pod);
  if (phase !== "ADDED") {
    told++;
    return;
  }
  if (++initial <= task.objects) return;
  if (told !== task.events) throw new Error(`told of ${told} events in place of ${task.events}`);
  report(timer.figures());
});
await watcher.start();
await timer.go();
