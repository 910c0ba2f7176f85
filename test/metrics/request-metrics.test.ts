import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookupChannel, type RequestRecord, requestChannel } from "../../src/base/request-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import { configFor, serve, textOf } from "../transport/local-server.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stop: () => void;
beforeEach(async () => {
  register = new Registry();
  stop = await collectMetrics({ register });
});
afterEach(() => stop());

const request: RequestRecord = {
  method: "GET",
  host: "k:6443",
  route: "/api/v1/pods",
  isStream: false,
  code: "200",
  attempts: 1,
  durationMs: 500,
  rateLimiterMs: 250,
  requestBytes: 10,
  responseBytes: 2000,
};
const metric = (name: string): Promise<Record<string, number>> => valuesOf(register, `rest_client_${name}`);

describe("metrics of requests", () => {
  it("measure calls: their time, the wait for the rate limit, and their sizes (H30)", async () => {
    channel(requestChannel).publish(request);
    channel(requestChannel).publish({ ...request, responseBytes: undefined });
    const own = "GET,k:6443";
    expect(await metric("request_duration_seconds")).toEqual({ [`${own}_sum`]: 1, [`${own}_count`]: 2 });
    expect(await metric("rate_limiter_duration_seconds")).toEqual({
      [`${own}_sum`]: 0.5,
      [`${own}_count`]: 2,
    });
    expect(await metric("request_size_bytes")).toEqual({ [`${own}_sum`]: 20, [`${own}_count`]: 2 });
    expect(await metric("response_size_bytes")).toEqual({ [`${own}_sum`]: 2000, [`${own}_count`]: 1 });
  });

  it("do not measure watches, which are open for minutes (H30)", async () => {
    channel(requestChannel).publish({ ...request, isStream: true });
    expect(await metric("request_duration_seconds")).toEqual({});
  });

  it("measure look-ups by the name that is looked up (H30)", async () => {
    channel(lookupChannel).publish({ host: "k.example.com", durationMs: 20 });
    expect(await metric("dns_resolution_duration_seconds")).toEqual({
      "k.example.com_sum": 0.02,
      "k.example.com_count": 1,
    });
  });

  it("count what a real transport sends, retries and failures included, and name no object (H30)", async () => {
    const statuses = [503, 200];
    await using server = await serve((_request, response) =>
      response.writeHead(statuses.shift() ?? 404, { "retry-after": "0" }).end("ok"),
    );
    await using transport = createClusterTransport(configFor(server.url));
    const path = "/api/v1/namespaces/shop/secrets/hunter2?fieldManager=hunter2";
    const ask = { method: "GET" as const, path, headers: {}, isStream: false };
    expect(await textOf(await transport(ask))).toBe("ok");
    await textOf(await transport({ ...ask, method: "POST", body: "{}" }));
    const { host } = new URL(server.url);
    expect(await metric("requests_total")).toEqual({
      [`503,GET,${host}`]: 1,
      [`200,GET,${host}`]: 1,
      [`404,POST,${host}`]: 1,
    });
    expect(await metric("request_retries_total")).toEqual({ [`200,GET,${host}`]: 1 });
    expect(await metric("request_size_bytes")).toMatchObject({ [`POST,${host}_sum`]: 2 });
    expect(await metric("response_size_bytes")).toMatchObject({ [`GET,${host}_sum`]: 2 });
    expect(await register.metrics()).not.toMatch(/hunter2|shop|secrets/);
  });
});
