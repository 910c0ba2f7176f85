import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiCall } from "../../src/client/api-call.ts";
import { Client } from "../../src/client/client.ts";
import { Discovery } from "../../src/client/discovery.ts";
import { health } from "../../src/client/health.ts";
import { version } from "../../src/client/version.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { failure } from "./in-memory.ts";

let server: TestApiServer;
let client: Client;

beforeAll(async () => {
  server = await TestApiServer.start();
  client = new Client(server.transport);
  server.create(ConfigMap, { metadata: { name: "a", namespace: "default" }, data: { key: "value" } });
});
afterAll(() => server.stop());

describe("the client on the embedded server", () => {
  it("discovers every kind, and the kind of a name", async () => {
    const discovery = new Discovery(client);
    expect((await discovery.kinds()).length).toBeGreaterThan(20);
    expect(discovery.failures).toEqual([]);
    const deployment = await discovery.find({ apiVersion: "apps/v1", kind: "Deployment" });
    expect(deployment).toMatchObject({ plural: "deployments", scope: "Namespaced" });
    expect(deployment.verbs).toContain("watch");
    expect(await failure(discovery.find({ apiVersion: "apps/v1", kind: "Deploymnet" }))).toMatchObject({
      message: expect.stringContaining("the closest: Deployment of apps/v1"),
    });
  });

  it("asks for version and health", async () => {
    expect((await version(client)).gitVersion).toMatch(/^v1\./);
    const result = await health(client);
    expect(result).toMatchObject({ live: true, ready: true });
    expect(result.checks.length).toBeGreaterThan(0);
  });

  it("reads metadata alone (H15, I55)", async () => {
    const call = { kind: ConfigMap, namespace: "default", representation: "metadata" } as const;
    const metadata = { name: "a", namespace: "default" };
    const cut = { apiVersion: "v1", kind: "ConfigMap", metadata };
    const one = await client.json<object>({ ...call, verb: "get", name: "a" });
    expect(one).toMatchObject(cut);
    expect(one).not.toHaveProperty("data");
    const list = await client.list<object>({ ...call, verb: "list" });
    expect(list.items.map((item) => Object.keys(item))).toEqual(
      list.items.map(() => ["apiVersion", "kind", "metadata"]),
    );
  });

  it("reads any path, and words a failure as issue 4 has it", async () => {
    const answer = await client.raw("/api/v1/namespaces/default/configmaps/a");
    expect(answer.json()).toMatchObject({ kind: "ConfigMap", data: { key: "value" } });
    const get: ApiCall = { verb: "get", kind: ConfigMap, namespace: "default", name: "b" };
    expect(String(await failure(client.json(get, { timeoutMs: 5000 })))).toBe(
      'ApiError: get configmaps "b" in namespace "default": not found: configmaps "b" not found (404)',
    );
  });
});
