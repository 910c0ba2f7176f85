import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import type { RawOptions } from "../../src/client/raw-call.ts";
import { collect, failure, inMemory } from "./in-memory.ts";

describe("raw", () => {
  it("sends any method with any body to a path, and hands over status, headers and content", async () => {
    const headers = { "content-type": "application/json", "x-kubernetes-pf-flowschema-uid": "u" };
    const transport = inMemory({ status: 201, headers, body: '{"a":[1]}' });
    const answer = await new Client(transport).raw("/apis/example.com/v1/things?x=1", {
      method: "POST",
      query: { dryRun: "All" },
      body: { b: 2 },
      headers: { "X-Trace": "t" },
    });
    expect(transport.sent[0]).toMatchObject({
      method: "POST",
      path: "/apis/example.com/v1/things?x=1&dryRun=All",
      body: '{"b":2}',
      headers: { "content-type": "application/json", accept: "application/json, */*", "x-trace": "t" },
    });
    expect([answer.status, answer.headers, answer.text(), answer.json()]).toEqual([
      201,
      headers,
      '{"a":[1]}',
      { a: [1] },
    ]);
    expect(Buffer.from(answer.bytes()).toString()).toBe('{"a":[1]}');
  });

  it("names itself as the client does, unless a header says otherwise (H22)", async () => {
    const transport = inMemory({}, {});
    const client = new Client(transport, { userAgent: "shop-operator/1.4" });
    await client.raw("/x");
    await client.raw("/x", { headers: { "User-Agent": "mine" } });
    expect(transport.sent.map(({ headers }) => headers["user-agent"])).toEqual(["shop-operator/1.4", "mine"]);
  });

  it("sends text and bytes as they are, under the content type that is given", async () => {
    const transport = inMemory({}, {});
    const client = new Client(transport);
    const options = {
      method: "PATCH",
      contentType: "application/apply-patch+yaml",
      accept: "text/plain",
    } as const;
    await client.raw("/x", { ...options, body: "a: 1" });
    await client.raw("/x", { ...options, body: Buffer.from([0xff]) });
    expect(transport.sent.map(({ body }) => body)).toEqual(["a: 1", Buffer.from([0xff])]);
    expect(transport.sent[0]?.headers).toMatchObject({
      "content-type": options.contentType,
      accept: "text/plain",
    });
  });

  it.each(["/", "/api/v1", "/a//b", "/a/.../b", "/a/%2B/b", "/a%2Fb", "/a?q=..%2F..", "/a/100%2525/b"])(
    "takes the path %j",
    async (path) => {
      const transport = inMemory({ body: "ok" });
      await new Client(transport).raw(path);
      expect(transport.sent[0]?.path).toBe(path);
    },
  );

  it.each([
    "",
    "api/v1",
    "//evil.example.com/x",
    "https://evil.example.com/",
    "/..",
    "/api/../x",
    "/api/.",
    "/api/%2e%2e/x",
    "/api/.%2E/x",
    "/api/%252e%252e/x",
    "/api/..%2fx",
    "/api/..%5cx",
    "/api\\..\\x",
    "/api#x",
    "/api x",
    "/api\r\nHost: evil",
    "/api/%0d%0ax",
    "/api/%00",
    "/ap\u00ef",
    "/api/%zz",
    "/api/%",
    undefined,
    5,
  ])("refuses the path %j before any request (H29, P30)", async (path) => {
    const transport = inMemory();
    const client = new Client(transport);
    expect(await failure(client.raw(path as string))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failure(client.rawStream(path as string))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(transport.sent).toHaveLength(0);
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it.each<[string, unknown]>([
    ["a method that HTTP lets tunnel", { method: "CONNECT" }],
    ["a body in a GET", { body: {} }],
    ["a body that is no JSON", { method: "POST", body: cycle }],
    ["a header that ends the line", { headers: { a: "b\r\nc: d" } }],
    ["a header's name that does", { headers: { "a\r\nb": "c" } }],
    ["a header of the connection's", { headers: { "Transfer-Encoding": "chunked" } }],
    ["a query that is none", { query: { limit: Number.NaN } }],
    ["options that are none", "POST"],
    ["a signal that is none", { signal: {} }],
    ["a time limit that is none", { timeoutMs: -1 }],
  ])("refuses %s before any request", async (_what, options) => {
    const transport = inMemory();
    const error = await failure(new Client(transport).raw("/x", options as RawOptions));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(transport.sent).toHaveLength(0);
  });

  it("rejects with ApiError for failures, naming method and path, neither query nor headers", async () => {
    const body = { kind: "Status", reason: "NotFound", code: 404, message: "no" };
    const client = new Client(inMemory({ status: 404, body }, new Error("reset")));
    const options = { query: { token: "s3cret" }, headers: { authorization: "Bearer s3cret" } };
    const error = await failure(client.raw("/x?y=s3cret", options));
    expect(error).toMatchObject({
      code: "API",
      status: 404,
      reason: "NotFound",
      message: "GET /x: not found: no (404)",
    });
    const broken = await failure(client.raw("/x?y=s3cret", options));
    expect(broken).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(inspect([error, broken])).not.toContain("s3cret");
  });

  it("shows neither headers nor content where it is logged", async () => {
    const headers = { "set-cookie": "s3cret", "x-token": "s3cret" };
    const answer = await new Client(inMemory({ headers, body: "s3cret" })).raw("/x");
    expect(inspect(answer, { depth: 9, showHidden: true }) + JSON.stringify(answer)).not.toContain("s3cret");
  });

  it("has no JSON where the answer has none, and throws what a Status reports (H19)", async () => {
    const status = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code: 500,
      reason: "InternalError",
    };
    const client = new Client(inMemory({ body: "s3cret" }, { body: status }, { body: "null" }));
    const text = await client.raw("/x");
    expect(() => text.json()).toThrow(expect.objectContaining({ code: "BAD_RESPONSE" }));
    expect(() => text.json()).not.toThrow(/s3cret/);
    const failed = await client.raw("/x");
    expect(() => failed.json()).toThrow(expect.objectContaining({ code: "API", status: 500 }));
    expect((await client.raw("/x")).json()).toBeNull();
  });

  it("hands over other statuses that are asked for", async () => {
    const answer = await new Client(inMemory({ status: 500, body: "sick" })).raw("/readyz", {
      okStatuses: [500],
    });
    expect([answer.status, answer.text()]).toEqual([500, "sick"]);
  });
});

describe("rawStream", () => {
  it("yields bytes as they come, uncompressed, and follows the signal", async () => {
    const transport = inMemory({ body: ["a", "b"] });
    const controller = new AbortController();
    const { status, body } = await new Client(transport).rawStream("/x", { signal: controller.signal });
    expect([status, (await collect(body)).map(String)]).toEqual([200, ["a", "b"]]);
    expect(transport.sent[0]).toMatchObject({ isStream: true, headers: { "accept-encoding": "identity" } });
    expect(transport.sent[0]?.signal).toBe(controller.signal);
  });

  it("rejects with ApiError for what is not accepted", async () => {
    const error = await failure(new Client(inMemory({ status: 503, body: "" })).rawStream("/x"));
    expect(error).toMatchObject({ code: "API", status: 503 });
  });
});
