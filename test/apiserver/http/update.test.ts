import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  configMaps,
  deployments,
  type Front,
  fronts,
  type Json,
  jsonPatch,
  mergePatch,
  named,
  pods,
  widget,
  widgets,
} from "./fronts.ts";

describe.each(fronts)("update %s", (_name, start) => {
  let front: Front;
  const post = async (path: string, body: object): Promise<Json> =>
    (await front.call("POST", path, body)).json;

  beforeEach(async () => {
    front = await start();
  });
  afterEach(() => front[Symbol.asyncDispose]());

  it("replaces at the stored resourceVersion and refuses the one before (beats T6)", async () => {
    const first = await post(configMaps, named("a"));
    const second = await front.call("PUT", `${configMaps}/a`, { ...first, data: { k: "1" } });
    expect(second.status).toBe(200);
    expect(Number(second.json.metadata.resourceVersion)).toBeGreaterThan(
      Number(first.metadata.resourceVersion),
    );
    expect((await front.call("PUT", `${configMaps}/a`, { ...first, data: { k: "2" } })).status).toBe(409);
    expect((await front.call("GET", `${configMaps}/a`)).json).toEqual(second.json);
  });

  it("replaces without a resourceVersion where the kind allows it (T14)", async () => {
    await post(configMaps, named("a"));
    expect((await front.call("PUT", `${configMaps}/a`, named("a", { data: { k: "1" } }))).status).toBe(200);
    await post(widgets, widget("w"));
    const { json } = await front.call("PUT", `${widgets}/w`, widget("w"));
    expect(json).toMatchObject({
      code: 422,
      message:
        'widgets.example.com "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
  });

  it("creates by PUT the kinds that allow it, and 404 for all others", async () => {
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    const lease = await front.call("PUT", `${leases}/l`, named("l", { spec: { holderIdentity: "me" } }));
    expect([lease.status, lease.json.spec.holderIdentity]).toEqual([201, "me"]);
    expect((await front.call("PUT", `${configMaps}/a`, named("a"))).status).toBe(404);
  });

  it("writes nothing when nothing changed: the resourceVersion stays", async () => {
    const first = await post(configMaps, named("a", { data: { k: "1" } }));
    const put = await front.call("PUT", `${configMaps}/a`, first);
    const patch = await front.call("PATCH", `${configMaps}/a`, { data: { k: "1" } }, mergePatch);
    expect(put.json).toEqual(first);
    expect(patch.json).toEqual(first);
  });

  it("keeps uid, creationTimestamp and generation of what is stored (beats T7)", async () => {
    const first = await post(pods, named("p"));
    const sent = named("p", { spec: first.spec });
    const { json } = await front.call("PUT", `${pods}/p`, {
      ...sent,
      metadata: { name: "p", creationTimestamp: "2001-01-01T00:00:00Z", generation: 9, labels: { a: "1" } },
    });
    const { uid, creationTimestamp, generation } = first.metadata;
    expect(json.metadata).toMatchObject({ uid, creationTimestamp, generation, labels: { a: "1" } });
    const patched = await front.call("PATCH", `${pods}/p`, { metadata: { uid: "other" } }, mergePatch);
    expect(patched.json).toMatchObject({ code: 422, details: { causes: [{ field: "metadata.uid" }, {}] } });
  });

  it("counts a generation for each change of the wish, not of metadata or status (beats T7 and T20)", async () => {
    await post(widgets, widget("w", { spec: { size: 1 } }));
    const generation = async (path: string, change: object): Promise<number> =>
      (await front.call("PATCH", path, change, mergePatch)).json.metadata.generation;
    expect(await generation(`${widgets}/w`, { metadata: { labels: { a: "1" } } })).toBe(1);
    expect(await generation(`${widgets}/w/status`, { status: { ready: true } })).toBe(1);
    expect(await generation(`${widgets}/w`, { spec: { size: 2 } })).toBe(2);
    await post(deployments, named("d"));
    expect(await generation(`${deployments}/d`, { metadata: { annotations: { a: "1" } } })).toBe(2);
    expect(await generation(`${deployments}/d`, { metadata: { labels: { a: "1" } } })).toBe(2);
  });

  it("separates status and the rest, both ways (T15)", async () => {
    const first = await post(widgets, widget("w", { spec: { size: 1 } }));
    const sent = { ...first, spec: { size: 2 }, status: { ready: true } };
    const main = await front.call("PUT", `${widgets}/w`, sent);
    expect(main.json.spec).toEqual({ size: 2 });
    expect(main.json).not.toHaveProperty("status");
    const other = {
      ...main.json,
      metadata: { ...main.json.metadata, labels: { a: "1" } },
      spec: { size: 3 },
      status: { ready: true },
    };
    const status = await front.call("PUT", `${widgets}/w/status`, other);
    expect(status.json).toMatchObject({ spec: { size: 2 }, status: { ready: true } });
    expect(status.json.metadata).not.toHaveProperty("labels");
    const again = await front.call("PUT", `${widgets}/w`, { ...status.json, status: {} });
    expect(again.json.status).toEqual({ ready: true });
  });

  it("takes labels with the status of a Pod, and not of a Deployment, as a kube-apiserver does", async () => {
    await post(pods, named("p"));
    await post(deployments, named("d"));
    const change = { metadata: { labels: { a: "1" } }, spec: { x: 1 }, status: { phase: "Running" } };
    const pod = await front.call("PATCH", `${pods}/p/status`, change, mergePatch);
    expect(pod.json).toMatchObject({ metadata: { labels: { a: "1" } }, status: { phase: "Running" } });
    expect(pod.json.spec).not.toHaveProperty("x");
    const deployment = await front.call("PATCH", `${deployments}/d/status`, change, mergePatch);
    expect(deployment.json.metadata).not.toHaveProperty("labels");
  });

  it("has no status path where the kind has none (T15)", async () => {
    await post(configMaps, named("a"));
    expect((await front.call("PUT", `${configMaps}/a/status`, named("a"))).status).toBe(404);
  });

  it("keeps nothing of a dry run (beats T7)", async () => {
    const first = await post(configMaps, named("a"));
    const put = await front.call("PUT", `${configMaps}/a?dryRun=All`, { ...first, data: { k: "1" } });
    expect(put.json.data).toEqual({ k: "1" });
    await front.call("PATCH", `${configMaps}/a?dryRun=All`, { data: { k: "2" } }, mergePatch);
    expect((await front.call("GET", `${configMaps}/a`)).json).toEqual(first);
  });

  it("applies a merge patch: null removes, objects merge, lists are replaced", async () => {
    await post(widgets, widget("w", { spec: { a: { b: 1, c: 2 }, list: [1, 2], gone: true } }));
    const change = { spec: { a: { c: null, d: 3 }, list: [3], gone: null } };
    const { json } = await front.call("PATCH", `${widgets}/w`, change, mergePatch);
    expect(json.spec).toEqual({ a: { b: 1, d: 3 }, list: [3] });
    const wrong = await front.call("PATCH", `${widgets}/w`, "[1]", mergePatch);
    expect(wrong.json).toMatchObject({ code: 400, reason: "BadRequest" });
  });

  it("applies a JSON patch, all of it or nothing", async () => {
    await post(configMaps, named("a", { data: { k: "v" } }));
    const good = [
      { op: "test", path: "/data/k", value: "v" },
      { op: "add", path: "/data/j", value: "1" },
      { op: "remove", path: "/data/k" },
    ];
    const { json } = await front.call("PATCH", `${configMaps}/a`, good, jsonPatch);
    expect(json.data).toEqual({ j: "1" });
    for (const bad of [
      [
        { op: "add", path: "/data/x", value: "1" },
        { op: "test", path: "/data/j", value: "2" },
      ],
      [{ op: "remove", path: "/data/nope" }],
      [{ op: "mend", path: "/data" }],
    ]) {
      const { json: refused } = await front.call("PATCH", `${configMaps}/a`, bad, jsonPatch);
      expect(refused).toMatchObject({
        code: 422,
        reason: "Invalid",
        details: {},
        message: "the server rejected our request due to an error in our request",
      });
    }
    expect((await front.call("PATCH", `${configMaps}/a`, "{}", jsonPatch)).status).toBe(400);
    expect((await front.call("GET", `${configMaps}/a`)).json).toEqual(json);
  });

  it("refuses a patch that renames", async () => {
    await post(configMaps, named("a"));
    const { json } = await front.call("PATCH", `${configMaps}/a`, named("b"), mergePatch);
    expect(json.message).toBe("the name of the object (b) does not match the name on the URL (a)");
  });

  it("scales workloads through autoscaling/v1 Scale", async () => {
    const spec = { replicas: 2, selector: { matchLabels: { app: "web" } } };
    const deployment = await post(deployments, named("d", { spec }));
    const scale = await front.call("GET", `${deployments}/d/scale`);
    const { name, namespace, uid, resourceVersion, creationTimestamp } = deployment.metadata;
    expect(scale.json).toEqual({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: "app=web" },
    });
    const put = await front.call("PUT", `${deployments}/d/scale`, { ...scale.json, spec: { replicas: 3 } });
    expect(put.json.spec).toEqual({ replicas: 3 });
    expect((await front.call("PUT", `${deployments}/d/scale`, scale.json)).status).toBe(409);
    const patch = await front.call("PATCH", `${deployments}/d/scale`, { spec: { replicas: 5 } }, mergePatch);
    expect(patch.json.spec).toEqual({ replicas: 5 });
    expect((await front.call("GET", `${deployments}/d`)).json).toMatchObject({
      metadata: { generation: 3 },
      spec: { ...spec, replicas: 5 },
    });
    const negative = await front.call(
      "PATCH",
      `${deployments}/d/scale`,
      { spec: { replicas: -1 } },
      mergePatch,
    );
    expect(negative.json).toMatchObject({
      code: 422,
      message:
        'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
  });
});
