import { Cluster } from "kube-reflex";
import { ConfigMap, Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Loopback } from "./loopback.ts";
import { ScriptedPods } from "./scripted-pods.ts";
import { expectSame, Witness } from "./witness.ts";

// Real sockets, virtual time: only what the client waits by is faked.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const line = (frame: object): string => `${JSON.stringify(frame)}\n`;

/** Resolves when the witness has been told so much, however many turns of the event loop that takes. */
async function told(witness: Witness, events: number): Promise<void> {
  while (witness.seen.length < events) await new Promise((resolve) => setImmediate(resolve));
}

/** Move the clock until a promise settles that needs sockets as well as time. */
async function whileTimePasses<V>(promise: Promise<V>): Promise<V> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    await vi.advanceTimersByTimeAsync(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

describe("over real sockets", () => {
  it("P5: keeps to one stream and one delivery when the socket is reset and the LIST after it takes 3 s", async () => {
    await using server = await Loopback.start();
    await using cluster = await Cluster.connect({ server: server.url });
    const pods = new ScriptedPods();
    const witness = new Witness();
    pods.create("web");
    const informer = cluster.resources(Pod).inNamespace("a").informer({ streamingList: "off" });
    informer.listen(witness.handlers);
    informer.start();
    (await server.next()).response.end(pods.list());
    const first = await server.next();
    first.response.write(line(pods.modify("web")) + line(pods.modify("web")));
    await told(witness, 3);
    first.response.write(line(pods.modify("web")).slice(0, 50));
    first.response.socket?.resetAndDestroy();
    const resumed = await whileTimePasses(server.next());
    expect(resumed.query.get("resourceVersion")).toBe("1003");
    resumed.response.statusCode = 410;
    resumed.response.end(JSON.stringify({ kind: "Status", status: "Failure", code: 410, reason: "Expired" }));
    const list = await whileTimePasses(server.next());
    expect(list.isWatch).toBe(false);
    await vi.advanceTimersByTimeAsync(3000);
    // A whole other request goes through meanwhile, and no watch has come with it.
    const other = cluster.resources(ConfigMap).inNamespace("a").list();
    const otherRequest = await whileTimePasses(server.next());
    expect(otherRequest.isWatch).toBe(false);
    otherRequest.response.end(JSON.stringify({ kind: "ConfigMapList", metadata: {}, items: [] }));
    await whileTimePasses(other);
    expect(server.openWatches).toBe(0);
    list.response.end(pods.list());
    const watch = await whileTimePasses(server.next());
    expect(watch.query.get("resourceVersion")).toBe("1004");
    watch.response.write(line(pods.modify("web")));
    await told(witness, 5);
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expect(server.mostWatches).toBe(1);
    expect(server.exchanges).toHaveLength(6);
    await whileTimePasses(informer.stop());
    await watch.closed;
    expect(server.openWatches).toBe(0);
  });

  it("P5: recovers once from watches that the embedded server resets", async () => {
    await using server = await TestApiServer.start();
    await using cluster = await Cluster.connect({ server: server.url });
    const witness = new Witness();
    const informer = cluster.resources(Pod).informer();
    informer.listen(witness.handlers);
    await whileTimePasses(informer.synced());
    const metadata = { name: "web", namespace: "default" };
    for (let round = 0; round < 3; round += 1) {
      server.create(Pod, { metadata, spec: { containers: [] } });
      await told(witness, witness.seen.length + 1);
      expect(server.cutWatches()).toBe(1);
      server.delete(Pod, "default/web");
      await whileTimePasses(told(witness, witness.seen.length + 1));
    }
    expect(witness.seen.map(({ type }) => type).join(" ")).toBe("ADDED DELETED ADDED DELETED ADDED DELETED");
    witness.expectOrdered();
    expect(server.openWatches).toBe(1);
    expect(informer.health().lists).toBe(1);
    await whileTimePasses(informer.stop());
  });

  it("P7: finds a half-open connection by itself: accepted, then silence without FIN, with an empty list", async () => {
    await using server = await Loopback.start();
    await using cluster = await Cluster.connect({ server: server.url });
    const pods = new ScriptedPods();
    const witness = new Witness();
    const informer = cluster.resources(Pod).inNamespace("a").informer({ streamingList: "off" });
    informer.listen(witness.handlers);
    informer.start();
    (await server.next()).response.end(pods.list());
    const silent = await server.next();
    const opened = new Promise<void>((resolve) => {
      informer.on("progress", ({ type }) => void (type === "watch-opened" && resolve()));
    });
    silent.response.flushHeaders();
    await opened;
    const limitMs = Number(silent.query.get("timeoutSeconds")) * 1000 + 30_000;
    await vi.advanceTimersByTimeAsync(limitMs);
    await silent.closed;
    const again = await whileTimePasses(server.next());
    expect(again.query.get("resourceVersion")).toBe("1000");
    again.response.write(line(pods.create("web")));
    await told(witness, 1);
    expectSame(informer, pods, witness);
    expect(server.exchanges).toHaveLength(3);
    expect(server.mostWatches).toBe(1);
    await whileTimePasses(informer.stop());
    await again.closed;
  });
});
