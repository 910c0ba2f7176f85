import { ConfigMap, EventsV1Event } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it } from "vitest";
import { check, recorderFor } from "../../examples/record-events.ts";

it("record-events reports settings without a value, as one series however often it looks", async () => {
  await using server = await TestApiServer.start({ listen: false });
  await using cluster = await server.cluster();
  server.create(ConfigMap, { metadata: { name: "good", namespace: "default" }, data: { a: "1" } });
  server.create(ConfigMap, {
    metadata: { name: "bad", namespace: "default" },
    data: { a: "", b: "1", c: "" },
  });
  {
    await using recorder = recorderFor(cluster);
    for (let round = 0; round < 3; round++) {
      for await (const settings of cluster.resources(ConfigMap).items()) check(recorder, settings);
    }
  }
  const { items } = await cluster.resources(EventsV1Event).inNamespace("default").list();
  expect(items).toMatchObject([
    {
      metadata: { name: expect.stringMatching(/^bad\.[0-9a-f]{16}$/), namespace: "default" },
      type: "Warning",
      reason: "ValueMissing",
      action: "Check",
      note: "No value for a, c",
      regarding: { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "bad" },
      reportingController: "example.com/settings-checker",
      series: { count: 3 },
    },
  ]);
});
