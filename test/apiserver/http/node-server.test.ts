import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { Watcher } from "../../../src/apiserver/fan-out/watcher.ts";
import { NodeServer } from "../../../src/apiserver/http/node-server.ts";
import { WatchBody } from "../../../src/apiserver/http/watch-body.ts";
import { KubeError } from "../../../src/base/errors.ts";
import { ConfigMap } from "../../../src/kinds/index.ts";
import { TestApiServer, type TestApiServerOptions } from "../../../src/testing/index.ts";
import { configMaps, overHttp } from "./fronts.ts";

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/** A request whose body is not decompressed. */
async function raw(url: string, headers: Record<string, string> = {}, ca?: string): Promise<Raw> {
  const request = ca === undefined ? httpRequest(url, { headers }) : httpsRequest(url, { headers, ca });
  request.end();
  const [response] = await once(request, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) };
}

let server: TestApiServer;
let socket: Socket | undefined;

async function start(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  server = await TestApiServer.start(options);
  return server;
}

function fill(count: number, size: number): void {
  for (let i = 0; i < count; i++) {
    server.create(ConfigMap, { metadata: { name: `c${i}` }, data: { k: "x".repeat(size) } });
  }
}

afterEach(async () => {
  socket?.destroy();
  socket = undefined;
  await server.stop();
});

