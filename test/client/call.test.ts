import { describe, expect, it } from "vitest";
import type { ApiCall } from "../../src/client/api-call.ts";
import { buildRequest, describeCall } from "../../src/client/call.ts";
import { Deployment, Node, Pod } from "./in-memory.ts";

const refused = (call: ApiCall) => {
  try {
    buildRequest(call);
  } catch (error) {
    return error;
  }
  throw new Error("expected a throw");
};
const invalid = { code: "INVALID_ARGUMENT" };
const namespace = "shop";

describe("buildRequest", () => {
  it.each<[ApiCall, string, string]>([
    [{ verb: "get", kind: Pod, namespace, name: "a" }, "GET", "/api/v1/namespaces/shop/pods/a"],
    [{ verb: "list", kind: Pod }, "GET", "/api/v1/pods"],
    [{ verb: "list", kind: Deployment, namespace }, "GET", "/apis/apps/v1/namespaces/shop/deployments"],
    [{ verb: "watch", kind: Node }, "GET", "/api/v1/nodes?watch=true"],
    [{ verb: "delete", kind: Node, name: "n1" }, "DELETE", "/api/v1/nodes/n1"],
    [{ verb: "deletecollection", kind: Pod, namespace }, "DELETE", "/api/v1/namespaces/shop/pods"],
    [
      { verb: "get", kind: Deployment, namespace, name: "a", subresource: "scale" },
      "GET",
      "/apis/apps/v1/namespaces/shop/deployments/a/scale",
    ],
  ])("addresses %j", (call, method, path) => {
    expect(buildRequest(call)).toMatchObject({ method, path });
  });

  it("escapes query parameters and leaves out what is undefined or empty", () => {
    const query = {
      labelSelector: "app in (a, b),!c",
      resourceVersion: "",
      limit: 5,
      continue: undefined,
      dryRun: ["All"],
    };
    expect(buildRequest({ verb: "list", kind: Pod, query }).path).toBe(
      "/api/v1/pods?labelSelector=app%20in%20(a%2C%20b)%2C!c&limit=5&dryRun=All",
    );
  });

  it("asks for JSON, gzip on answers, identity on streams (H23)", () => {
    const list = buildRequest({ verb: "list", kind: Pod });
    expect(list).toMatchObject({
      isStream: false,
      headers: { accept: "application/json", "accept-encoding": "gzip" },
    });
    const watch = buildRequest({ verb: "watch", kind: Pod });
    expect(watch).toMatchObject({ isStream: true, headers: { "accept-encoding": "identity" } });
    const logs = buildRequest({
      verb: "get",
      kind: Pod,
      namespace,
      name: "a",
      subresource: "log",
      accept: "text/plain",
      isStream: true,
    });
    expect(logs).toMatchObject({ isStream: true, headers: { accept: "text/plain" } });
  });

  it("refuses a delete without a name; a collection is deleted by its own verb (P30)", () => {
    expect(refused({ verb: "delete", kind: Pod, namespace })).toMatchObject({
      ...invalid,
      message: expect.stringContaining("deleteAll()"),
    });
    expect(refused({ verb: "deletecollection", kind: Pod, namespace, name: "a" })).toMatchObject(invalid);
    expect(refused({ verb: "deletecollection", kind: Pod })).toMatchObject(invalid);
  });

  it.each(["", ".", "..", "a/b", "a%2fb", "%", "a\\b"])(
    "refuses the name and the namespace %j (H29, P30)",
    (bad) => {
      expect(refused({ verb: "get", kind: Pod, namespace, name: bad })).toMatchObject(invalid);
      expect(refused({ verb: "get", kind: Pod, namespace: bad, name: "a" })).toMatchObject(invalid);
      expect(refused({ verb: "delete", kind: Pod, namespace, name: bad })).toMatchObject(invalid);
    },
  );

  it("refuses named calls and creates of namespaced kinds without a namespace (H29)", () => {
    for (const verb of ["get", "replace", "patch", "delete"] as const) {
      expect(refused({ verb, kind: Pod, name: "a", body: { metadata: {} } })).toMatchObject(invalid);
    }
    expect(refused({ verb: "create", kind: Pod, body: { metadata: { name: "a" } } })).toMatchObject(invalid);
    expect(refused({ verb: "get", kind: Node, namespace, name: "n1" })).toMatchObject(invalid);
  });

  it.each([
    { limit: -1 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { timeoutSeconds: -1 },
    { labelSelector: "a in" },
    { fieldSelector: "=" },
  ])("refuses the query %j before any request (P30)", (query) => {
    expect(refused({ verb: "list", kind: Pod, query })).toMatchObject(invalid);
  });
});

describe("bodies", () => {
  const create = (body: object, extra: Partial<ApiCall> = {}) =>
    buildRequest({ verb: "create", kind: Deployment, namespace, body, ...extra });
  const jsonOf = (call: ApiCall) => JSON.parse(String(buildRequest(call).body));

  it("get apiVersion and kind in a copy where they are absent", () => {
    const object = { metadata: { name: "a" } };
    const request = create(object);
    expect(JSON.parse(String(request.body))).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
    });
    expect(object).toEqual({ metadata: { name: "a" } });
    expect(request.headers["content-type"]).toBe("application/json");
  });

  it("say where they go: namespace of a create, namespace and name of a replace", () => {
    const object = { metadata: { name: "a", namespace: "other" } };
    expect(buildRequest({ verb: "create", kind: Pod, body: object }).path).toBe(
      "/api/v1/namespaces/other/pods",
    );
    expect(buildRequest({ verb: "replace", kind: Pod, body: object })).toMatchObject({
      method: "PUT",
      path: "/api/v1/namespaces/other/pods/a",
    });
  });

  it("are refused without metadata, or where they contradict the call", () => {
    expect(refused({ verb: "create", kind: Pod, namespace, body: {} })).toMatchObject(invalid);
    expect(refused({ verb: "create", kind: Pod, namespace })).toMatchObject(invalid);
    expect(refused({ verb: "create", kind: Pod, namespace, body: [] })).toMatchObject(invalid);
    const contradictions = [
      { metadata: { namespace: "other" } },
      { kind: "Node", metadata: {} },
      { apiVersion: "apps/v1", metadata: {} },
    ];
    for (const body of contradictions) {
      expect(refused({ verb: "create", kind: Pod, namespace, body })).toMatchObject(invalid);
    }
    const named = { metadata: { name: "b" } };
    expect(refused({ verb: "replace", kind: Pod, namespace, name: "a", body: named })).toMatchObject(invalid);
    const namespaced = { metadata: { name: "n", namespace } };
    expect(refused({ verb: "create", kind: Node, body: namespaced })).toMatchObject(invalid);
  });

  it("of subresources with a kind of their own are sent as they are", () => {
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } };
    expect(
      jsonOf({ verb: "create", kind: Pod, namespace, name: "a", subresource: "eviction", body: eviction }),
    ).toEqual(eviction);
    const scale = { spec: { replicas: 3 } };
    expect(
      jsonOf({ verb: "replace", kind: Deployment, namespace, name: "a", subresource: "scale", body: scale }),
    ).toEqual(scale);
    const status = { metadata: { name: "a" }, status: {} };
    expect(
      jsonOf({
        verb: "replace",
        kind: Deployment,
        namespace,
        name: "a",
        subresource: "status",
        body: status,
      }),
    ).toMatchObject({ kind: "Deployment" });
  });

  it.each([
    ["merge", "application/merge-patch+json", { spec: null }],
    ["json", "application/json-patch+json", [{ op: "remove", path: "/spec" }]],
    ["strategic", "application/strategic-merge-patch+json", { spec: {} }],
    [
      "apply",
      "application/apply-patch+yaml",
      { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} },
    ],
  ] as const)("of a %s patch carry %s", (patchType, contentType, body) => {
    const query = { fieldManager: "ci" };
    const call: ApiCall = { verb: "patch", kind: Pod, namespace, name: "a", patchType, body, query };
    expect(buildRequest(call)).toMatchObject({ method: "PATCH", headers: { "content-type": contentType } });
    expect(jsonOf(call)).toEqual(body);
  });

  it("of patches are refused in the wrong form", () => {
    const call = { verb: "patch", kind: Pod, namespace, name: "a" } as const;
    expect(refused({ ...call, patchType: "json", body: {} })).toMatchObject(invalid);
    expect(refused({ ...call, patchType: "merge", body: [] })).toMatchObject(invalid);
    expect(refused({ ...call, body: {} })).toMatchObject(invalid);
  });

  it("of deletes are DeleteOptions", () => {
    const body = { propagationPolicy: "Foreground" };
    expect(jsonOf({ verb: "delete", kind: Pod, namespace, name: "a", body })).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Foreground",
    });
    expect(buildRequest({ verb: "delete", kind: Pod, namespace, name: "a" }).body).toBeUndefined();
    expect(refused({ verb: "get", kind: Pod, namespace, name: "a", body })).toMatchObject(invalid);
  });

  it("that cannot be written as JSON are refused", () => {
    const body: { metadata: object; self?: object } = { metadata: {} };
    body.self = body;
    expect(refused({ verb: "create", kind: Pod, namespace, body })).toMatchObject(invalid);
    expect(refused({ verb: "create", kind: Pod, namespace, body: { metadata: {}, n: 1n } })).toMatchObject(
      invalid,
    );
  });
});

describe("describeCall", () => {
  it.each<[ApiCall, string]>([
    [{ verb: "list", kind: Pod, namespace }, 'list pods in namespace "shop"'],
    [{ verb: "watch", kind: Deployment }, "watch deployments.apps"],
    [{ verb: "deletecollection", kind: Pod, namespace }, 'delete all pods in namespace "shop"'],
    [
      { verb: "patch", kind: Deployment, namespace, name: "web", subresource: "status" },
      'patch deployments.apps/status "web" in namespace "shop"',
    ],
    [{ verb: "get", kind: Node, name: "n1" }, 'get nodes "n1"'],
  ])("says %j in words", (call, words) => {
    expect(describeCall(call)).toBe(words);
  });
});
