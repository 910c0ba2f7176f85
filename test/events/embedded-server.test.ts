import { describe, expect, it } from "vitest";
import { EventRecorder } from "../../src/events/event-recorder.ts";
import { EventsV1Event, Node, Pod } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { RememberedLog } from "./scripted-events.ts";

const started = { type: "Normal", reason: "Started", action: "Start" } as const;

describe("an event recorder on the embedded server", () => {
  it("writes events and series through a cluster's own handle (Q61, Q62)", async () => {
    await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
    await using cluster = await server.cluster();
    const events = cluster.resources(EventsV1Event);
    const recorder = new EventRecorder({ events, reportingController: "starter" });
    const pod: Pod = { metadata: { name: "p", namespace: "shop" } };
    for (let times = 0; times < 4; times++) recorder.event({ kind: Pod, object: pod }, started);
    recorder.event({ kind: Node, object: { metadata: { name: "n1" } } }, started);
    await recorder.stop();
    expect((await events.inNamespace("shop").list()).items).toMatchObject([{ series: { count: 4 } }]);
    const [ofNode] = (await events.inNamespace("default").list()).items;
    expect(ofNode).toMatchObject({ regarding: { kind: "Node", name: "n1" } });
    expect(ofNode).not.toHaveProperty("series");
    expect(recorder.health()).toMatchObject({ written: 3, failed: 0, dropped: 0 });
  });

  it("creates an event anew that the server has forgotten, under its name and with its count (Q60)", async () => {
    await using server = await TestApiServer.start({ listen: false });
    await using cluster = await server.cluster();
    const events = cluster.resources(EventsV1Event).inNamespace("default");
    await using recorder = new EventRecorder({ events, reportingController: "starter" });
    const node = { kind: Node, object: { metadata: { name: "n1" } } };
    recorder.event(node, started);
    await server.requests.next({ verb: "create" });
    const name = (await events.list()).items[0]?.metadata.name ?? "";
    await events.withName(name).delete();
    recorder.event(node, started);
    await server.requests.next({ verb: "create" });
    expect((await events.list()).items).toMatchObject([{ metadata: { name }, series: { count: 2 } }]);
  });

  it("neither throws nor waits where it may not write, and says what it may not (Q59)", async () => {
    await using server = await TestApiServer.start({ listen: false });
    await using cluster = await server.cluster();
    const log = new RememberedLog();
    const recorder = new EventRecorder({
      events: cluster.resources(EventsV1Event),
      reportingController: "starter",
      log,
    });
    server.failNext({ verb: "create", status: 403 });
    recorder.event({ kind: Node, object: { metadata: { name: "n1" } } }, started);
    await recorder.stop();
    expect(recorder.health()).toMatchObject({ failed: 1, lastError: { status: 403 } });
    expect(log.lines).toHaveLength(1);
  });
});
