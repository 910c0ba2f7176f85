import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
});

it("syncs with a server that is overloaded at first", async () => {
  vi.useFakeTimers();
  await using server = await TestApiServer.start({ listen: false });
  const cluster = await server.cluster();
  server.failNext({ verb: "watch", resource: "pods", status: 429, retryAfterSeconds: 1, times: 2 }); // an overload

  const synced = cluster.resources(Pod).informer().synced();
  await vi.advanceTimersByTimeAsync(10_000);
  await synced;
  expect(server.requests.filter({ verb: "watch" }).map(({ status }) => status)).toEqual([429, 429, 200]);
});

it("tells a proxy's page from an answer of Kubernetes", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const cluster = await server.cluster();
  server.failNext({ verb: "list", status: 502, body: "<html><title>Bad gateway</title></html>" });

  await expect(cluster.resources(Pod).list()).rejects.toThrow("list pods: bad gateway: an HTML page");
});

it("asks for bookmarks, in one watch", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const informer = (await server.cluster()).resources(Pod).informer();

  const opened = server.requests.next({ verb: "watch", resource: "pods" });
  await informer.synced();
  expect((await opened).query).toContain("allowWatchBookmarks=true");
  expect(server.openWatches).toBe(1);
});
