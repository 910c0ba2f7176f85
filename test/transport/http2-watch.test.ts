import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { type Http2Server, serveHttp2 } from "./http2-server.ts";
import { certificate } from "./local-server.ts";

let pair: { cert: string; key: string };

beforeAll(async () => {
  pair = await certificate();
});

const frame = (type: string, resourceVersion: number): string => {
  const metadata = {
    name: "settings",
    namespace: "shop",
    uid: "u",
    resourceVersion: String(resourceVersion),
  };
  return `${JSON.stringify({ type, object: { apiVersion: "v1", kind: "ConfigMap", metadata } })}\n`;
};

/** Sends one change above the version that a watch begins after, and leaves the watch open. */
async function watched(): Promise<Http2Server & { readonly from: string[] }> {
  const from: string[] = [];
  const server = await serveHttp2(pair, (request, response) => {
    const version = new URL(request.url, "https://h").searchParams.get("resourceVersion") ?? "";
    from.push(version);
    response.writeHead(200, { "content-type": "application/json" });
    response.write(frame("MODIFIED", Number(version) + 1));
  });
  return Object.assign(server, { from });
}

const ways: Readonly<Record<string, (server: Http2Server) => void>> = {
  "its connection is lost": (server) => {
    for (const socket of server.sockets) socket.destroy();
  },
  "the server ends it by a GOAWAY with an error": (server) => {
    for (const session of server.sessions) session.goaway(2, 0);
  },
  "the server shuts its session down": (server) => {
    for (const session of server.sessions) session.destroy();
  },
};

describe("a watch over HTTP/2", () => {
  let cluster: Cluster | undefined;
  afterAll(() => cluster?.close());

  it.each(Object.entries(ways))(
    "goes on after the last change, without one lost or twice, when %s",
    async (_way, end) => {
      await using server = await watched();
      const { port } = new URL(server.url);
      cluster = await Cluster.connect({
        server: `https://127.0.0.1:${port}`,
        ca: pair.cert,
        serverName: "localhost",
        http2: true,
      });
      const watches = ["10", "20"].map((resourceVersion) =>
        cluster
          ?.resources(ConfigMap)
          .inNamespace("shop")
          .watch({ resourceVersion, backoff: { initialMs: 1 } }),
      );
      for (const watch of watches) watch?.on("ERROR", () => {});
      const seen = watches.map(() => [] as string[]);
      const twice = watches.map((watch, index) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        watch?.on("MODIFIED", (object) => {
          seen[index]?.push(object.metadata.resourceVersion ?? "");
          if (seen.every((versions) => versions.length === 1)) end(server);
          if (seen[index]?.length === 2) resolve();
        });
        return promise;
      });
      await Promise.all(twice);
      expect(seen).toEqual([
        ["11", "12"],
        ["21", "22"],
      ]);
      expect(server.from.toSorted()).toEqual(["10", "11", "20", "21"]);
      for (const watch of watches) await watch?.stop();
      await cluster.close();
    },
  );
});
