import { describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import { discoverAll } from "../../src/client/discover-all.ts";
import { type Answer, failure, inMemory } from "./in-memory.ts";

const aggregated = (items: unknown): Answer => ({
  body: { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items },
});
const pods = {
  resource: "pods",
  responseKind: { group: "", version: "", kind: "Pod" },
  scope: "Namespaced",
  singularResource: "pod",
  verbs: ["get", "list", "watch"],
  shortNames: ["po"],
  categories: ["all"],
  subresources: [
    { subresource: "log", responseKind: { group: "", version: "", kind: "Pod" }, verbs: ["get"] },
    { subresource: "status", responseKind: { group: "", version: "", kind: "Pod" }, verbs: ["get", "patch"] },
  ],
};
const resource = (name: string, kind: string) => ({
  resource: name,
  responseKind: { group: "", version: "", kind },
  scope: "Cluster",
  verbs: ["get"],
});
const version = (name: string, resources: unknown, freshness = "Current") => ({
  version: name,
  resources,
  freshness,
});

describe("discovery of everything", () => {
  it("takes two requests, with plural, scope, subresources and verbs as the server says", async () => {
    const groups = [{ metadata: { name: "apps" }, versions: [version("v1", [resource("things", "Thing")])] }];
    const transport = inMemory(
      aggregated([{ metadata: {}, versions: [version("v1", [pods])] }]),
      aggregated(groups),
    );
    const { versions, failures } = await discoverAll(new Client(transport));
    expect(transport.sent.map(({ path }) => path)).toEqual(["/api", "/apis"]);
    expect(transport.sent[0]?.headers.accept).toMatch(
      /^application\/json;g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList,.*,application\/json$/,
    );
    expect(versions.get("v1")).toEqual([
      {
        group: "",
        version: "v1",
        kind: "Pod",
        plural: "pods",
        scope: "Namespaced",
        subresources: ["log", "status"],
        verbs: ["get", "list", "watch"],
        singular: "pod",
        shortNames: ["po"],
        categories: ["all"],
      },
    ]);
    expect(versions.get("apps/v1")).toMatchObject([{ kind: "Thing", scope: "Cluster", subresources: [] }]);
    expect(failures).toEqual([]);
  });

  it("keeps the server's order: the preferred version of a group comes first", async () => {
    const groups = [
      { metadata: { name: "b.io" }, versions: [version("v2", []), version("v1", [])] },
      { metadata: { name: "a.io" }, versions: [version("v1", [])] },
    ];
    const { versions } = await discoverAll(new Client(inMemory(aggregated([]), aggregated(groups))));
    expect([...versions.keys()]).toEqual(["b.io/v2", "b.io/v1", "a.io/v1"]);
  });

  it("reports a group that its server does not answer for, and hides no other", async () => {
    const groups = [
      { metadata: { name: "metrics.k8s.io" }, versions: [version("v1beta1", [], "Stale")] },
      { metadata: { name: "apps" }, versions: [version("v1", [resource("things", "Thing")])] },
    ];
    const { versions, failures } = await discoverAll(
      new Client(inMemory(aggregated([]), aggregated(groups))),
    );
    expect(versions.get("apps/v1")).toHaveLength(1);
    expect(failures).toMatchObject([
      { apiVersion: "metrics.k8s.io/v1beta1", error: { code: "CONNECTION_FAILED" } },
    ]);
  });

  it("passes over entries that are none, and takes the rest", async () => {
    const resources = [
      null,
      {},
      { resource: "a/b", responseKind: { kind: "X" } },
      resource("x", "n o"),
      resource("things", "Thing"),
      { resource: "y", responseKind: null },
    ];
    const groups = [
      null,
      { metadata: { name: "a.io" }, versions: [{}, { version: 5 }, version("v1", resources)] },
      { versions: "x" },
    ];
    const { versions } = await discoverAll(new Client(inMemory(aggregated(groups), aggregated(null))));
    expect([...versions.values()].flat()).toMatchObject([{ kind: "Thing" }]);
  });

  it("asks version by version where the server cannot answer at once, the preferred ones first", async () => {
    const list = (...names: string[]): Answer => ({
      body: {
        kind: "APIResourceList",
        resources: names.map((name) => ({ name, kind: "Thing", namespaced: true, verbs: ["get"] })),
      },
    });
    const groups = [
      {
        name: "a.io",
        versions: [{ version: "v1" }, { version: "v2" }, { version: "v3" }],
        preferredVersion: { version: "v2" },
      },
      { name: "down.io", versions: [{ version: "v1" }] },
    ];
    const answers: Record<string, Answer> = {
      "/api": { body: { kind: "APIVersions", versions: ["v1"] } },
      "/apis": { body: { kind: "APIGroupList", groups } },
      "/api/v1": list("pods", "pods/log"),
      "/apis/a.io/v1": list("ones"),
      "/apis/a.io/v2": list("twos"),
      "/apis/a.io/v3": list("threes"),
      "/apis/down.io/v1": {
        status: 503,
        body: "service unavailable",
        headers: { "content-type": "text/plain" },
      },
    };
    const client = new Client((request) => inMemory(answers[request.path] ?? { status: 404 })(request));
    const { versions, failures } = await discoverAll(client);
    expect([...versions.keys()]).toEqual(["v1", "a.io/v2", "a.io/v1", "a.io/v3", "down.io/v1"]);
    expect(versions.get("v1")).toMatchObject([{ plural: "pods", subresources: ["log"], verbs: ["get"] }]);
    expect(failures).toMatchObject([{ apiVersion: "down.io/v1", error: { code: "API", status: 503 } }]);
  });

  it("rejects where not even the list of groups can be read", async () => {
    const client = new Client(inMemory({ body: { kind: "Pod" } }, { body: { kind: "Pod" } }));
    expect(await failure(discoverAll(client))).toMatchObject({ code: "BAD_RESPONSE" });
    const forbidden = { status: 403, body: { kind: "Status", code: 403, reason: "Forbidden" } };
    expect(await failure(discoverAll(new Client(inMemory(forbidden, forbidden))))).toMatchObject({
      status: 403,
    });
  });
});
