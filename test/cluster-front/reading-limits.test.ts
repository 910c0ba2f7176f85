import { describe, expect, it } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";

const large = { metadata: { name: "large", namespace: "default" }, data: { text: "x".repeat(4000) } };

describe("how a handle reads", () => {
  it("informer: asks for pages of the size that was said", async () => {
    await using server = await TestApiServer.start({ listen: false });
    for (const name of ["a", "b", "c"])
      server.create(ConfigMap, { metadata: { name, namespace: "default" } });
    const cluster = await server.cluster();
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const informer = configMaps.informer({ streamingList: "off", pageSize: 2 });
    await informer.synced();
    const lists = server.requests.filter({ verb: "list", resource: "configmaps" });
    expect(lists.map(({ query }) => new URLSearchParams(query).get("limit"))).toEqual(["2", "2"]);
    expect(informer.store.size).toBe(3);
  });

  it("informer: refuses a frame above the limit, says which to raise, and goes on", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const informer = configMaps.informer({ maxFrameBytes: 2000 });
    const { promise: told, resolve } = Promise.withResolvers<KubeError>();
    informer.on("error", resolve);
    await informer.synced();
    server.create(ConfigMap, large);
    expect(await told).toMatchObject({
      code: "FRAME_TOO_LARGE",
      message: expect.stringMatching(/watch configmaps in namespace "default".*2000 bytes.*`maxFrameBytes`/),
    });
    expect(informer.health().state).toBe("live");
  });

  it("watch: reports a frame above the limit, and reads it with a larger one", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const { metadata } = await configMaps.list();
    server.create(ConfigMap, large);
    const from = { resourceVersion: metadata.resourceVersion };
    const { promise: told, resolve } = Promise.withResolvers<KubeError>();
    const small = configMaps.watch({ ...from, maxFrameBytes: 2000 }).on("ERROR", resolve);
    small.start();
    expect(await told).toMatchObject({ code: "FRAME_TOO_LARGE" });
    await small.stop();
    for await (const { object } of configMaps.watch({ ...from, maxFrameBytes: 20_000 })) {
      expect(object.data?.text).toHaveLength(4000);
      break;
    }
  });
});
