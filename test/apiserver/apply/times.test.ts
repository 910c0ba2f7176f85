import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiServer } from "../../../src/apiserver/api-server.ts";
import { ConfigMap } from "../../../src/kinds/index.ts";
import type { ManagedFieldsEntry } from "../../../src/resource/object.ts";
import { TestApiServer } from "../../../src/testing/index.ts";
import { type Json, request } from "../../contracts/server-under-test.ts";

const path = "/api/v1/namespaces/default/configmaps/a";

describe("times of field managers", () => {
  let server: ApiServer;
  const send = async (
    method: "PATCH" | "POST" | "PUT",
    body: object,
    type = "apply-patch+yaml",
  ): Promise<Json> => {
    const to = method === "POST" ? path.slice(0, -2) : path;
    const headers = { "content-type": `application/${type}`, "user-agent": "agent/1" };
    const query = type === "apply-patch+yaml" ? "?fieldManager=me" : "";
    return (await request({ transport: server.handle }, method, `${to}${query}`, { body, headers })).json;
  };
  const applied = (data: object): object => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
    data,
  });
  const times = (object: Json): unknown =>
    object.metadata.managedFields.map(({ manager, time }: ManagedFieldsEntry) => [manager, time]);

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") });
    server = new ApiServer();
  });
  afterEach(() => {
    server.close();
    vi.useRealTimers();
  });

  it("are those of the last change: an apply that changes nothing keeps time and resourceVersion", async () => {
    const first = await send("PATCH", applied({ x: "1" }));
    vi.setSystemTime(new Date("2026-01-01T00:01:00Z"));
    expect(await send("PATCH", applied({ x: "1" }))).toEqual(first);
    // What kubectl writes into manifests, and the server fills again.
    const unset = { ...applied({ x: "1" }), metadata: { name: "a", creationTimestamp: null } };
    expect(await send("PATCH", unset)).toEqual(first);
    const changed = await send("PATCH", applied({ x: "2" }));
    expect(times(changed)).toEqual([["me", "2026-01-01T00:01:00Z"]]);
  });

  it("change for who changed something, and for nobody else", async () => {
    await send("POST", applied({ x: "1", y: "1" }), "json");
    vi.setSystemTime(new Date("2026-01-01T00:01:00Z"));
    await send("PATCH", applied({ z: "1" }));
    vi.setSystemTime(new Date("2026-01-01T00:02:00Z"));
    const same = await send("PATCH", { data: { x: "1" } }, "merge-patch+json");
    const before = [
      ["me", "2026-01-01T00:01:00Z"],
      ["agent", "2026-01-01T00:00:00Z"],
    ];
    expect(times(same)).toEqual(before);
    const other = await send("PATCH", { data: { x: "2" } }, "merge-patch+json");
    expect(times(other)).toEqual([before[0], ["agent", "2026-01-01T00:02:00Z"]]);
  });
});

describe("objects written from inside", () => {
  it("are tracked from their first apply on, and keep managers that they were given", async () => {
    await using server = await TestApiServer.start();
    const entry = {
      manager: "given",
      operation: "Apply",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { "f:x": {} } },
    };
    server.create(ConfigMap, { metadata: { name: "given", managedFields: [entry] }, data: { x: "1" } });
    expect(server.get(ConfigMap, "default/given")?.metadata?.managedFields).toEqual([entry]);
    server.create(ConfigMap, { metadata: { name: "a" }, data: { x: "1" } });
    server.update(ConfigMap, { metadata: { name: "a" }, data: { x: "2" } });
    expect(server.get(ConfigMap, "default/a")?.metadata).not.toHaveProperty("managedFields");
    const apply = (x: string): ReturnType<typeof request> =>
      request(server, "PATCH", `${path}?fieldManager=me`, {
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x } },
        headers: { "content-type": "application/apply-patch+yaml" },
      });
    expect((await apply("3")).json.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
    );
    expect((await apply("2")).status).toBe(200);
    server.update(ConfigMap, { metadata: { name: "a" }, data: { x: "5" } });
    const managers = server.get(ConfigMap, "default/a")?.metadata?.managedFields;
    expect(managers?.map(({ manager }) => manager)).toEqual(["before-first-apply", "test-api-server"]);
  });
});
