import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import { inMemory } from "./embedded-server.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, failure, named } from "./status.ts";

/** What a real kube-apiserver offers and the embedded one does not: refused by a Status, never pretended. */
describe("the embedded API server refuses", () => {
  let server: ServerUnderTest;
  let namespace: string;
  let path: string;
  const call = caller(() => server);

  beforeAll(async () => {
    server = await inMemory();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    namespace = await server.namespace();
    const configMaps = collection(ConfigMap, namespace);
    path = `${configMaps}/a`;
    await create(server, configMaps, { ...named("a"), data: { k: "v" } });
  });

  it.each([
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "application/apply-patch+cbor",
  ])("patches of type %s, by 415 (T9, T18)", async (type) => {
    const body = { apiVersion: "v1", kind: "ConfigMap", data: { k: "w" } };
    const answer = await call("PATCH", `${path}?fieldManager=me`, {
      body,
      headers: { "content-type": type },
    });
    const offered = "application/json-patch+json, application/merge-patch+json";
    const message = `the body of the request was in an unknown format - accepted media types include: ${offered}`;
    expect(answer.json).toEqual(failure(415, "UnsupportedMediaType", message));
    expect((await call("GET", path)).json.data).toEqual({ k: "v" });
  });

  it.each(["exec", "attach", "portforward", "log", "eviction", "binding", "ephemeralcontainers", "resize"])(
    "the subresource %s of pods, by 501 (T19)",
    async (name) => {
      const pods = collection(Pod, namespace);
      await create(server, pods, { ...named("p"), spec: { containers: [{ name: "c", image: "i" }] } });
      for (const method of ["GET", "POST"] as const) {
        const { status, json } = await call(
          method,
          `${pods}/p/${name}`,
          method === "POST" ? { body: {} } : {},
        );
        expect([status, json.reason]).toEqual([501, "NotImplemented"]);
      }
    },
  );

  it.each([
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf",
    "application/yaml",
  ])("to answer as %s, by 406 (R18, H15)", async (accept) => {
    const { status, json } = await call("GET", path, { headers: { accept } });
    expect([status, json.reason]).toEqual([406, "NotAcceptable"]);
    expect(
      (await call("GET", path, { headers: { accept: `${accept}, application/json` } })).json.data,
    ).toEqual({ k: "v" });
  });

  it.each(["application/yaml", "application/vnd.kubernetes.protobuf", "application/cbor"])(
    "bodies of type %s, by 415 (H14)",
    async (type) => {
      const { status, json } = await call("PUT", path, {
        body: "data: {}",
        headers: { "content-type": type },
      });
      expect([status, json.reason]).toEqual([415, "UnsupportedMediaType"]);
    },
  );
});
