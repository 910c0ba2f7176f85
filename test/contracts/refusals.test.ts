import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import { inMemory } from "./embedded-server.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, named } from "./status.ts";

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

  it.each(["proxy", "ephemeralcontainers", "resize"])(
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
