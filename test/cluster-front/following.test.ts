import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { type InformerRecord, informerChannel } from "../../src/base/informer-telemetry.ts";
import type { Informer } from "../../src/informer/informer.ts";
import { Node, Pod } from "../../src/kinds/index.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { Answer, eventually, openStream, podServer, Recording, rejection } from "./recording.ts";

const lists = ({ lines }: Recording): string[] => lines.filter((line) => !line.includes("watch=true"));
const plainWatches = ({ lines }: Recording): string[] =>
  lines.filter((line) => line.includes("watch=true") && !line.includes("sendInitialEvents"));
const stopAll = (informers: readonly Informer<never>[]) =>
  Promise.all(informers.map((informer) => informer.stop()));

describe("shared informers", () => {
  it("share by kind, namespaces, selectors and transform: one list, one watch (P23)", async () => {
    const server = podServer("x");
    const cluster = await server.connect();
    const pods = cluster.resources(Pod).inNamespace("shop");
    const strip = (pod: Pod): KubeObject => ({ metadata: pod.metadata });
    const same = [
      pods.informer(),
      cluster.informer(cluster.resources(Pod).inNamespaces("shop")),
      pods.withLabels("").informer({ indexers: { node: (pod) => pod.spec?.nodeName } }),
    ];
    await Promise.all(same.map((informer) => informer.synced()));
    await eventually(() => plainWatches(server).length === 1);
    expect(lists(server)).toHaveLength(1);
    const different = [
      cluster.resources(Pod).informer(),
      pods.withLabel("app").informer(),
      pods.withName("x").informer(),
      pods.informer({ transform: strip }),
      cluster.informer(pods, { transform: strip }),
      pods.informer({ transform: (pod: Pod): KubeObject => strip(pod) }),
    ];
    await Promise.all(different.map((informer) => informer.synced()));
    await eventually(() => plainWatches(server).length === 6);
    // The two with the very same function are one.
    expect(lists(server)).toHaveLength(6);
    await Promise.all([...same, ...different].map((informer) => informer.stop()));
    await eventually(() => server.open === 0);
    const again = pods.informer();
    await again.synced();
    expect(lists(server)).toHaveLength(7);
    await cluster.close();
  });

  it("are named without objects in telemetry, where names become labels", async () => {
    const names = new Set<string>();
    const note = (record: unknown): void => void names.add((record as InformerRecord).informer);
    subscribe(informerChannel, note);
    const cluster = await podServer("x").connect();
    const pods = cluster.resources(Pod).inNamespace("shop");
    const informers = [pods.informer(), pods.withName("x").informer(), cluster.resources(Node).informer()];
    for (const informer of informers) void informer.synced().catch(() => {});
    await eventually(() => names.size === 3);
    expect([...names].sort()).toEqual(["nodes", "one of pods in shop", "pods in shop"]);
    await cluster.close();
    unsubscribe(informerChannel, note);
  });

  it("release the lease where a name clash throws INDEX_CONFLICT: nothing is left half-done", async () => {
    const server = podServer("x");
    const cluster = await server.connect();
    const pods = cluster.resources(Pod).inNamespace("shop");
    const one = pods.informer({ indexers: { node: (pod) => pod.spec?.nodeName } });
    const clash = () => pods.informer({ indexers: { fresh: () => "f", node: () => "other" } });
    expect(clash).toThrow(expect.objectContaining({ code: "INDEX_CONFLICT" }));
    const fresh = pods.informer({ indexers: { fresh: () => "f" } });
    await one.synced();
    expect(fresh.store.indexKeys("fresh", "f")).toEqual(["shop/x"]);
    await stopAll([one as never, fresh as never]);
    // Had the failed one kept its lease, the watch would go on.
    await eventually(() => server.open === 0);
    await cluster.close();
  });

  it("join namespaces into one ordered view, each listed and watched once (K4)", async () => {
    const server = podServer("x");
    const cluster = await server.connect();
    const informer = cluster.resources(Pod).inNamespaces("b", "a", "b").informer();
    await informer.synced();
    await eventually(() => plainWatches(server).length === 2);
    expect(informer.store.keys().sort()).toEqual(["a/x", "b/x"]);
    expect(lists(server).sort()).toEqual([
      "GET /api/v1/namespaces/a/pods?limit=500",
      "GET /api/v1/namespaces/b/pods?limit=500",
    ]);
    const same = cluster.resources(Pod).inNamespaces("a", "b").informer();
    await same.synced();
    expect(lists(server)).toHaveLength(2);
    await cluster.close();
    expect(server.open).toBe(0);
  });

  it("of one name use the field selector metadata.name, for list and watch", async () => {
    const server = podServer("x");
    const cluster = await server.connect();
    const informer = cluster.resources(Pod).inNamespace("shop").withName("x").informer();
    await informer.synced();
    await eventually(() => plainWatches(server).length === 1);
    expect(lists(server)).toEqual([
      "GET /api/v1/namespaces/shop/pods?fieldSelector=metadata.name=x&limit=500",
    ]);
    expect(plainWatches(server)[0]).toMatch(
      /^GET \/api\/v1\/namespaces\/shop\/pods\?watch=true&fieldSelector=metadata.name=x&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=\d+$/,
    );
    expect(server.sent.every(({ retry }) => retry === false)).toBe(true);
    await cluster.close();
  });

  it("ask for a streaming list first, and for a known state by NotOlderThan (R43, R2)", async () => {
    const server = podServer("x");
    const cluster = await server.connect();
    const informer = cluster.resources(Pod).informer();
    await informer.synced();
    expect(server.lines[0]).toMatch(/sendInitialEvents=true&resourceVersionMatch=NotOlderThan$/);
    await cluster.close();
  });

  it("refuse an item without a name, visibly", async () => {
    const server = new Recording(() => ({
      kind: "PodList",
      metadata: { resourceVersion: "1" },
      items: [{ metadata: {} }],
    }));
    const cluster = await server.connect();
    const informer = cluster.resources(Pod).informer({ streamingList: "off" });
    informer.start();
    await eventually(() => informer.health().lastError !== undefined);
    expect(informer.health().lastError).toMatchObject({
      code: "BAD_RESPONSE",
      message: "list pods: an item of the list has no metadata.name",
    });
    await cluster.close();
  });

  it("rejects synced() with the server's 403 at once (P26)", async () => {
    const server = podServer("x");
    const forbidden = { kind: "Status", status: "Failure", code: 403, reason: "Forbidden", message: "no" };
    server.reply = () => new Answer(403, forbidden);
    const cluster = await server.connect();
    const informer = cluster.resources(Pod).informer();
    expect(await rejection(informer.synced())).toMatchObject({
      code: "API",
      status: 403,
      reason: "Forbidden",
    });
    expect(informer.health().state).toBe("failed");
    await cluster.close();
  });
});

