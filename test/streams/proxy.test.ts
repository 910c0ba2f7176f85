import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { Client } from "../../src/client/client.ts";
import { proxy, proxyPath, proxyStream } from "../../src/streams/proxy.ts";
import { collect, inMemory, Node } from "../client/in-memory.ts";
import { failure, web0 } from "./scripted-pod.ts";

const pods = "/api/v1/namespaces/shop/pods";

describe("proxyPath", () => {
  it.each([
    ["/", {}, `${pods}/web-0/proxy/`],
    ["/metrics?name=up", {}, `${pods}/web-0/proxy/metrics?name=up`],
    ["/a%20b/", { port: 8080 }, `${pods}/web-0:8080/proxy/a%20b/`],
    ["/", { port: "metrics" }, `${pods}/web-0:metrics/proxy/`],
    ["/", { port: 8443, scheme: "https" as const }, `${pods}/https:web-0:8443/proxy/`],
    ["/", { scheme: "https" as const }, `${pods}/https:web-0:/proxy/`],
  ])("leads to %s with %j", (path, options, expected) => {
    expect(proxyPath(web0, path, options)).toBe(expected);
  });

  it("leads to what is cluster-scoped too", () => {
    expect(proxyPath({ kind: Node, name: "n1" }, "/stats", { port: 10250 })).toBe(
      "/api/v1/nodes/n1:10250/proxy/stats",
    );
  });

  it.each([
    ["/../../secrets"],
    ["/a/%2e%2e/%2e%2e/secrets"],
    ["/a/..%2f..%2fsecrets"],
    ["//other"],
    ["metrics"],
    [""],
    ["/a b"],
    ["/a\r\nx: y"],
    ["/a#b"],
  ])("lets no path such as %j lead elsewhere (P30)", (path) => {
    expect(() => proxyPath(web0, path)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it.each([
    ["name", { ...web0, name: "https:web-0:1" }, {}],
    ["name", { ...web0, name: "a/b" }, {}],
    ["name", { ...web0, name: undefined }, {}],
    ["namespace", { ...web0, namespace: undefined }, {}],
    ["port", web0, { port: 0 }],
    ["port", web0, { port: "8080/../.." }],
    ["scheme", web0, { scheme: JSON.parse('"ftp"') }],
  ])("refuses a wrong %s (P30)", (words, address, options) => {
    expect(() => proxyPath(address, "/", options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(words) }),
    );
  });
});

describe("proxy", () => {
  it("sends any method with query, headers and body, and hands over what answers", async () => {
    const transport = inMemory({ status: 201, headers: { "content-type": "text/plain" }, body: "done" });
    const answer = await proxy(new Client(transport), web0, "/jobs", {
      method: "POST",
      port: 8080,
      query: { dry: true },
      headers: { "x-request": "7" },
      body: { job: 1 },
    });
    expect([answer.status, answer.text()]).toEqual([201, "done"]);
    expect(transport.sent[0]).toMatchObject({
      method: "POST",
      path: `${pods}/web-0:8080/proxy/jobs?dry=true`,
      headers: { accept: "*/*", "x-request": "7" },
      body: '{"job":1}',
    });
  });

  it("rejects with an ApiError unless the status is allowed", async () => {
    const transport = inMemory({ status: 418, body: "teapot" }, { status: 418, body: "teapot" });
    const client = new Client(transport);
    const error = await failure(proxy(client, web0, "/tea"));
    expect(ApiError.is(error) && error.status).toBe(418);
    expect(error.message).toContain("/pods/web-0/proxy/tea");
    expect((await proxy(client, web0, "/tea", { okStatuses: [418] })).text()).toBe("teapot");
  });

  it("hands over bytes as they arrive", async () => {
    const transport = inMemory({ body: ["one", "two"] });
    const { status, body } = await proxyStream(new Client(transport), web0, "/events");
    expect(status).toBe(200);
    expect((await collect(body)).map(String)).toEqual(["one", "two"]);
    expect(transport.sent[0]?.isStream).toBe(true);
  });
});
