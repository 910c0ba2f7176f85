import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  configMaps,
  type Front,
  fronts,
  inMemory,
  type Json,
  named,
  pods,
  widget,
  widgets,
} from "./fronts.ts";

describe.each(fronts)("create %s", (_name, start) => {
  let front: Front;
  beforeEach(async () => {
    front = await start();
  });
  afterEach(() => front[Symbol.asyncDispose]());

  it("sets uid, creationTimestamp and a global resourceVersion (beats T6 and T7)", async () => {
    const { status, json } = await front.call("POST", configMaps, named("a", { data: { k: "v" } }));
    expect(status).toBe(201);
    const { uid, creationTimestamp, resourceVersion, managedFields, ...meta } = json.metadata;
    expect(meta).toEqual({ name: "a", namespace: "default" });
    expect(managedFields).toMatchObject([{ operation: "Update", fieldsV1: { "f:data": { "f:k": {} } } }]);
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(json).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", data: { k: "v" } });
    const pod = await front.call("POST", pods, named("p"));
    expect(Number(pod.json.metadata.resourceVersion)).toBe(Number(resourceVersion) + 1);
    expect((await front.call("GET", `${configMaps}/a`)).json).toEqual(json);
  });

  it("ignores system metadata that a client sends", async () => {
    const sent = {
      uid: "mine",
      creationTimestamp: "2001-01-01T00:00:00Z",
      deletionTimestamp: "2001-01-01T00:00:00Z",
      generation: 7,
      selfLink: "/x",
    };
    const { json } = await front.call("POST", configMaps, { metadata: { name: "a", ...sent } });
    expect(json.metadata).not.toMatchObject({ uid: "mine" });
    expect(json.metadata.creationTimestamp > "2002").toBe(true);
    for (const field of ["deletionTimestamp", "selfLink"]) {
      expect(json.metadata).not.toHaveProperty(field);
    }
  });

  it("counts generations for the kinds that have them (beats T7 and T20)", async () => {
    expect((await front.call("POST", pods, named("p"))).json.metadata.generation).toBe(1);
    expect((await front.call("POST", widgets, widget("w"))).json.metadata.generation).toBe(1);
    expect((await front.call("POST", configMaps, named("c"))).json.metadata).not.toHaveProperty("generation");
  });

  it("drops a status that has a path of its own and sets what kinds begin with (beats T15)", async () => {
    const pod = await front.call("POST", pods, named("p", { status: { phase: "Running" } }));
    expect(pod.json.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
    expect(pod.json.spec).toMatchObject({ restartPolicy: "Always", schedulerName: "default-scheduler" });
    const made = await front.call("POST", widgets, widget("w", { status: { ready: true } }));
    expect(made.json).not.toHaveProperty("status");
    const namespace = await front.call("POST", "/api/v1/namespaces", named("shop"));
    expect(namespace.json).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": "shop" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    const node = await front.call("POST", "/api/v1/nodes", named("n", { status: { nodeInfo: {} } }));
    expect(node.json.status).toEqual({ nodeInfo: {} });
  });

  it("tells how sure a Pod is of what it uses", async () => {
    const classOf = async (name: string, ...resources: object[]): Promise<string> => {
      const containers = resources.map((one, i) => ({ name: `c${i}`, image: "i", resources: one }));
      return (await front.call("POST", pods, named(name, { spec: { containers } }))).json.status.qosClass;
    };
    const all = { cpu: "1", memory: "1Gi" };
    expect(await classOf("a", { limits: all }, { limits: all, requests: all })).toBe("Guaranteed");
    expect(await classOf("b", { limits: all }, { requests: { cpu: "1" } })).toBe("Burstable");
    expect(await classOf("c", {}, {})).toBe("BestEffort");
  });

  it("keeps nothing of a dry run, and still refuses what is taken (beats T7)", async () => {
    const { status, json } = await front.call("POST", `${configMaps}?dryRun=All`, named("dry"));
    expect(status).toBe(201);
    expect(json.metadata).toMatchObject({ name: "dry", namespace: "default" });
    expect(json.metadata).not.toHaveProperty("resourceVersion");
    expect((await front.call("GET", `${configMaps}/dry`)).status).toBe(404);
    await front.call("POST", configMaps, named("a"));
    expect((await front.call("POST", `${configMaps}?dryRun=All`, named("a"))).status).toBe(409);
  });

  it("refuses metadata of the wrong types with 400", async () => {
    for (const metadata of [{ name: 1 }, { name: "a", labels: { a: 1 } }, { name: "a", finalizers: "x" }]) {
      const { json } = await front.call("POST", configMaps, { metadata });
      expect(json).toMatchObject({ code: 400, reason: "BadRequest" });
      expect(json.message).toContain("cannot be handled as a ConfigMap: json: cannot unmarshal");
    }
  });

  it("demands of extension kinds, and of them alone, that objects say what they are", async () => {
    const post = async (body: object): Promise<string> =>
      (await front.call("POST", widgets, body)).json.message;
    expect(await post(named("w"))).toBe(
      `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{"metadata":{"name":"w"}}' ({"metadata":{"name":"w"}})`,
    );
    expect(await post({ kind: "Widget", ...named("w") })).toBe(
      "the API version in the data () does not match the expected API version (example.com/v1)",
    );
    expect(await post(widget("w", { kind: "Gadget" }))).toBe(
      'Gadget.example.com "w" is invalid: kind: Invalid value: "Gadget": must be Widget',
    );
  });

  it("takes null for absent, except in the fields of extension kinds", async () => {
    const sent = { metadata: { name: "a", creationTimestamp: null, labels: null }, data: null };
    expect((await front.call("POST", configMaps, sent)).json).not.toHaveProperty("data");
    const made = await front.call("POST", widgets, widget("w", { spec: { size: null } }));
    expect(made.json.spec).toEqual({ size: null });
  });

  it("keeps a field called __proto__ a field", async () => {
    const body = '{"metadata":{"name":"a"},"data":{"__proto__":"x"}}';
    const { text } = await front.call("POST", configMaps, body);
    expect(text).toContain('"data":{"__proto__":"x"}');
  });
});

describe("generated names", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("appends five characters to at most 58 of the prefix (T17)", async () => {
    await using front = await inMemory();
    const { json } = await front.call("POST", configMaps, { metadata: { generateName: "gen-" } });
    expect(json.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(json.metadata.generateName).toBe("gen-");
    const long = await front.call("POST", configMaps, { metadata: { generateName: "x".repeat(80) } });
    expect(long.json.metadata.name).toHaveLength(63);
  });

  it("tries again when the name is taken, eight times in all (T17)", async () => {
    await using front = await inMemory();
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const create = (): Promise<{ json: Json }> =>
      front.call("POST", configMaps, { metadata: { generateName: "gen-" } });
    expect((await create()).json.metadata.name).toBe("gen-bbbbb");
    let calls = 0;
    // Each attempt takes five letters and a uid of 31 digits: the second attempt differs.
    random.mockImplementation(() => (calls++ < 36 ? 0 : 0.5));
    expect((await create()).json.metadata.name).toMatch(/^gen-(?!bbbbb)\w{5}$/);
    random.mockReturnValue(0);
    expect((await create()).json).toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      details: { name: "gen-bbbbb", kind: "configmaps", retryAfterSeconds: 1 },
      message:
        'configmaps "gen-bbbbb" already exists, the server was not able to generate a unique name for the object',
    });
  });
});
