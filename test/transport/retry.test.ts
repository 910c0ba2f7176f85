import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { drain } from "../../src/transport/drain.ts";
import type { TransportRequest } from "../../src/transport/port.ts";
import { type RetryOptions, retry } from "../../src/transport/retry.ts";
import { retryAfterMs } from "../../src/transport/retry-after.ts";
import { failure, get, textOf } from "./local-server.ts";
import { type Step, scripted } from "./scripted.ts";

const post: TransportRequest = { ...get("/pods"), method: "POST", body: "{}" };
const reset = new KubeError("CONNECTION_FAILED", "reset", {
  cause: Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
});
const refused = new KubeError("CONNECTION_FAILED", "refused", {
  cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
});

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

async function play(request: TransportRequest, options: RetryOptions, ...steps: Step[]) {
  const transport = scripted(...steps);
  const began = Date.now();
  const answer = retry(options)(transport)(request).then(
    async (response) => ({ status: response.status, body: await textOf(response) }),
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  return { answer: await answer, attempts: transport.sent.length, tookMs: Date.now() - began };
}

describe("retry", () => {
  it.each([429, 500, 502, 503, 504])(
    "repeats any verb on %i with Retry-After in seconds, after that time (H4, H6)",
    async (status) => {
      for (const request of [get(), post]) {
        const busy = { status, headers: { "retry-after": "7" } };
        const played = await play(request, {}, busy, { status: 200, body: "ok" });
        expect(played.answer).toEqual({ status: 200, body: "ok" });
        expect(played.attempts).toBe(2);
        expect(played.tookMs).toBeGreaterThanOrEqual(7000);
        expect(played.tookMs).toBeLessThan(8000);
      }
    },
  );

  it("reads the answer that it does not use to its end before it repeats, so that its connection is free (H7)", async () => {
    const told: string[] = [];
    const transport = async (request: TransportRequest) => {
      told.push(`${request.method} sent`);
      if (told.length > 1) return scripted({ status: 200 })(request);
      const body = (async function* () {
        yield Buffer.from("busy");
        told.push("read to its end");
      })();
      return { status: 429, headers: { "retry-after": "1" }, body };
    };
    const answer = retry()(transport)(get());
    await vi.runAllTimersAsync();
    expect(await answer).toMatchObject({ status: 200 });
    expect(told).toEqual(["GET sent", "read to its end", "GET sent"]);
  });

  it("reads Retry-After as an HTTP date too (H4)", async () => {
    const headers = { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" };
    const played = await play(post, {}, { status: 429, headers }, { status: 201 });
    expect(played.answer).toMatchObject({ status: 201 });
    expect(played.tookMs).toBeGreaterThanOrEqual(9000);
  });

  it("hands the last answer over as it came after 10 repetitions (H4)", async () => {
    const headers = { "retry-after": "1" };
    const played = await play(post, {}, { status: 503, headers, body: "busy" });
    expect(played).toMatchObject({ answer: { status: 503, body: "busy" }, attempts: 11 });
  });

  it("repeats a GET on 429 and 503 without Retry-After a few times, with growing jittered delays, never a write", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
    const played = await play(get(), {}, { status: 503, body: "busy" });
    expect(played).toMatchObject({ answer: { status: 503, body: "busy" }, attempts: 5 });
    expect(played.tookMs).toBe((100 + 200 + 400 + 800) * 1.5);
    random.mockRestore();
    expect(await play(post, {}, { status: 503 })).toMatchObject({ attempts: 1 });
    expect(await play(get(), {}, { status: 500 })).toMatchObject({ attempts: 1 });
    expect(await play(get(), {}, { status: 404, headers: { "retry-after": "1" } })).toMatchObject({
      attempts: 1,
    });
  });

  it("repeats a GET whose connection broke, never a write, nor what could not connect (H5)", async () => {
    expect(await play(get(), {}, reset, { status: 200 })).toMatchObject({
      attempts: 2,
      answer: { status: 200 },
    });
    expect(await play(get(), {}, reset)).toMatchObject({ attempts: 5, answer: reset });
    expect(await play(post, {}, reset)).toMatchObject({ attempts: 1, answer: reset });
    expect(await play(get(), {}, refused)).toMatchObject({ attempts: 1, answer: refused });
  });

  it("names the error of a previous attempt in the final one where they differ (H8)", async () => {
    const broken = await play(get(), {}, reset, refused);
    expect(broken.answer).toMatchObject({
      code: "CONNECTION_FAILED",
      message: "refused; error from a previous attempt: reset",
      cause: { code: "ECONNREFUSED" },
    });
    const busy = { status: 503, headers: { "retry-after": "1" } };
    expect((await play(post, {}, busy, refused)).answer).toMatchObject({
      message: "refused; error from a previous attempt: HTTP 503",
    });
    // The last one before it counts, and an answer is handed over as it came.
    expect((await play(get(), {}, reset, busy, refused)).answer).toMatchObject({
      message: "refused; error from a previous attempt: HTTP 503",
    });
    expect((await play(get(), {}, reset, { status: 404 })).answer).toMatchObject({ status: 404 });
  });

  it("says at a time-out or an abort what the last attempt failed of (H8)", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new KubeError("TIMEOUT", "not finished within 5000 ms.")), 5000);
    const busy = { status: 429, headers: { "retry-after": "30" } };
    expect((await play(get("/", { signal: controller.signal }), {}, busy)).answer).toMatchObject({
      code: "TIMEOUT",
      message: "not finished within 5000 ms; error from a previous attempt: HTTP 429",
    });
  });

  it("keeps an error that has more to it than a message as it is", async () => {
    const status = new ApiError("gone", { status: 410, reason: "Expired" });
    expect((await play(get(), {}, reset, status)).answer).toBe(status);
  });

  it("lets streams and requests with `retry: false` pass, so that retries never multiply", async () => {
    const busy = { status: 429, headers: { "retry-after": "1" } };
    expect(await play(get("/", { isStream: true }), {}, busy)).toMatchObject({ attempts: 1 });
    expect(await play(get("/", { retry: false }), {}, busy)).toMatchObject({ attempts: 1 });
    expect(await play(get("/", { upgrade: "websocket" }), {}, busy)).toMatchObject({ attempts: 1 });
    expect(await play(get(), { maxRetries: 0 }, busy)).toMatchObject({ attempts: 1 });
  });

  it("does not wait longer than its limit for a server that asks for an hour", async () => {
    const busy = { status: 429, headers: { "retry-after": "3600" } };
    expect(await play(get(), {}, busy)).toMatchObject({ attempts: 1, answer: { status: 429 }, tookMs: 0 });
  });

  it("ends a wait with ABORTED when the request's signal aborts, leaving no timer", async () => {
    const controller = new AbortController();
    const transport = scripted({ status: 429, headers: { "retry-after": "30" } });
    const pending = failure(retry()(transport)(get("/", { signal: controller.signal })));
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort();
    expect(await pending).toMatchObject({ code: "ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
    expect(transport.sent).toHaveLength(1);
  });

  it("refuses limits that are none", () => {
    expect(() => retry({ maxRetries: -1 })).toThrow(/maxRetries/);
    expect(() => retry({ minDelayMs: Number.NaN })).toThrow(/minDelayMs/);
  });
});

describe("retryAfterMs", () => {
  it.each([
    ["3", 3000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["", undefined],
  ])("reads %j as %j (H4)", (value, expected) => {
    expect(retryAfterMs({ "retry-after": value })).toBe(expected);
  });
});

describe("drain", () => {
  it("reads a short answer to its end, and leaves a long or broken one", async () => {
    let left = 0;
    const answer = (chunks: number, bytes: number, error?: Error) => ({
      status: 503,
      headers: {},
      body: (async function* () {
        try {
          for (let index = 0; index < chunks; index += 1) yield new Uint8Array(bytes);
          if (error !== undefined) throw error;
          left += 1;
        } finally {
          left += 10;
        }
      })(),
    });
    await drain(answer(3, 1000));
    expect(left).toBe(11);
    await drain(answer(1000, 30_000));
    await drain(answer(1, 1, new Error("reset")));
    expect(left).toBe(31);
  });
});
