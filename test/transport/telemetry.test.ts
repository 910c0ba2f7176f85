import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import {
  type AttemptRecord,
  attemptChannel,
  type RequestRecord,
  requestChannel,
} from "../../src/base/request-telemetry.ts";
import { createClusterTransport, withPolicy } from "../../src/transport/cluster-transport.ts";
import { credentials } from "../../src/transport/credentials.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";
import { configFor, failure, get, serve, textOf } from "./local-server.ts";
import { scripted } from "./scripted.ts";

let requests: RequestRecord[];
let attempts: AttemptRecord[];
const onRequest = (record: unknown): void => {
  requests.push(record as RequestRecord);
};
const onAttempt = (record: unknown): void => {
  attempts.push(record as AttemptRecord);
};

function listen(): void {
  requests = [];
  attempts = [];
  subscribe(requestChannel, onRequest);
  subscribe(attemptChannel, onAttempt);
}
afterEach(() => {
  unsubscribe(requestChannel, onRequest);
  unsubscribe(attemptChannel, onAttempt);
  vi.useRealTimers();
});

const pod: TransportRequest = {
  method: "POST",
  path: "/api/v1/namespaces/shop/secrets/db-password?fieldManager=hunter2",
  headers: { authorization: "Bearer hunter2" },
  body: '{"é":1}',
  isStream: false,
};

describe("telemetry", () => {
  beforeEach(listen);

  it("publishes one record per attempt and one per request, without names, queries or headers (H30)", async () => {
    await using server = await serve((_request, response) => response.writeHead(201).end("made!"));
    await using transport = createClusterTransport(configFor(server.url));
    const response = await transport(pod);
    // The body is not read yet: its bytes are not known.
    expect([attempts.length, requests.length]).toEqual([1, 0]);
    expect(await textOf(response)).toBe("made!");
    const common = {
      method: "POST",
      host: new URL(server.url).host,
      route: "/api/v1/namespaces/{namespace}/secrets/{name}",
      isStream: false,
      code: "201",
    };
    expect(attempts).toEqual([{ ...common, attempt: 1, durationMs: expect.any(Number) }]);
    expect(requests).toEqual([
      {
        ...common,
        attempts: 1,
        durationMs: expect.any(Number),
        rateLimiterMs: 0,
        requestBytes: 8,
        responseBytes: 5,
      },
    ]);
    expect(JSON.stringify([requests, attempts])).not.toMatch(/hunter2|shop|db-password|é/);
  });

  it("counts retries, repeats after 401, time-outs and the wait for the rate limit (H30)", async () => {
    vi.useFakeTimers();
    const answers = scripted(
      { status: 503, headers: { "retry-after": "2" } },
      { status: 401 },
      { status: 200, body: "ok" },
    );
    const slow: Transport = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return answers(request);
    };
    let token = "a";
    const credential = {
      authorization: async () => token,
      renewed: async () => {
        token = "b";
        return token;
      },
    };
    const policy = { rateLimit: { requestsPerSecond: 0.1, burst: 1 } };
    const transport = withPolicy(slow, "api:6443", policy, undefined, [credentials(credential)]);
    const answer = transport(get("/api/v1/nodes")).then(textOf);
    await vi.runAllTimersAsync();
    expect(await answer).toBe("ok");
    expect(attempts.map(({ attempt, code, durationMs }) => [attempt, code, durationMs])).toEqual([
      [1, "503", 30],
      [2, "401", 30],
      [3, "200", 30],
    ]);
    expect(requests).toMatchObject([{ code: "200", attempts: 3, host: "api:6443", responseBytes: 2 }]);
    // The bucket gives the second token after 10 s, of which the retry had waited at least 2.
    const { rateLimiterMs = 0, durationMs = 0 } = requests[0] ?? {};
    expect(rateLimiterMs).toBeGreaterThan(5000);
    expect(rateLimiterMs).toBeLessThanOrEqual(8000);
    expect(durationMs).toBeGreaterThanOrEqual(10_000);
  });

  it("says <error> and which where no answer came (H30)", async () => {
    const transport = withPolicy(scripted(new KubeError("TLS_FAILED", "expired")), "h", {});
    expect(await failure(transport(get("/version")))).toMatchObject({ code: "TLS_FAILED" });
    expect(attempts).toMatchObject([{ code: "<error>", error: "TLS_FAILED", route: "/version" }]);
    expect(requests).toMatchObject([{ code: "<error>", error: "TLS_FAILED", attempts: 1 }]);
    expect(requests[0]?.responseBytes).toBeUndefined();
  });

  it("publishes a stream's record when it begins, and leaves its body alone", async () => {
    const response: TransportResponse = { status: 200, headers: {}, body: (async function* () {})() };
    const transport = withPolicy(async () => response, "h", {});
    const stream = await transport(get("/api/v1/pods?watch=true", { isStream: true }));
    expect(stream.body).toBe(response.body);
    expect(requests).toMatchObject([{ isStream: true, code: "200", responseBytes: undefined }]);
  });

  it("publishes once where the reader leaves, also while it waits, or the body breaks", async () => {
    await using server = await serve((request, response) => {
      response.writeHead(200).write("half", () => {
        if (request.url === "/broken") response.destroy();
      });
    });
    await using transport = createClusterTransport(configFor(server.url));
    for await (const _ of (await transport(get("/left"))).body) break;
    const reader = (await transport(get("/waiting"))).body[Symbol.asyncIterator]();
    await reader.next();
    const pending = reader.next();
    await reader.return?.();
    expect(await pending).toMatchObject({ done: true });
    expect(await failure(transport(get("/broken")).then(textOf))).toMatchObject({
      code: "CONNECTION_FAILED",
    });
    expect(requests.map(({ responseBytes }) => responseBytes)).toEqual([4, 4, 4]);
  });
});

describe("without a subscriber", () => {
  it("hands requests and answers on as they are, and counts nothing (H30)", async () => {
    const response: TransportResponse = { status: 200, headers: {}, body: (async function* () {})() };
    const seen: TransportRequest[] = [];
    const transport = withPolicy(
      async (request) => {
        seen.push(request);
        return response;
      },
      "h",
      {},
    );
    const request = get("/api/v1/pods");
    expect(await transport(request)).toBe(response);
    expect(seen[0]).toBe(request);
  });
});
