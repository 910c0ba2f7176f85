import { X509Certificate } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { selfSignedCertificate } from "../../../src/apiserver/http/certificate.ts";
import { generatedName, newUid, timestamp } from "../../../src/apiserver/http/identity.ts";
import { jsonPatch } from "../../../src/apiserver/http/json-patch.ts";
import { mergePatch } from "../../../src/apiserver/http/merge-patch.ts";
import { parseTarget, requestInfo } from "../../../src/apiserver/http/request-info.ts";
import { RequestLog, type RequestLogEntry } from "../../../src/apiserver/http/request-log.ts";

describe("a self-signed certificate", () => {
  it("verifies itself, for loopback, for a year", async () => {
    const certificate = new X509Certificate((await selfSignedCertificate()).cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkIP("::1")).toBeDefined();
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.ca).toBe(true);
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(365);
  });

  it("is another one each time", async () => {
    const serial = async (): Promise<string> =>
      new X509Certificate((await selfSignedCertificate()).cert).serialNumber;
    expect(await serial()).not.toBe(await serial());
  });
});

describe("a merge patch (RFC 7386)", () => {
  // The examples of the RFC's appendix.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("makes of %j by %j %j", (target, patch, result) => {
    const before = JSON.stringify([target, patch]);
    expect(mergePatch(target, patch)).toEqual(result);
    expect(JSON.stringify([target, patch])).toBe(before);
  });

  it("cannot reach a prototype", () => {
    const result = mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":1}}');
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("a JSON patch (RFC 6902)", () => {
  it("adds, removes, replaces, moves, copies and tests, on a copy", () => {
    const target = Object.freeze({ list: Object.freeze([1, 2]), "a/b": 1 });
    const result = jsonPatch(target, [
      { op: "add", path: "/list/1", value: 9 },
      { op: "add", path: "/list/-", value: 3 },
      { op: "replace", path: "/a~1b", value: 2 },
      { op: "copy", from: "/list", path: "/copy" },
      { op: "move", from: "/a~1b", path: "/moved" },
      { op: "test", path: "/moved", value: 2 },
      { op: "remove", path: "/list/0" },
    ]);
    expect(result).toEqual({ list: [9, 2, 3], copy: [1, 9, 2, 3], moved: 2 });
  });

  it.each([
    [[{ op: "add", path: "/x/y", value: 1 }]],
    [[{ op: "add", path: "nope", value: 1 }]],
    [[{ op: "add" }]],
    [[{ op: "copy", path: "/x" }]],
    [[null]],
  ])("refuses %j with 422", (patch) => {
    expect(() => jsonPatch({}, patch)).toThrow(
      "the server rejected our request due to an error in our request",
    );
  });

  it("refuses more than 10,000 operations with 413", () => {
    const patch = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: 1 }));
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow("got 10001");
  });

  it("cannot reach a prototype", () => {
    const add = (path: string): unknown => jsonPatch({}, [{ op: "add", path, value: 1 }]);
    expect(() => add("/__proto__/polluted")).toThrow();
    expect(() => add("/constructor/prototype/polluted")).toThrow();
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("what a request is about", () => {
  it.each([
    ["GET", "/api/v1/pods", "list pods"],
    ["GET", "/api/v1/pods?watch=true", "watch pods"],
    ["GET", "/api/v1/pods?watch=1", "watch pods"],
    ["GET", "/api/v1/pods?watch=false", "list pods"],
    ["GET", "/api/v1/namespaces/shop/pods/web-0", "get pods shop/web-0"],
    ["GET", "/api/v1/namespaces/shop/pods/web-0?watch=1", "get pods shop/web-0"],
    ["PUT", "/api/v1/namespaces/shop/pods/web-0/status", "update pods/status shop/web-0"],
    ["PATCH", "/apis/apps/v1/namespaces/shop/deployments/web/scale", "patch deployments/scale shop/web"],
    ["POST", "/api/v1/namespaces", "create namespaces"],
    ["DELETE", "/api/v1/namespaces/shop", "delete namespaces /shop"],
    ["PATCH", "/api/v1/namespaces/shop/status", "patch namespaces/status /shop"],
    ["DELETE", "/api/v1/namespaces/shop/pods", "deletecollection pods shop/"],
    ["GET", "/apis/example.com/v1/widgets/a%3Ab", "get widgets /a:b"],
  ])("of %s %s is %s", (method, path, expected) => {
    const target = parseTarget(path);
    const info = target && requestInfo(method, target);
    const what = info && `${info.resource}${info.subresource && `/${info.subresource}`}`;
    const place = info?.namespace || info?.name ? ` ${info.namespace ?? ""}/${info.name ?? ""}` : "";
    expect(`${info?.verb} ${what}${place}`).toBe(expected);
  });

  it("is nothing for paths that are not a resource's, or not escaped well", () => {
    for (const path of ["/", "/api", "/api/v1", "/apis/apps/v1", "/version"]) {
      const target = parseTarget(path);
      expect(target && requestInfo("GET", target)).toBeUndefined();
    }
    expect(parseTarget("/api/v1/pods/%zz")).toBeUndefined();
  });
});

describe("identity", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("comes from Math.random and Date.now, so that a seeded run repeats itself", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    vi.spyOn(Date, "now").mockReturnValue(Date.UTC(2030, 0, 1));
    expect(newUid()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(generatedName("web-")).toBe("web-99999");
    expect(timestamp()).toBe("2030-01-01T00:00:00Z");
  });
});

describe("the request log", () => {
  const entry = (path: string): RequestLogEntry => {
    const target = parseTarget(path);
    const info = target && requestInfo("GET", target);
    const from = { user: undefined, impersonatedBy: undefined };
    return { method: "GET", path, query: "", info, status: 200, userAgent: "", ...from, at: 0 };
  };

  it("tells who waits of the next request that matches, and only of that", async () => {
    const log = new RequestLog();
    log.add(entry("/api/v1/pods"));
    const next = log.next({ verb: "list", resource: "pods" });
    const byTest = log.next(({ path }) => path.endsWith("secrets"));
    log.add(entry("/api/v1/secrets"));
    log.add(entry("/api/v1/pods"));
    expect((await next).path).toBe("/api/v1/pods");
    expect((await byTest).path).toBe("/api/v1/secrets");
    expect(log.filter({ resource: "pods" })).toHaveLength(2);
  });

  it("stops waiting when the signal aborts", async () => {
    const log = new RequestLog();
    await expect(log.next({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    const abort = new AbortController();
    const next = log.next({}, { signal: abort.signal });
    abort.abort();
    await expect(next).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("keeps the newest and can be cleared", () => {
    const log = new RequestLog(2);
    for (const path of ["/a", "/b", "/c"]) log.add(entry(path));
    expect([...log].map(({ path }) => path)).toEqual(["/b", "/c"]);
    log.clear();
    expect(log.length).toBe(0);
  });
});
