import { beforeAll, expect, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import { EventRecorder } from "../../src/events/event-recorder.ts";
import { ConfigMap, Event, EventsV1Event, Namespace } from "../../src/kinds/index.ts";
import { describeOnCluster, type RealCluster, rejection } from "./real-cluster.ts";

const scaled = { type: "Normal", reason: "Scaled", action: "Scale", note: "to 3" } as const;

function recorderOf(cluster: RealCluster): { recorder: EventRecorder; warnings: string[] } {
  const warnings: string[] = [];
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const log: Logger = { debug() {}, info() {}, warn, error: warn };
  const events = cluster.admin.resources(EventsV1Event);
  return { recorder: new EventRecorder({ events, reportingController: "example.com/tests", log }), warnings };
}

describeOnCluster("an event recorder on a real kube-apiserver", (cluster) => {
  let namespace: string;
  const eventsIn = async (where: string, reason: string): Promise<EventsV1Event[]> => {
    const { items } = await cluster().admin.resources(EventsV1Event).inNamespace(where).list();
    return items.filter((event) => event.reason === reason);
  };

  beforeAll(async () => {
    namespace = await cluster().namespace();
  });

  it("writes an event and its series, which core/v1 shows too (Q61)", async () => {
    const { recorder, warnings } = recorderOf(cluster());
    const settings = await cluster()
      .admin.resources(ConfigMap)
      .inNamespace(namespace)
      .create({ metadata: { name: "settings" } });
    for (let times = 0; times < 5; times++) recorder.event({ kind: ConfigMap, object: settings }, scaled);
    await recorder.stop({ graceMs: 20_000 });
    expect(warnings).toEqual([]);
    const [event, ...others] = await eventsIn(namespace, "Scaled");
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/),
      regarding: { kind: "ConfigMap", name: "settings", uid: settings.metadata.uid },
      series: { count: 5 },
    });
    const shown = await cluster()
      .admin.resources(Event)
      .inNamespace(namespace)
      .withFields("involvedObject.name=settings,reason=Scaled")
      .list();
    expect(shown.items).toMatchObject([{ message: "to 3", series: { count: 5 } }]);
  });

  it("writes the event of a cluster-scoped object into default, and of names that no event may have (Q62)", async () => {
    const { recorder, warnings } = recorderOf(cluster());
    const object = await cluster().admin.resources(Namespace).withName(namespace).get();
    const reason = `Of-${namespace}`;
    recorder.event({ kind: Namespace, object }, { ...scaled, reason });
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "system:node:X" };
    recorder.event(role, { ...scaled, reason });
    await recorder.stop({ graceMs: 20_000 });
    expect(warnings).toEqual([]);
    const names = (await eventsIn("default", reason)).map(({ metadata }) => metadata.name).sort();
    expect(names).toEqual([
      expect.stringMatching(`^${namespace}\\.[0-9a-f]{16}$`),
      expect.stringMatching(/^system-node-x\.[0-9a-f]{16}$/),
    ]);
  });

  it("creates an event anew that the server has forgotten (Q60)", async () => {
    const { recorder, warnings } = recorderOf(cluster());
    const subject = { apiVersion: "v1", kind: "ConfigMap", name: "gone", namespace };
    const report = { ...scaled, reason: "Forgotten" };
    recorder.event(subject, report);
    await expect.poll(() => recorder.health().written).toBe(1);
    const [first] = await eventsIn(namespace, "Forgotten");
    const name = first?.metadata.name ?? "";
    await cluster().admin.resources(EventsV1Event).inNamespace(namespace).withName(name).delete();
    recorder.event(subject, report);
    await recorder.stop({ graceMs: 20_000 });
    expect(warnings).toEqual([]);
    expect(await eventsIn(namespace, "Forgotten")).toMatchObject([
      { metadata: { name }, series: { count: 2 } },
    ]);
  });

  it("sends what the server takes at its limits, which the server does not take one byte above (Q62)", async () => {
    const { recorder, warnings } = recorderOf(cluster());
    const subject = { apiVersion: "v1", kind: "ConfigMap", name: "long", namespace };
    const reason = "ä".repeat(64);
    recorder.event(subject, { ...scaled, reason, action: "x".repeat(128), note: "ä".repeat(1000) });
    await recorder.stop({ graceMs: 20_000 });
    expect(warnings).toEqual([]);
    const [written] = await eventsIn(namespace, reason);
    expect(written?.note?.length).toBe(511);
    const events = cluster().admin.resources(EventsV1Event).inNamespace(namespace);
    const { note = "", action = "", ...valid } = written ?? { eventTime: "", metadata: {} };
    const base = { ...valid, metadata: { name: "above" }, note, action };
    await events.create({ ...base, metadata: { name: "within" } });
    for (const wrong of [
      { note: "x".repeat(1025) },
      { action: `${action}x` },
      { reason: `${reason}x` },
      { type: "Error" },
    ]) {
      expect(await rejection(events.create({ ...base, ...wrong }))).toMatchObject({ status: 422 });
    }
  });
});
