import { Cluster } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it } from "vitest";
import { useScript } from "./script.ts";
import { status } from "./scripted-pods.ts";
import { settle } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

describe("P12: a list of 25 pages of 500", () => {
  it("P12: restarts once, in full, when the continue token expires at page 13: the full set, nothing twice", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    for (let index = 0; index < 12_500; index += 1) pods.create(`pod-${index}`);
    const snapshot = pods.items;
    const listed = pods.resourceVersion;
    api.always("list", (exchange) => {
      if (!exchange.query.has("limit")) return exchange.answer(200, pods.list());
      expect(exchange.query.get("limit")).toBe("500");
      const page = Number(exchange.query.get("continue") ?? "1");
      if (page > 1) expect(exchange.resourceVersion).toBeNull();
      if (page === 13) {
        pods.delete("pod-0");
        pods.modify("pod-1");
        pods.create("born");
        return exchange.answer(410, status(410, "Expired"));
      }
      const items = snapshot.slice((page - 1) * 500, page * 500);
      const next = { resourceVersion: listed, continue: String(page + 1) };
      return exchange.answer(200, pods.list(items, next));
    });
    const informer = script.follow();
    const watch = (await script.next("watch")).open();
    await settle();
    expect(api.lists).toHaveLength(14);
    expect(watch.resourceVersion).toBe(pods.resourceVersion);
    expect(witness.seen).toHaveLength(12_500);
    expect(witness.seen.every(({ type, mark }) => type === "ADDED" && mark)).toBe(true);
    witness.expectOrdered(pods);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P12: follows all 25 pages where no token expires, and watches from the first page's resourceVersion", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    for (let index = 0; index < 12_500; index += 1) pods.create(`pod-${index}`);
    const snapshot = pods.items;
    const listed = pods.resourceVersion;
    api.always("list", (exchange) => {
      const page = Number(exchange.query.get("continue") ?? "1");
      const items = snapshot.slice((page - 1) * 500, page * 500);
      const next = page < 25 ? { continue: String(page + 1) } : {};
      // A later page may say a later one: what counts is where the first page stood.
      exchange.answer(200, pods.list(items, { resourceVersion: page === 1 ? listed : "99999", ...next }));
    });
    const informer = script.follow();
    const watch = (await script.next("watch")).open();
    expect(api.lists).toHaveLength(25);
    expect(watch.resourceVersion).toBe(listed);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P12: gets the full set from the embedded server when its history expires at page 13", async () => {
    let pages = 0;
    await using server = await TestApiServer.start({
      listen: false,
      interceptors: [
        (next) => async (request) => {
          if (request.method === "GET" && request.path.includes("limit=") && ++pages === 13) server.expire();
          return next(request);
        },
      ],
    });
    for (let index = 0; index < 12_500; index += 1) {
      server.create(ConfigMap, { metadata: { name: `map-${index}`, namespace: "default" } });
    }
    const cluster = await Cluster.connect({ transport: server.transport });
    const informer = cluster.resources(ConfigMap).informer({ streamingList: "off" });
    const seen: string[] = [];
    informer.on("ADDED", (map) => seen.push(map.metadata?.name ?? ""));
    await informer.synced();
    await settle();
    expect(pages).toBe(13);
    expect(server.requests.filter({ verb: "list", resource: "configmaps" })).toHaveLength(14);
    expect(new Set(seen).size).toBe(12_500);
    expect(seen).toHaveLength(12_500);
    expect(informer.store.list()).toHaveLength(12_500);
    await cluster.close();
  }, 20_000);
});
