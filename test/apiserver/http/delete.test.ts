import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configMaps, type Front, fronts, inMemory, type Json, mergePatch, named, pods } from "./fronts.ts";

const finalizer = "example.com/f";
const held = (name: string): object => ({ metadata: { name, finalizers: [finalizer] } });

describe.each(fronts)("delete %s", (_name, start) => {
  let front: Front;
  const post = async (path: string, body: object): Promise<Json> =>
    (await front.call("POST", path, body)).json;

  beforeEach(async () => {
    front = await start();
  });
  afterEach(() => front[Symbol.asyncDispose]());

  it("answers with a Status that names what went, or with the object, by kind", async () => {
    const { metadata } = await post(configMaps, named("a"));
    const { status, json } = await front.call("DELETE", `${configMaps}/a`);
    expect(status).toBe(200);
    expect(json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: metadata.uid },
    });
    expect((await front.call("GET", `${configMaps}/a`)).status).toBe(404);
    await post(pods, named("p"));
    expect((await front.call("DELETE", `${pods}/p`)).json).toMatchObject({
      kind: "Pod",
      metadata: { name: "p" },
    });
    expect((await front.call("GET", `${pods}/p`)).status).toBe(404);
  });

  it("marks what has finalizers and removes it with the last one (T16)", async () => {
    await post(configMaps, held("a"));
    const marked = await front.call("DELETE", `${configMaps}/a`);
    expect(marked.status).toBe(200);
    expect(marked.json.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: [finalizer] });
    expect(marked.json.metadata.deletionTimestamp).toMatch(/Z$/);
    expect((await front.call("DELETE", `${configMaps}/a`)).json).toEqual(marked.json);
    const taken = await front.call("POST", configMaps, named("a"));
    expect(taken.json.message).toBe('object is being deleted: configmaps "a" already exists');
    const last = await front.call("PATCH", `${configMaps}/a`, { metadata: { finalizers: null } }, mergePatch);
    const { finalizers: _, managedFields: __, ...rest } = marked.json.metadata;
    expect({ ...last.json.metadata, managedFields: undefined }).toEqual(rest);
    expect((await front.call("GET", `${configMaps}/a`)).status).toBe(404);
  });

  it("keeps deletionTimestamp as it is and refuses new finalizers on what is going (T16)", async () => {
    await post(configMaps, held("a"));
    const alive = { metadata: { deletionTimestamp: "2030-01-01T00:00:00Z" } };
    const early = await front.call("PATCH", `${configMaps}/a`, alive, mergePatch);
    expect(early.json).toMatchObject({
      code: 422,
      details: { causes: [{ field: "metadata.deletionTimestamp" }, {}] },
    });
    const { json: marked } = await front.call("DELETE", `${configMaps}/a`);
    const unmark = { metadata: { deletionTimestamp: null } };
    expect((await front.call("PATCH", `${configMaps}/a`, unmark, mergePatch)).json).toEqual(marked);
    const added = { metadata: { finalizers: [finalizer, "example.com/new"] } };
    const { json } = await front.call("PATCH", `${configMaps}/a`, added, mergePatch);
    const cause = {
      reason: "FieldValueForbidden",
      message:
        'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/new"}',
      field: "metadata.finalizers",
    };
    // A kube-apiserver checks metadata twice, and says so.
    expect(json.details.causes).toEqual([cause, cause]);
  });

  it("gives a Pod on a node its time, which a second deletion can only shorten", async () => {
    await post(pods, named("p", { spec: { nodeName: "n1" } }));
    const first = await front.call("DELETE", `${pods}/p`);
    expect(first.json.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    expect((await front.call("DELETE", `${pods}/p?gracePeriodSeconds=60`)).json).toEqual(first.json);
    const shorter = await front.call("DELETE", `${pods}/p`, { gracePeriodSeconds: 5 });
    expect(shorter.json.metadata.deletionGracePeriodSeconds).toBe(5);
    expect(shorter.json.metadata.deletionTimestamp < first.json.metadata.deletionTimestamp).toBe(true);
    expect((await front.call("DELETE", `${pods}/p?gracePeriodSeconds=0`)).status).toBe(200);
    expect((await front.call("GET", `${pods}/p`)).status).toBe(404);
  });

  it("turns a propagation policy into its finalizer, which nothing here removes", async () => {
    await post(configMaps, named("a"));
    const { json } = await front.call("DELETE", `${configMaps}/a?propagationPolicy=Foreground`);
    expect(json.metadata.finalizers).toEqual(["foregroundDeletion"]);
    await post(configMaps, named("b"));
    const orphan = await front.call("DELETE", `${configMaps}/b`, { propagationPolicy: "Orphan" });
    expect(orphan.json.metadata.finalizers).toEqual(["orphan"]);
    await post(configMaps, named("c"));
    expect(
      (await front.call("DELETE", `${configMaps}/c`, { propagationPolicy: "Background" })).json.status,
    ).toBe("Success");
    const unknown = await front.call("DELETE", `${configMaps}/a?propagationPolicy=Sideways`);
    expect(unknown.json).toMatchObject({ code: 422, details: { kind: "DeleteOptions" } });
  });

  it("deletes when the preconditions hold, and nothing in a dry run (beats T17)", async () => {
    const { metadata } = await post(configMaps, named("a"));
    expect((await front.call("DELETE", `${configMaps}/a?dryRun=All`)).status).toBe(200);
    expect((await front.call("GET", `${configMaps}/a`)).json.metadata).toEqual(metadata);
    const { uid, resourceVersion } = metadata;
    const { status } = await front.call("DELETE", `${configMaps}/a`, {
      preconditions: { uid, resourceVersion },
    });
    expect(status).toBe(200);
  });

  it("deletes a collection by its selectors and lists what it was (beats T7)", async () => {
    for (const name of ["a", "b", "c"]) {
      await post(configMaps, { metadata: { name, labels: { keep: name === "c" ? "yes" : "no" } } });
    }
    const { json } = await front.call("DELETE", `${configMaps}?labelSelector=keep%3Dno`);
    expect(json.kind).toBe("ConfigMapList");
    expect(json.items.map((item: Json) => item.metadata.name)).toEqual(["a", "b"]);
    const left = await front.call("GET", configMaps);
    expect(left.json.items.map((item: Json) => item.metadata.name)).toEqual(["c"]);
  });

  it("marks a namespace as going, refuses new content in it and protects the first ones", async () => {
    await post("/api/v1/namespaces", named("shop"));
    const { json } = await front.call("DELETE", "/api/v1/namespaces/shop");
    expect(json).toMatchObject({ status: { phase: "Terminating" }, metadata: { name: "shop" } });
    const refused = await front.call("POST", "/api/v1/namespaces/shop/configmaps", named("a"));
    expect(refused.json).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
      details: { name: "a", kind: "configmaps", causes: [{ reason: "NamespaceTerminating" }] },
    });
    const kept = await front.call("DELETE", "/api/v1/namespaces/default");
    expect(kept.json.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
  });
});

describe("a deletion's time", () => {
  afterEach(() => void vi.useRealTimers());

  it("is the clock's, moved by fake timers", async () => {
    vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") });
    await using front = await inMemory();
    await front.call("POST", pods, named("p", { spec: { nodeName: "n1" } }));
    const { json } = await front.call("DELETE", `${pods}/p?gracePeriodSeconds=10`);
    expect(json.metadata).toMatchObject({
      creationTimestamp: "2030-01-01T00:00:00Z",
      deletionTimestamp: "2030-01-01T00:00:10Z",
    });
  });
});