describe("watch()", () => {
  const frame = (type: string, name: string, resourceVersion: string) => ({
    type,
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "shop", uid: name, resourceVersion },
    },
  });

  it("yields changes of a selection from a state on; leaving the loop closes the stream", async () => {
    const server = new Recording(({ signal }) =>
      openStream(
        signal,
        frame("ADDED", "x", "11"),
        {
          type: "BOOKMARK",
          object: { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "12" } },
        },
        frame("DELETED", "x", "13"),
      ),
    );
    const cluster = await server.connect();
    const handle = cluster.resources(Pod).inNamespace("shop").withName("x");
    const seen: string[] = [];
    for await (const { type, object } of handle.watch({ resourceVersion: "10" })) {
      seen.push(`${type} ${object.metadata?.name}`);
      if (type === "DELETED") break;
    }
    expect(seen).toEqual(["ADDED x", "DELETED x"]);
    expect(server.lines[0]).toMatch(
      /\?watch=true&fieldSelector=metadata.name=x&allowWatchBookmarks=true&resourceVersion=10/,
    );
    await eventually(() => server.open === 0);
    await cluster.close();
  });

  it("ends with its signal, and with the cluster", async () => {
    const server = new Recording(({ signal }) => openStream(signal));
    const cluster = await server.connect();
    const pods = cluster.resources(Pod);
    const controller = new AbortController();
    const one = pods.watch({ signal: controller.signal, resourceVersion: "1" }).on("ADDED", () => {});
    const two = cluster.watch(pods, { resourceVersion: "1" }).on("ADDED", () => {});
    await eventually(() => server.open === 2);
    controller.abort();
    await one.closed;
    await eventually(() => server.open === 1);
    await cluster.close();
    await two.closed;
    await eventually(() => server.open === 0);
    expect(server.sent).toHaveLength(2);
  });
});

describe("close()", () => {
  it("ends informers, their handlers and connections; afterwards everything is STOPPED", async () => {
    const server = podServer("x", "y");
    const cluster = await server.connect();
    const pods = cluster.resources(Pod).inNamespace("shop");
    const informer = pods.informer();
    const calls: string[] = [];
    informer.on("ADDED", async ({ metadata }, { signal }) => {
      calls.push(`${metadata?.name}`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await informer.synced();
    await eventually(() => plainWatches(server).length === 1);
    const [first, second] = [cluster.close(), cluster.close()];
    expect(first).toBe(second);
    await first;
    expect([calls, server.open, informer.health().state]).toEqual([["x"], 0, "stopped"]);
    const stopped = expect.objectContaining({ code: "STOPPED" });
    const requests = server.sent.length;
    expect(() => cluster.resources(Node)).toThrow(stopped);
    expect(() => pods.informer()).toThrow(stopped);
    expect(() => pods.watch()).toThrow(stopped);
    expect(() => informer.on("ADDED", () => {})).toThrow(stopped);
    expect(await rejection(pods.list())).toEqual(stopped);
    expect(await rejection(pods.withName("x").delete())).toEqual(stopped);
    expect(server.sent).toHaveLength(requests);
  });

  it("frees what it holds at the end of `await using`", async () => {
    const server = podServer("x");
    {
      await using cluster = await server.connect();
      await using informer = cluster.resources(Pod).informer();
      await informer.synced();
    }
    expect(server.open).toBe(0);
  });
});
