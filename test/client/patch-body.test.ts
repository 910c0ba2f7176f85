import { describe, expect, it } from "vitest";
import type { ApiCall, CallBody } from "../../src/client/api-call.ts";
import { buildRequest, describeCall } from "../../src/client/call.ts";
import { Deployment, Node, Pod } from "./in-memory.ts";

const patch = { verb: "patch", kind: Deployment, namespace: "shop", name: "web" } as const;
const apply: ApiCall = { verb: "patch", kind: Deployment, patchType: "apply", query: { fieldManager: "ci" } };

function refused(call: ApiCall): string {
  try {
    buildRequest(call);
  } catch (error) {
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    return String(error);
  }
  throw new Error("expected a throw");
}

describe("a JSON patch", () => {
  const json = (operations: CallBody): ApiCall => ({ ...patch, patchType: "json", body: operations });

  it("is sent as it is, every operation of RFC 6902 and an empty list included", () => {
    const operations = [
      { op: "test", path: "/metadata/labels/app~1name", value: null },
      { op: "add", path: "", value: {} },
      { op: "replace", path: "/a/0", value: false },
      { op: "remove", path: "/spec/~0" },
      { op: "move", from: "/a/b", path: "/a/bc" },
      { op: "copy", from: "/a", path: "/a/b" },
    ];
    expect(JSON.parse(String(buildRequest(json(operations)).body))).toEqual(operations);
    expect(buildRequest(json([])).body).toBe("[]");
  });

  it.each([
    [["x"], "patch[0]"],
    [[{ op: "upsert", path: "/a", value: 1 }], "patch[0].op"],
    [[{ op: "toString", path: "/a", value: 1 }], "patch[0].op"],
    [[{ op: "remove", path: "/a" }, { op: "remove" }], "patch[1].path"],
    [[{ op: "remove", path: "spec.replicas" }], "patch[0].path"],
    [[{ op: "remove", path: "/a~2" }], "patch[0].path"],
    [[{ op: "add", path: "/a" }], "patch[0].value"],
    [[{ op: "test", path: "/a", value: undefined }], "patch[0].value"],
    [[{ op: "copy", path: "/a" }], "patch[0].from"],
    [[{ op: "move", path: "/a/b/c", from: "/a/b" }], "patch[0].path"],
  ])("is refused as %j, with the operation that is wrong", (operations, where) => {
    expect(refused(json(operations))).toContain(`\`${where}\``);
  });

  it("is refused where it is no list", () => {
    expect(refused(json({ op: "remove", path: "/a" }))).toContain("an array of operations");
  });
});

describe("a merge patch and a strategic one", () => {
  it.each(["merge", "strategic"] as const)("are refused where they are no object: %s", (patchType) => {
    for (const body of [[], "x", null, undefined] as unknown[]) {
      expect(refused({ ...patch, patchType, body: body as CallBody })).toContain("an object");
    }
  });
});

describe("a server-side apply", () => {
  const object = { metadata: { name: "web", namespace: "shop" }, spec: { replicas: 1 } };

  it("takes name and namespace from the object, and adds apiVersion and kind to a copy", () => {
    const call = { ...apply, body: object };
    const request = buildRequest({ ...call, query: { fieldManager: "ci", force: true } });
    expect(request).toMatchObject({
      method: "PATCH",
      path: "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=ci&force=true",
      headers: { "content-type": "application/apply-patch+yaml" },
    });
    expect(JSON.parse(String(request.body))).toEqual({
      ...object,
      apiVersion: "apps/v1",
      kind: "Deployment",
    });
    expect(object).not.toHaveProperty("kind");
    expect(describeCall(call)).toBe('apply deployments.apps "web" in namespace "shop"');
  });

  it("needs a field manager", () => {
    for (const fieldManager of [undefined, ""]) {
      expect(refused({ ...apply, query: { fieldManager }, body: object })).toContain(
        "needs a `fieldManager`",
      );
    }
  });

  it("is refused with managedFields, as an object has that was read", () => {
    const read = { metadata: { ...object.metadata, managedFields: [] } };
    expect(refused({ ...apply, body: read })).toContain("metadata.managedFields");
  });

  it.each<[string, ApiCall]>([
    ["no object", { ...apply, body: [] }],
    ["no metadata", { ...apply, namespace: "shop", name: "web", body: { spec: {} } }],
    ["no name", { ...apply, namespace: "shop", body: { metadata: {} } }],
    ["no namespace", { ...apply, body: { metadata: { name: "web" } } }],
    ["another name", { ...apply, name: "other", body: object }],
    ["another namespace", { ...apply, namespace: "other", body: object }],
    ["another kind", { ...apply, body: { ...object, kind: "Pod" } }],
    ["another version", { ...apply, body: { ...object, apiVersion: "apps/v1beta1" } }],
    ["a namespace for a cluster-scoped kind", { ...apply, kind: Node, body: object }],
  ])("is refused with %s", (_what, call) => {
    refused(call);
  });

  it("sends a subresource's own kind as it is", () => {
    const scale = { apiVersion: "autoscaling/v1", kind: "Scale", spec: { replicas: 2 } };
    const call: ApiCall = { ...apply, namespace: "shop", name: "web", subresource: "scale", body: scale };
    expect(JSON.parse(String(buildRequest(call).body))).toEqual(scale);
  });
});

describe("parameters of writes", () => {
  const create: ApiCall = { verb: "create", kind: Pod, namespace: "shop", body: { metadata: { name: "a" } } };

  it.each([
    { fieldManager: "x".repeat(129) },
    { fieldManager: "a\nb" },
    { fieldManager: "a\u00a0b" },
    { fieldManager: ["a"] },
    { fieldValidation: "strict" },
    { dryRun: "Server" },
    { dryRun: ["All", "None"] },
    { dryRun: true },
    { propagationPolicy: "foreground" },
    { resourceVersionMatch: "exact" },
    { force: true },
  ])("are refused as %j before any request", (query) => {
    expect(refused({ ...create, query })).toContain(Object.keys(query)[0]);
  });

  it.each([
    { fieldManager: "my operator/1.0 ü" },
    { fieldManager: "" },
    { fieldValidation: "Strict" },
    { dryRun: "All" },
    { dryRun: ["All"] },
    { propagationPolicy: "Orphan" },
    { resourceVersionMatch: "NotOlderThan" },
  ])("are sent as %j", (query) => {
    expect(() => buildRequest({ ...create, query })).not.toThrow();
  });

  it.each([
    { propagationPolicy: "Cascade" },
    { gracePeriodSeconds: -1 },
    { gracePeriodSeconds: 1.5 },
    { dryRun: ["Server"] },
    { preconditions: "uid" },
  ])("of a delete are refused as %j, too", (body) => {
    refused({ verb: "delete", kind: Pod, namespace: "shop", name: "a", body });
    refused({ verb: "deletecollection", kind: Pod, namespace: "shop", body });
  });
});
