import { once } from "node:events";
import nock from "nock";
import { Agent, MockAgent } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, failure, get, serve, serveTls, textOf } from "./local-server.ts";

// A developer's proxy must not answer for hosts that do not exist.
beforeEach(() => {
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("createUndiciTransport", () => {
  it("sends method, headers, repeated headers and body below the server's path, and reads the answer", async () => {
    let seen: unknown;
    await using server = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { url, method, headers, rawHeaders } = request;
        const groups = rawHeaders.filter((_, index) => rawHeaders[index - 1] === "impersonate-group");
        seen = { url, method, type: headers["content-type"], groups, body };
        response.writeHead(201, { "x-many": ["a", "b"] }).end("made");
      });
    });
    await using transport = createUndiciTransport(configFor(`${server.url}/k8s/c-1`));
    const response = await transport({
      method: "POST",
      path: "/api/v1/pods?dryRun=All",
      headers: { "content-type": "application/json" },
      repeatedHeaders: { "impersonate-group": ["devs, all", "ops"] },
      body: "{}",
      isStream: false,
    });
    expect(response.status).toBe(201);
    expect(response.headers["x-many"]).toBe("a, b");
    expect(await textOf(response)).toBe("made");
    expect(seen).toEqual({
      url: "/k8s/c-1/api/v1/pods?dryRun=All",
      method: "POST",
      type: "application/json",
      groups: ["devs, all", "ops"],
      body: "{}",
    });
  });

  it("sends 1,000 sequential GETs over TLS through one pooled connection (P27)", {
    timeout: 60_000,
  }, async () => {
    const { cert, key } = await certificate();
    await using server = await serveTls({ cert, key }, (_request, response) => response.end("ok"));
    await using transport = createUndiciTransport(
      configFor(server.url, { tls: { ca: cert, serverName: "localhost" } }),
    );
    for (let index = 0; index < 1000; index += 1) await textOf(await transport(get()));
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it("opens at most the pool's size of connections for 200 parallel GETs (P27)", async () => {
    await using server = await serve((_request, response) => response.end("ok"));
    await using transport = createUndiciTransport(configFor(server.url));
    await Promise.all(Array.from({ length: 200 }, async () => textOf(await transport(get()))));
    expect(server.connections).toBeLessThanOrEqual(16);
  });

  it("answers a GET beside any number of open streams", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/watch") response.writeHead(200).write("x");
      else response.end("ok");
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const streams = await Promise.all(
      Array.from({ length: 40 }, () => transport(get("/watch", { isStream: true }))),
    );
    expect(streams).toHaveLength(40);
    expect(await textOf(await transport(get()))).toBe("ok");
  });

  it("stops reading from the socket while the reader is behind, and loses nothing", async () => {
    const total = 32 * 1024 * 1024;
    let written = 0;
    await using server = await serve((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024, "a");
      const write = () => {
        while (written < total) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const response = await transport(get("/", { isStream: true }));
    let stalled = -1;
    while (stalled !== written) {
      stalled = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(total);
    let read = 0;
    for await (const chunk of response.body) read += chunk.byteLength;
    expect(read).toBe(total);
  });

  it("closes the connection of a stream whose reader leaves", async () => {
    const left = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.writeHead(200).write("x");
      response.once("close", () => left.resolve());
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const response = await transport(get("/", { isStream: true }));
    for await (const _ of response.body) break;
    await left.promise;
  });

  it("ends everything open with STOPPED at close(), leaves no socket, and refuses new requests", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/watch") response.writeHead(200).write("x");
    });
    const transport = createUndiciTransport(configFor(server.url));
    const stream = await transport(get("/watch", { isStream: true }));
    const reading = failure(textOf(stream));
    const waiting = failure(transport(get("/never")));
    while (server.connections < 2) await once(server.server, "connection");
    await transport.close();
    expect(await reading).toMatchObject({ code: "STOPPED" });
    expect(await waiting).toMatchObject({ code: "STOPPED" });
    expect(await failure(transport(get()))).toMatchObject({ code: "STOPPED" });
    while (server.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("ends a stream that goes silent without FIN when its signal aborts, at once, and closes its connection", async () => {
    const left = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.writeHead(200).write("first");
      response.once("close", () => left.resolve());
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const controller = new AbortController();
    const response = await transport(get("/", { isStream: true, signal: controller.signal }));
    const iterator = response.body[Symbol.asyncIterator]();
    await iterator.next();
    const pending = failure(iterator.next());
    controller.abort(new KubeError("TIMEOUT", "nothing heard"));
    expect(await pending).toMatchObject({ code: "TIMEOUT" });
    await left.promise;
  });

  it("closes the connection of a request that is given up before its answer", async () => {
    const left = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.once("close", () => left.resolve());
      arrived.resolve();
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const controller = new AbortController();
    const pending = failure(transport(get("/", { signal: controller.signal })));
    await arrived.promise;
    controller.abort();
    expect(await pending).toMatchObject({ code: "ABORTED" });
    await left.promise;
  });
});

describe("a dispatcher given by the caller", () => {
  it("is used for requests and streams alike, such as a MockAgent, and is not closed", async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get("https://cluster.example");
    pool.intercept({ path: "/api/v1/pods" }).reply(200, "list");
    pool.intercept({ path: "/api/v1/pods?watch=true" }).reply(200, "frames");
    const transport = createUndiciTransport(configFor("https://cluster.example"), { dispatcher: agent });
    expect(await textOf(await transport(get("/api/v1/pods")))).toBe("list");
    expect(await textOf(await transport(get("/api/v1/pods?watch=true", { isStream: true })))).toBe("frames");
    const unmatched = await failure(transport(get("/other")));
    expect(unmatched).toMatchObject({ code: "CONNECTION_FAILED" });
    await transport.close();
    pool.intercept({ path: "/after" }).reply(200, "open");
    const another = createUndiciTransport(configFor("https://cluster.example"), { dispatcher: agent });
    expect(await textOf(await another(get("/after")))).toBe("open");
    await agent.close();
  });
});

describe("a caller's agent", () => {
  it("stays usable after close(), which ends what this transport has open on it", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/watch") response.writeHead(200).write("x");
      else response.end("ok");
    });
    const agent = new Agent();
    const transport = createUndiciTransport(configFor(server.url), { dispatcher: agent });
    const stream = await transport(get("/watch", { isStream: true }));
    const reading = failure(textOf(stream));
    await transport.close();
    expect(await reading).toMatchObject({ code: "STOPPED" });
    const another = createUndiciTransport(configFor(server.url), { dispatcher: agent });
    expect(await textOf(await another(get()))).toBe("ok");
    await agent.close();
  });
});

describe("nock", () => {
  afterEach(() => {
    nock.cleanAll();
    nock.restore();
  });

  it("intercepts the transport's own connections", async () => {
    nock("http://cluster.example").get("/api/v1/pods").reply(200, { kind: "PodList" });
    await using transport = createUndiciTransport(configFor("http://cluster.example"));
    const response = await transport(get("/api/v1/pods"));
    expect(JSON.parse(await textOf(response))).toEqual({ kind: "PodList" });
  });
});
