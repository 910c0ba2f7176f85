import { describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import { discoverKinds } from "../../src/client/discovery.ts";
import { inMemory } from "./in-memory.ts";

const resources = [
  {
    name: "widgets",
    singularName: "widget",
    namespaced: true,
    kind: "Widget",
    shortNames: ["wd"],
    categories: ["all"],
  },
  { name: "widgets/status", singularName: "", namespaced: true, kind: "Widget" },
  { name: "plants", singularName: "", namespaced: false, kind: "Plant", verbs: ["get", "list"] },
  { name: "queue_messages_ready", singularName: "", namespaced: true, kind: "ExternalMetricValueList" },
  "nonsense",
  { name: 5 },
];

describe("discoverKinds", () => {
  it("makes kinds of what a group serves, and leaves out what cannot be listed", async () => {
    const transport = inMemory({
      body: { kind: "APIResourceList", groupVersion: "example.com/v1", resources },
    });
    const kinds = await discoverKinds(new Client(transport), "example.com/v1");
    expect(transport.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /apis/example.com/v1",
    ]);
    expect(kinds).toEqual([
      {
        group: "example.com",
        version: "v1",
        kind: "Widget",
        plural: "widgets",
        scope: "Namespaced",
        subresources: ["status"],
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        singular: "widget",
        shortNames: ["wd"],
        categories: ["all"],
      },
      {
        group: "example.com",
        version: "v1",
        kind: "Plant",
        plural: "plants",
        scope: "Cluster",
        subresources: [],
        verbs: ["get", "list"],
        singular: "plant",
        shortNames: [],
        categories: [],
      },
    ]);
  });

  it("asks the core group under /api", async () => {
    const transport = inMemory({ body: { kind: "APIResourceList", resources: [] } });
    expect(await discoverKinds(new Client(transport), "v1")).toEqual([]);
    expect(transport.sent[0]?.path).toBe("/api/v1");
  });

  it.each(["a/b/c", "", "../v1", "a%2fb/v1"])("refuses %j before any request (P30)", async (groupVersion) => {
    const transport = inMemory();
    await expect(discoverKinds(new Client(transport), groupVersion)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(transport.sent).toEqual([]);
  });

  it("is BAD_RESPONSE for an answer that is no APIResourceList, and ApiError 404 where it is not served", async () => {
    const notServed = { kind: "Status", status: "Failure", reason: "NotFound", code: 404 };
    const transport = inMemory({ body: { kind: "Pod" } }, { status: 404, body: notServed });
    const client = new Client(transport);
    await expect(discoverKinds(client, "apps/v1")).rejects.toMatchObject({ code: "BAD_RESPONSE" });
    await expect(discoverKinds(client, "apps/v1")).rejects.toMatchObject({ code: "API", status: 404 });
  });
});
