import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import { type Answer, failure, inMemory, Pod } from "./in-memory.ts";

const getPod = { verb: "get", kind: Pod, namespace: "shop", name: "a" } as const;
const errorOf = (answer: Answer) => failure(new Client(inMemory(answer)).json(getPod));
const list = { verb: "list", kind: Pod } as const;
const listErrorOf = (answer: Answer) => failure(new Client(inMemory(answer)).list(list));

afterEach(() => {
  vi.useRealTimers();
});

describe("a failure's answer", () => {
  it.each([409, 422, 403, 404])(
    "that is a Status %i keeps status, reason, message and details (H18, P31)",
    async (code) => {
      const details = { name: "a", kind: "pods", causes: [{ reason: "R", message: "M", field: "spec" }] };
      const status = {
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        code,
        reason: "Conflict",
        message: "why",
        details,
      };
      const error = await errorOf({ status: code, body: status });
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ code: "API", status: code, reason: "Conflict", details });
      expect(String(error)).toContain(
        `get pods "a" in namespace "shop": conflict: why (${code}). Read the object again`,
      );
    },
  );

  it("carries Retry-After, in seconds, as a date, or in the details (H4, H20)", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-01-01T00:00:00Z") });
    const status = { kind: "Status", code: 429, details: { retryAfterSeconds: 5 } };
    expect(await errorOf({ status: 429, body: status })).toMatchObject({ retryAfterMs: 5000 });
    const headers = { "retry-after": "7" };
    expect(await errorOf({ status: 429, body: status, headers })).toMatchObject({ retryAfterMs: 7000 });
    const date = { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" };
    expect(await errorOf({ status: 503, body: "busy", headers: date })).toMatchObject({ retryAfterMs: 9000 });
  });

  it("that is text is Unknown and quotes at most 2,048 characters (H20)", async () => {
    const headers = { "content-type": "text/plain" };
    const error = await errorOf({ status: 429, headers, body: `too many${"x".repeat(10_000)}` });
    expect(error).toMatchObject({ code: "API", status: 429, reason: "Unknown" });
    expect(String(error)).toContain("too many");
    expect(String(error).length).toBeLessThan(2048 + 100);
  });

  it("that is a page names its title only (H20)", async () => {
    const body = "<html><head><title>503 Unavailable</title></head><body>session=s3cret</body></html>";
    const error = await errorOf({ status: 503, headers: { "content-type": "text/html" }, body });
    expect(error).toMatchObject({ status: 503, reason: "Unknown" });
    expect(String(error)).toContain("503 Unavailable");
    expect(String(error)).not.toContain("s3cret");
    expect(String(await errorOf({ status: 502, body: "<html>s3cret" }))).not.toContain("s3cret");
  });

  it("that is other JSON, empty or broken tells its status and nothing of its content (H20)", async () => {
    const json = { "content-type": "application/json" };
    expect(String(await errorOf({ status: 500, headers: json, body: { token: "s3cret" } }))).not.toContain(
      "s3cret",
    );
    expect(await errorOf({ status: 502 })).toMatchObject({ status: 502, reason: "Unknown" });
    const breaks = new KubeError("CONNECTION_FAILED", "reset");
    expect(await errorOf({ status: 403, body: "{", breaks })).toMatchObject({ status: 403 });
    expect(await errorOf({ status: 302 })).toMatchObject({ code: "API", status: 302 });
  });

  it("is read no further than a Status can be", async () => {
    let read = 0;
    const transport = async () => ({
      status: 500,
      headers: { "content-type": "text/plain" },
      body: (async function* () {
        for (;;) {
          read += 1;
          yield Buffer.alloc(64 * 1024, "x");
        }
      })(),
    });
    expect(await failure(new Client(transport).json(getPod))).toMatchObject({ status: 500 });
    expect(read).toBeLessThan(20);
  });
});

describe("a successful answer", () => {
  it("that is a Status without success is its failure, also in a list (H19)", async () => {
    const status = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code: 500,
      reason: "InternalError",
    };
    expect(await errorOf({ body: status })).toMatchObject({
      code: "API",
      status: 500,
      reason: "InternalError",
    });
    expect(await listErrorOf({ body: status })).toMatchObject({ code: "API", status: 500 });
  });

  it("that is a Status of success is the answer, and so is another group's kind Status (H19)", async () => {
    const done = { kind: "Status", apiVersion: "v1", status: "Success" };
    expect(await new Client(inMemory({ body: done })).json(getPod)).toEqual(done);
    const custom = { kind: "Status", apiVersion: "example.com/v1", status: { phase: "Lost" } };
    expect(await new Client(inMemory({ body: custom })).json(getPod)).toEqual(custom);
  });

  it.each([
    ["empty", undefined, "an empty body"],
    ["cut in the middle", '{"kind":"Pod","metadata":{"name":"s3cret', "cut short"],
    ["a page", "<!doctype html><title>Log in</title>s3cret", "a page instead of JSON"],
    ["text", "s3cret", "not JSON"],
    ["no object", "[]", "no object"],
    ["null", "null", "no object"],
  ])("that is %s is BAD_RESPONSE, and nothing of it is told (H19)", async (_case, body, why) => {
    for (const error of [await errorOf({ body }), await listErrorOf({ body })]) {
      expect(error).toMatchObject({ code: "BAD_RESPONSE" });
      expect(String(error)).not.toContain("s3cret");
    }
    expect(String(await errorOf({ body }))).toContain(why);
  });

  it("whose connection breaks in the middle is CONNECTION_FAILED with the call's name", async () => {
    const breaks = new KubeError("CONNECTION_FAILED", "http://h: reset");
    const error = await errorOf({ body: '{"kind":', breaks });
    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      message: 'get pods "a" in namespace "shop": http://h: reset',
    });
  });
});
