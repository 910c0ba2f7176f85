/** Report what is wrong with objects, as `kubectl describe` shows it: `node examples/record-events.ts default`. */
import { Cluster, EventRecorder } from "kube-reflex";
import { ConfigMap, EventsV1Event } from "kube-reflex/kinds";

/** One for all that a process reports. */
export function recorderFor(cluster: Cluster): EventRecorder {
  const recorder = new EventRecorder({
    events: cluster.resources(EventsV1Event),
    reportingController: "example.com/settings-checker",
  });
  return recorder;
}

/** Look at settings, and say on them which have no value; to be called as often as one likes. */
export function check(recorder: EventRecorder, settings: ConfigMap): void {
  const empty = Object.entries(settings.data ?? {}).filter(([, value]) => value === "");
  if (empty.length === 0) return;
  const names = empty.map(([name]) => name).join(", ");
  recorder.event(
    { kind: ConfigMap, object: settings },
    { type: "Warning", reason: "ValueMissing", action: "Check", note: `No value for ${names}` },
  );
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  await using recorder = recorderFor(cluster); // ends before the cluster, and sends what waits
  const [namespace = "default"] = process.argv.slice(2);
  for await (const settings of cluster.resources(ConfigMap).inNamespace(namespace).items()) {
    check(recorder, settings);
  }
}
