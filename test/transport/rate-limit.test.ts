import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { createClusterTransport, withPolicy } from "../../src/transport/cluster-transport.ts";
import type { TransportRequest } from "../../src/transport/port.ts";
import { type RateLimitOptions, rateLimit } from "../../src/transport/rate-limit.ts";
import { configFor, failure, get } from "./local-server.ts";
import { scripted } from "./scripted.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each of `count` requests, all sent at once, reached the server, in milliseconds. */
async function arrivals(options: RateLimitOptions, count: number): Promise<number[]> {
  const began = Date.now();
  const times: number[] = [];
  const answer = scripted({ status: 200 });
  const limited = rateLimit(options)(async (request) => {
    times.push(Date.now() - began);
    return answer(request);
  });
  const all = Promise.all(Array.from({ length: count }, () => limited(get())));
  await vi.runAllTimersAsync();
  await all;
  return times;
}

describe("withPolicy", () => {
  it("asks before each time that a request is sent, after all that held it back", async () => {
    const began = Date.now();
    const asked: number[] = [];
    const transport = scripted(
      { status: 429, headers: { "retry-after": "2" } },
      { status: 200 },
      { status: 200 },
    );
    const limited = withPolicy(transport, "test", { rateLimit: { requestsPerSecond: 0.1, burst: 2 } });
    const beforeSend = (): void => void asked.push(Date.now() - began);
    const both = Promise.all([limited({ ...get(), beforeSend }), limited({ ...get(), beforeSend })]);
    await vi.runAllTimersAsync();
    await both;
    expect(asked).toHaveLength(3);
    expect(asked.slice(0, 2)).toEqual([0, 0]);
    expect(asked[2]).toBeGreaterThan(2000);
    expect(transport.sent).toHaveLength(3);
  });

  it("does not send, nor repeat, what may not be sent any more", async () => {
    const transport = scripted({ status: 429, headers: { "retry-after": "2" } }, { status: 200 });
    let isAllowed = true;
    const lost = new KubeError("LEADERSHIP_LOST", "another is the leader");
    const beforeSend = (): void => {
      if (!isAllowed) throw lost;
    };
    const sent = failure(withPolicy(transport, "test", {})({ ...get(), beforeSend }));
    await vi.advanceTimersByTimeAsync(50);
    isAllowed = false;
    await vi.runAllTimersAsync();
    expect(await sent).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(transport.sent).toHaveLength(1);
  });
});

