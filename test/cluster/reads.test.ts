import { beforeAll, describe, expect, it, vi } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { Interceptor } from "../../src/transport/port.ts";
import { describeOnCluster, rejection } from "./real-cluster.ts";

const names = (items: readonly ConfigMap[]): unknown[] => items.map(({ metadata }) => metadata?.name);

/** A continue token whose state is gone: revision 1 was compacted before the server began. */
function expired(token: string): string {
  const { v, start } = JSON.parse(Buffer.from(token, "base64url").toString());
  return Buffer.from(JSON.stringify({ v, rv: 1, start })).toString("base64url");
}

/** Lets every continue token expire on its way, and counts the lists that are sent. */
function expiring(): { interceptor: Interceptor; lists: string[] } {
  const lists: string[] = [];
  const interceptor: Interceptor = (next) => (request) => {
    const url = new URL(request.path, "http://server");
    if (request.method === "GET" && !url.searchParams.has("watch")) {
      const token = url.searchParams.get("continue");
      lists.push(token === null ? "first" : "next");
      if (token !== null) url.searchParams.set("continue", expired(token));
    }
    return next({ ...request, path: url.pathname + url.search });
  };
  return { interceptor, lists };
}

describeOnCluster("reads on a real kube-apiserver", (cluster) => {
  let namespace: string;
  const all = ["a", "b", "c", "d", "e", "f", "g"];

  beforeAll(async () => {
    namespace = await cluster().namespace();
    const configMaps = cluster().admin.resources(ConfigMap).inNamespace(namespace);
    for (const name of all) {
      await configMaps.create({ metadata: { name, labels: { letter: name } }, data: { k: "v" } });
    }
  });

  describe("pages whose continue token expires", () => {
    it("throws the 410 that the server answers, after the pages that came (P8, R17)", async () => {
      const { interceptor, lists } = expiring();
      const client = await cluster().connect({ interceptors: [interceptor] });
      const seen: unknown[] = [];
      const reading = (async () => {
        const pages = client.resources(ConfigMap).inNamespace(namespace).pages({ pageSize: 3 });
        for await (const page of pages) seen.push(names(page.items));
      })();
      const error = await rejection(reading);
      expect(seen).toEqual([["a", "b", "c"]]);
      expect(lists).toEqual(["first", "next"]);
      expect(error).toMatchObject({ status: 410, reason: "Expired" });
      expect(error.message).toMatch(/^list configmaps in namespace "[^"]+": expired: .*\(410\)\. List again/);
    });

    it("fills an informer with the whole set by one more list (P12, R16)", async () => {
      const { interceptor, lists } = expiring();
      const client = await cluster().connect({ interceptors: [interceptor] });
      const informer = client
        .resources(ConfigMap)
        .inNamespace(namespace)
        .informer({ streamingList: "off", pageSize: 3 });
      await informer.synced({ timeoutMs: 20_000 });
      expect(names(informer.store.list()).sort()).toEqual(all);
      expect(lists).toEqual(["first", "next", "first"]);
      await informer.stop();
    });
  });

  describe("metadata alone", () => {
    it("lists, gets and watches objects without their contents (H15)", async () => {
      const bodies: string[] = [];
      const spy: Interceptor = (next) => (request) => {
        bodies.push(request.headers.accept ?? "");
        return next(request);
      };
      const client = await cluster().connect({ interceptors: [spy] });
      const metadata = client.resources(ConfigMap).inNamespace(namespace).metadata();
      const { items } = await metadata.withLabels("letter in (a,b)").list();
      expect(items).toMatchObject([{ metadata: { name: "a" } }, { metadata: { name: "b" } }]);
      for (const item of items) expect(item).not.toHaveProperty("data");
      expect(await metadata.withName("a").get()).not.toHaveProperty("data");
      expect(bodies).toEqual([
        expect.stringContaining("as=PartialObjectMetadataList"),
        expect.stringMatching(/as=PartialObjectMetadata;/),
      ]);
      for await (const event of metadata.watch()) {
        if (!("object" in event)) continue;
        expect(event.object).not.toHaveProperty("data");
        break;
      }
    });

    it.each(["auto", "off"] as const)(
      "keeps an informer's store up to date (streaming: %s)",
      async (streamingList) => {
        const configMaps = cluster().admin.resources(ConfigMap).inNamespace(namespace);
        const informer = configMaps.metadata().informer({ streamingList });
        const added = vi.fn();
        informer.on("ADDED", ({ metadata }) => added(metadata?.name));
        await informer.synced({ timeoutMs: 20_000 });
        expect(informer.store.list()).toHaveLength(all.length);
        const arrives = new Promise<void>((resolve) => {
          informer.on("DELETED", () => resolve());
        });
        await configMaps.create({ metadata: { name: "late" }, data: { large: "x".repeat(1000) } });
        await configMaps.withName("late").delete();
        await arrives;
        expect(added).toHaveBeenLastCalledWith("late");
        for (const object of informer.store.list()) expect(object).not.toHaveProperty("data");
        await informer.stop();
      },
    );
  });
});
