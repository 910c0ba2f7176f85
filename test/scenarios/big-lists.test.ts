import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { describe, expect, it } from "vitest";
import { generatedList, generatedVersion } from "./generated-list.ts";
import { ScriptedApi } from "./scripted-api.ts";

const megabyte = 1024 * 1024;

/** Collect garbage, so that what is measured next is what is held. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  if (typeof gc === "function") gc();
}

/** In megabytes. */
interface Memory {
  readonly heap: number;
  readonly rss: number;
}

function memory(): Memory {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / megabyte, rss: rss / megabyte };
}

/** An API server with one large collection, whose bytes it makes only as they are read. */
function bigApi(options: { count: number; objectBytes: number; onProgress?: () => void }) {
  const sent = { bytes: 0 };
  function* counted(style: "paged" | "streaming"): Generator<Uint8Array> {
    for (const chunk of generatedList({ ...options, style })) {
      sent.bytes += chunk.byteLength;
      yield chunk;
    }
  }
  const api = new ScriptedApi();
  api.always("list", (exchange) => {
    const end = async function* (): AsyncGenerator<Uint8Array> {
      yield* counted("paged");
      exchange.end();
    };
    exchange.sendLazily(end());
  });
  api.always("watch", (exchange) => {
    if (exchange.isStreamingList) exchange.sendLazily(counted("streaming"));
    else exchange.open();
  });
  return { api, sent };
}

describe("P15: 120,000 pods, a list of 573 MB", () => {
  it.each(["paged", "streaming"] as const)(
    "P15: syncs from one %s list of 120,000 pods with memory bounded by what the transform keeps",
    async (style) => {
      collectGarbage();
      const before = memory();
      const peak = { heap: 0, rss: 0 };
      const sample = (): void => {
        const now = memory();
        peak.heap = Math.max(peak.heap, now.heap - before.heap);
        peak.rss = Math.max(peak.rss, now.rss - before.rss);
      };
      const { api, sent } = bigApi({ count: 120_000, objectBytes: 4800, onProgress: sample });
      const cluster = await Cluster.connect({ transport: api.transport });
      const informer = cluster.resources(Pod).informer({
        streamingList: style === "paged" ? "off" : "auto",
        transform: ({ metadata }) => ({
          metadata: {
            name: metadata?.name ?? "",
            namespace: metadata?.namespace ?? "",
            uid: metadata?.uid ?? "",
            resourceVersion: metadata?.resourceVersion ?? "",
          },
        }),
      });
      await informer.synced({ timeoutMs: 120_000 });
      sample();
      expect(sent.bytes).toBeGreaterThan(573_000_000);
      expect(informer.store.size).toBe(120_000);
      expect(informer.store.get("big/pod-119999")).toEqual({
        metadata: {
          name: "pod-119999",
          namespace: "big",
          uid: "0b6a3f1e-0000-4000-8000-000000119999",
          resourceVersion: "8119999",
        },
      });
      expect(informer.health().resourceVersion).toBe(generatedVersion);
      expect(informer.health().lists).toBe(1);
      expect(api.exchanges.length).toBeLessThanOrEqual(2);
      // Parsed as they came, 120,000 pods would take 900 MB; their bytes alone 573 MB.
      expect(peak.heap).toBeLessThan(350);
      expect(peak.rss).toBeLessThan(450);
      collectGarbage();
      expect(memory().heap - before.heap).toBeLessThan(150);
      await cluster.close();
    },
    180_000,
  );
});

describe("P16: 150,000 objects in one namespace", () => {
  it.each(["paged", "streaming"] as const)(
    "P16: reads them all with store.list(), and replays them to a late listener (%s list)",
    async (style) => {
      const { api } = bigApi({ count: 150_000, objectBytes: 300 });
      const cluster = await Cluster.connect({ transport: api.transport });
      const handle = cluster.resources(Pod).inNamespace("big");
      const streamingList = style === "paged" ? "off" : "auto";
      const informer = handle.informer({
        streamingList,
        indexers: { phase: (pod) => [pod.status?.phase ?? ""] },
      });
      await informer.synced({ timeoutMs: 120_000 });
      const { store } = informer;
      expect(store.list()).toHaveLength(150_000);
      expect(store.list({ namespace: "big" })).toHaveLength(150_000);
      expect(store.list({ labels: "app=web" })).toHaveLength(150_000);
      expect(store.list({ labels: "shard in (s000000, s149999)" })).toHaveLength(2);
      expect(store.byIndex("phase", "Running")).toHaveLength(150_000);
      expect(store.byIndex("phase", ["Running", "Pending"])).toHaveLength(150_000);
      expect(store.indexKeys("phase", "Running")).toHaveLength(150_000);
      expect(store.keys()).toHaveLength(150_000);
      let told = 0;
      const listener = informer.listen({
        added: () => {
          told += 1;
        },
      });
      await listener.synced();
      expect(told).toBe(150_000);
      await cluster.close();
    },
    120_000,
  );

  it("P16: lists them directly, in one answer", async () => {
    const { api } = bigApi({ count: 150_000, objectBytes: 300 });
    const cluster = await Cluster.connect({ transport: api.transport });
    const { items, metadata } = await cluster.resources(Pod).inNamespace("big").list();
    expect(items).toHaveLength(150_000);
    expect(metadata.resourceVersion).toBe(generatedVersion);
    await cluster.close();
  }, 60_000);
});