describe("the HTTP front", () => {
  it("listens on loopback, on a free port each", async () => {
    const { url } = await start();
    await using other = await overHttp();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(other.server.url).not.toBe(url);
  });

  it("compresses answers of 128 KiB and more for clients that take it", async () => {
    const { url } = await start();
    fill(2, 40 * 1024);
    const small = await raw(url + configMaps, { "accept-encoding": "gzip" });
    expect(small.headers["content-encoding"]).toBeUndefined();
    server.create(ConfigMap, { metadata: { name: "large" }, data: { k: "x".repeat(64 * 1024) } });
    const large = await raw(url + configMaps, { "accept-encoding": "gzip, deflate" });
    expect(large.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(JSON.parse(gunzipSync(large.bytes).toString()).items).toHaveLength(3);
    for (const refused of ["identity", "gzip;q=0", ""]) {
      const plain = await raw(url + configMaps, { "accept-encoding": refused });
      expect(plain.headers["content-encoding"]).toBeUndefined();
      expect(JSON.parse(plain.bytes.toString()).items).toHaveLength(3);
    }
  });

  it("writes long lists while they are read, compressed or not", async () => {
    const { url } = await start();
    fill(1200, 300);
    const plain = await raw(url + configMaps);
    expect(plain.headers["transfer-encoding"]).toBe("chunked");
    expect(JSON.parse(plain.bytes.toString()).items).toHaveLength(1200);
    const packed = await raw(url + configMaps, { "accept-encoding": "gzip" });
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
  });

  it("never compresses a watch, and sends its headers before its first event", async () => {
    const { url } = await start();
    const request = httpRequest(`${url}${configMaps}?watch=1`, { headers: { "accept-encoding": "gzip" } });
    request.end();
    const [response] = await once(request, "response");
    expect(response.headers).toMatchObject({
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    });
    expect(response.headers["content-encoding"]).toBeUndefined();
    request.destroy();
  });

  it("ends a watch whose client does not read, with bounded memory, and nobody waits (beats T8)", async () => {
    const { url } = await start({ queueEvents: 10 });
    const { port } = new URL(url);
    const client = connect(Number(port), "127.0.0.1");
    socket = client;
    client.pause();
    const opened = server.requests.next({ verb: "watch" });
    client.write(`GET ${configMaps}?watch=1 HTTP/1.1\r\nhost: x\r\n\r\n`);
    await opened;
    for (let i = 0; i < 100; i++) {
      server.create(ConfigMap, { metadata: { name: `c${i}` }, data: { k: "x".repeat(256 * 1024) } });
      // The server writes what the socket takes between two writes of ours.
      await new Promise(setImmediate);
    }
    // Read at last: what was queued and then the end, far from all that happened.
    let text = "";
    for await (const chunk of client) {
      text += String(chunk);
      if (text.endsWith("\r\n0\r\n\r\n")) break;
    }
    const names = [...text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.length).toBeLessThan(60);
    expect(names).toEqual(names.map((_name, i) => `c${i}`));
    expect(server.openWatches).toBe(0);
  });

  it("breaks a blocked watch when it is cut, although the client takes nothing", async () => {
    await start({ listen: false });
    const watcher = new Watcher();
    const { promise: asked, resolve } = Promise.withResolvers<AbortSignal | undefined>();
    const front = await NodeServer.listen(
      async ({ signal }) => {
        resolve(signal);
        return { status: 200, headers: {}, body: new WatchBody(watcher, signal) };
      },
      { maxBodyBytes: 0 },
    );
    const client = connect(Number(new URL(front.url).port), "127.0.0.1");
    socket = client;
    client.on("error", () => {});
    client.pause();
    client.write("GET /api/v1/pods?watch=1 HTTP/1.1\r\nhost: x\r\n\r\n");
    const signal = await asked;
    const closed = new Promise((done) => signal?.addEventListener("abort", done));
    while (watcher.queuedEvents < 5) {
      watcher.push(new Uint8Array(1024 * 1024));
      await new Promise(setImmediate);
    }
    watcher.cut(new KubeError("CONNECTION_FAILED", "cut"));
    await closed;
    await front.close();
  });

  it("resets the connection of a cut watch, or ends it cleanly when told so", async () => {
    const { url } = await start();
    const open = async (): Promise<{ readonly answer: Promise<Raw> }> => {
      const opened = server.requests.next({ verb: "watch" });
      const answer = raw(`${url}${configMaps}?watch=1`);
      answer.catch(() => {});
      await opened;
      // The headers are on their way: without them there is no answer to cut.
      await new Promise(setImmediate);
      return { answer };
    };
    const broken = await open();
    server.cutWatches({ mode: "reset" });
    await expect(broken.answer).rejects.toMatchObject({ code: "ECONNRESET" });
    const clean = await open();
    server.cutWatches({ mode: "end" });
    expect((await clean.answer).status).toBe(200);
  });

  it("refuses methods that no API server has", async () => {
    const { url } = await start();
    const response = await fetch(url + configMaps, { method: "OPTIONS" });
    expect([response.status, await response.json()]).toMatchObject([405, { reason: "MethodNotAllowed" }]);
  });

  it("stops reading a body at 3 MiB (413)", async () => {
    const { url } = await start();
    const body = new Uint8Array(4 * 1024 * 1024).fill(32);
    const response = await fetch(url + configMaps, { method: "POST", body }).catch((error) => error);
    // Undici may still be writing when the server closes: then there is a reset instead of an answer.
    expect(response.status ?? response.cause.code).toSatisfy((seen) =>
      [413, "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(seen),
    );
  });

  it("closes every connection with stop(), watches included", async () => {
    const { url } = await start();
    const request = httpRequest(`${url}${configMaps}?watch=1`);
    request.on("error", () => {});
    request.end();
    const [response] = await once(request, "response");
    response.on("error", () => {});
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.resume();
    await server.stop();
    await closed;
    expect(server.openWatches).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe("HTTPS and tokens", () => {
  it("serves HTTPS with a certificate that it made itself", async () => {
    const { url, ca } = await start({ tls: true });
    expect(url).toMatch(/^https:/);
    const { status, bytes } = await raw(`${url}/healthz`, {}, ca);
    expect([status, bytes.toString()]).toEqual([200, "ok"]);
    const untrusted = raw(`${url}/healthz`, {}, "");
    await expect(untrusted).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });

  it("lets in who has the token and answers 401 to all others", async () => {
    const { url } = await start({ token: "open-sesame" });
    const get = (headers: Record<string, string>): Promise<Response> => fetch(url + configMaps, { headers });
    expect((await get({ authorization: "Bearer open-sesame" })).status).toBe(200);
    for (const headers of [{}, { authorization: "Bearer other" }, { authorization: "open-sesame" }]) {
      const refused = await get(headers as Record<string, string>);
      expect([refused.status, await refused.json()]).toEqual([
        401,
        {
          kind: "Status",
          apiVersion: "v1",
          metadata: {},
          status: "Failure",
          message: "Unauthorized",
          reason: "Unauthorized",
          code: 401,
        },
      ]);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(JSON.stringify([...server.requests])).not.toContain("sesame");
  });
});