describe("rateLimit", () => {
  it("lets a burst pass, then one request per interval, in the order they came (H1)", async () => {
    expect(await arrivals({ requestsPerSecond: 5, burst: 3 }, 6)).toEqual([0, 0, 0, 200, 400, 600]);
    expect(await arrivals({ requestsPerSecond: 0.5, burst: 1 }, 3)).toEqual([0, 2000, 4000]);
  });

  it("has a burst of twice the rate by default, and fills no further in a pause (H1)", async () => {
    const immediate = (times: number[]) => times.filter((time) => time === 0).length;
    expect(immediate(await arrivals({ requestsPerSecond: 5 }, 20))).toBe(10);
    expect(immediate(await arrivals({ requestsPerSecond: 0.1 }, 2))).toBe(1);

    const transport = scripted({ status: 200 });
    const limited = rateLimit({ requestsPerSecond: 1, burst: 2 })(transport);
    await Promise.all([limited(get()), limited(get())]);
    await vi.advanceTimersByTimeAsync(60_000);
    const more = [limited(get()), limited(get()), limited(get())];
    await vi.advanceTimersByTimeAsync(0);
    expect(transport.sent).toHaveLength(4);
    await vi.runAllTimersAsync();
    await Promise.all(more);
  });

  it("is passed by watches, other streams and upgrades (H2)", async () => {
    const transport = scripted({ status: 200 });
    const limited = rateLimit({ requestsPerSecond: 0.001, burst: 1 })(transport);
    await limited(get());
    const waiting = limited(get("/waits"));
    for (let index = 0; index < 50; index += 1) {
      await limited(get("/watch", { isStream: true }));
      await limited(get("/exec", { upgrade: "websocket" }));
    }
    expect(transport.sent.filter(({ path }) => path === "/waits")).toEqual([]);
    await vi.runAllTimersAsync();
    await waiting;
  });

  it("is passed anew by each retry (H7)", async () => {
    const times: number[] = [];
    const busy = scripted({ status: 429, headers: { "retry-after": "0" } }, { status: 200 });
    const transport = async (request: TransportRequest) => {
      times.push(Date.now());
      return busy(request);
    };
    const began = Date.now();
    const policy = { rateLimit: { requestsPerSecond: 0.1, burst: 1 } };
    const answer = withPolicy(transport, "h", policy)(get());
    await vi.runAllTimersAsync();
    expect(await answer).toMatchObject({ status: 200 });
    // The bucket gives one token in 10 s: the retry's own delay is far shorter.
    const [first, second = 0] = times.map((time) => time - began);
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(10_000);
    // A millisecond of rounding: the retry's own delay is random.
    expect(second).toBeLessThanOrEqual(10_001);
  });

  it("ends a wait with the request's signal, gives its turn to the next, and leaves no timer", async () => {
    const transport = scripted({ status: 200 });
    const limited = rateLimit({ requestsPerSecond: 1, burst: 1 })(transport);
    await limited(get());
    const controller = new AbortController();
    const given = failure(limited(get("/given-up", { signal: controller.signal })));
    const next = limited(get("/next"));
    await vi.advanceTimersByTimeAsync(500);
    controller.abort(new KubeError("TIMEOUT", "not finished within 500 ms"));
    expect(await given).toMatchObject({ code: "TIMEOUT" });
    await vi.advanceTimersByTimeAsync(500);
    await next;
    expect(transport.sent.map(({ path }) => path)).toEqual(["/", "/next"]);

    const late = failure(limited(get("/late", { signal: AbortSignal.abort() })));
    expect(await late).toMatchObject({ code: "ABORTED", message: expect.stringContaining("rate limit") });
    const alone = new AbortController();
    const last = failure(limited(get("/alone", { signal: alone.signal })));
    alone.abort();
    expect(await last).toMatchObject({ code: "ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes on when the clock is set back", async () => {
    const transport = scripted({ status: 200 });
    const limited = rateLimit({ requestsPerSecond: 1, burst: 1 })(transport);
    await limited(get());
    vi.setSystemTime(Date.now() - 3_600_000);
    const next = limited(get());
    await vi.advanceTimersByTimeAsync(2000);
    await next;
    expect(transport.sent).toHaveLength(2);
  });

  it("refuses rates and bursts that are none", () => {
    for (const requestsPerSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => rateLimit({ requestsPerSecond })).toThrow(/requestsPerSecond/);
    }
    expect(() => rateLimit({ requestsPerSecond: 1, burst: 0 })).toThrow(/burst/);
  });
});

describe("createClusterTransport", () => {
  it("has no rate limit by default (H1)", async () => {
    const transport = scripted({ status: 200 });
    const free = withPolicy(transport, "h", {});
    await Promise.all(Array.from({ length: 500 }, () => free(get())));
    expect(transport.sent).toHaveLength(500);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends waits for the rate limit, and for a retry, with STOPPED at close(), leaving no timer", async () => {
    const answer = scripted({ status: 503, headers: { "retry-after": "30" } });
    const limited = createClusterTransport(configFor("http://h.invalid"), {
      rateLimit: { requestsPerSecond: 0.01, burst: 1 },
      interceptors: [],
    });
    const closing = new AbortController();
    const retried = withPolicy(answer, "h", {}, closing.signal);
    const waiting = failure(retried(get()));
    await vi.advanceTimersByTimeAsync(1000);
    closing.abort(new KubeError("STOPPED", "closed"));
    expect(await waiting).toMatchObject({
      code: "STOPPED",
      message: "closed; error from a previous attempt: HTTP 503",
    });
    const first = failure(limited(get()));
    const second = failure(limited(get()));
    await limited.close();
    expect(await first).toMatchObject({ code: "STOPPED" });
    expect(await second).toMatchObject({ code: "STOPPED" });
    expect(await failure(limited(get()))).toMatchObject({ code: "STOPPED" });
    expect(answer.sent).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
