import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TlsConfig } from "../../src/config/cluster-config.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { certificate, configFor, failure, get, serveTls, textOf } from "./local-server.ts";

type Pair = Awaited<ReturnType<typeof certificate>>;

const fiveMinutes = 5 * 60_000;
let folder = "";
let server: Pair;
let otherServer: Pair;
let first: Pair;
let second: Pair;

beforeEach(async () => {
  // Sockets and timers stay real: only the clock that decides when to look again is ours.
  vi.useFakeTimers({ toFake: ["Date"] });
  folder = await mkdtemp(join(tmpdir(), "kube-reflex-rotation-"));
  [server, otherServer, first, second] = await Promise.all([
    certificate(),
    certificate("other"),
    certificate("first"),
    certificate("second"),
  ]);
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);
}

/** What the configuration's reader makes of the files as they are written here. */
async function tlsOfFiles(ca: Pair, client: Pair): Promise<TlsConfig> {
  await write({ ca: ca.cert, cert: client.cert, key: client.key });
  const { cert, key } = client;
  const paths = { caFile: file("ca"), certFile: file("cert"), keyFile: file("key") };
  return { ca: ca.cert, cert, key, serverName: "localhost", ...paths };
}

/** Says who the client is, or at `/watch` begins a stream and says it there. */
const whoami: RequestListener = (request, response) => {
  const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject ?? {};
  if (request.url === "/watch") response.writeHead(200).write(String(CN));
  else response.end(String(CN));
};

const serveBoth = (pair: Pair) =>
  serveTls({ ...pair, ca: [first.cert, second.cert], requestCert: true }, whoami);

describe("certificates in files", () => {
  it("are read again by the first request after five minutes, not before, and never by a timer (H26)", async () => {
    await using api = await serveBoth(server);
    await using transport = createUndiciTransport(
      configFor(api.url, { tls: await tlsOfFiles(server, first) }),
    );
    const who = async (): Promise<string> => textOf(await transport(get()));
    expect(await who()).toBe("first");
    await write({ cert: second.cert, key: second.key });
    vi.setSystemTime(Date.now() + fiveMinutes - 1000);
    expect(await who()).toBe("first");
    vi.setSystemTime(Date.now() + 1000);
    expect(await Promise.all([who(), who(), who()])).toEqual(["second", "second", "second"]);
    // Read then, so good for another five minutes.
    await write({ cert: first.cert, key: first.key });
    vi.setSystemTime(Date.now() + fiveMinutes - 1000);
    expect(await who()).toBe("second");
  });

  it("that changed end streams with CONNECTION_FAILED, so that watches resume; requests are answered to their end (H26)", async () => {
    const arrived = Promise.withResolvers<() => void>();
    await using api = await serveTls(
      { ...server, ca: [first.cert, second.cert], requestCert: true },
      (request, response) => {
        if (request.url === "/slow") arrived.resolve(() => response.end("slow"));
        else whoami(request, response);
      },
    );
    // Only the client closes idle connections here.
    api.server.keepAliveTimeout = 0;
    await using transport = createUndiciTransport(
      configFor(api.url, { tls: await tlsOfFiles(server, first) }),
    );
    const stream = await transport(get("/watch", { isStream: true }));
    const reader = stream.body[Symbol.asyncIterator]();
    expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe("first");
    const broken = failure(reader.next());
    const slow = transport(get("/slow"));
    const answerSlow = await arrived.promise;
    const old = [...api.sockets];

    await write({ cert: second.cert, key: second.key });
    vi.setSystemTime(Date.now() + fiveMinutes);
    expect(await textOf(await transport(get()))).toBe("second");
    const error = await broken;
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(String(error)).toContain("client certificate was changed");
    answerSlow();
    expect(await textOf(await slow)).toBe("slow");
    for (const socket of old) if (!socket.closed) await once(socket, "close");
    const resumed = await transport(get("/watch", { isStream: true }));
    for await (const chunk of resumed.body) {
      expect(Buffer.from(chunk).toString()).toBe("second");
      break;
    }
  });

  it("that changed leave upgraded connections alone: they cannot be resumed", async () => {
    await using api = await serveBoth(server);
    api.server.on("upgrade", (_request, socket: Duplex) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.pipe(socket);
    });
    await using transport = createUndiciTransport(
      configFor(api.url, { tls: await tlsOfFiles(server, first) }),
    );
    const { socket } = await transport(get("/exec", { isStream: true, upgrade: "websocket" }));
    await write({ cert: second.cert, key: second.key });
    vi.setSystemTime(Date.now() + fiveMinutes);
    expect(await textOf(await transport(get()))).toBe("second");
    socket?.write("still");
    const [echo] = await once(socket ?? process, "data");
    expect(String(echo)).toBe("still");
  });

  it("of an authority are swapped when they change; streams go on (H26)", async () => {
    const tls = await tlsOfFiles(server, first);
    await using old = await serveBoth(server);
    await using transport = createUndiciTransport(configFor(old.url, { tls }));
    const stream = await transport(get("/watch", { isStream: true }));
    const reader = stream.body[Symbol.asyncIterator]();
    await reader.next();
    await write({ ca: otherServer.cert });
    vi.setSystemTime(Date.now() + fiveMinutes);
    // The server's own certificate is of the old authority still.
    expect(await failure(transport(get()))).toMatchObject({ code: "TLS_FAILED" });
    await write({ ca: `${server.cert}\n${otherServer.cert}` });
    vi.setSystemTime(Date.now() + fiveMinutes);
    expect(await textOf(await transport(get()))).toBe("first");
    const next = await Promise.race([
      reader.next(),
      new Promise((resolve) => setTimeout(resolve, 50, "open")),
    ]);
    expect(next).toBe("open");
  });

  it.each([
    ["empty", { ca: "", cert: "", key: "" }],
    [
      "broken",
      { ca: "nothing", cert: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", key: "x" },
    ],
    ["half written", "only the certificate"],
    ["away", undefined],
  ] as const)(
    "that are %s leave the old ones in use, and are taken once they are whole (H26)",
    async (_, files) => {
      await using api = await serveBoth(server);
      await using transport = createUndiciTransport(
        configFor(api.url, { tls: await tlsOfFiles(server, first) }),
      );
      const who = async (): Promise<string> => textOf(await transport(get()));
      expect(await who()).toBe("first");
      if (files === undefined) await rm(folder, { recursive: true });
      else if (typeof files === "string") await write({ cert: second.cert });
      else await write(files);
      vi.setSystemTime(Date.now() + fiveMinutes);
      expect(await who()).toBe("first");
      expect(api.connections).toBe(1);
    },
  );
});

describe("a credential's own certificate", () => {
  it("is used from the first request on, and gives new connections when it changes (H26, P32)", async () => {
    await using api = await serveBoth(server);
    let current: Pair | undefined = first;
    const tls = { ca: server.cert, serverName: "localhost" };
    await using transport = createUndiciTransport(configFor(api.url, { tls }), {
      clientCertificate: () => current,
    });
    const who = async (): Promise<string> => textOf(await transport(get()));
    expect(await who()).toBe("first");
    const stream = failure(textOf(await transport(get("/watch", { isStream: true }))));
    current = { ...first };
    expect(await who()).toBe("first");
    // The same text: nothing was closed for it, and nothing opened.
    expect(api.sockets.size).toBe(api.connections);
    current = second;
    expect(await who()).toBe("second");
    expect(await stream).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("comes after the one that the configuration has, as in client-go", async () => {
    await using api = await serveBoth(server);
    const tls = { ca: server.cert, serverName: "localhost", ...first };
    await using transport = createUndiciTransport(configFor(api.url, { tls }), {
      clientCertificate: () => second,
    });
    expect(await textOf(await transport(get()))).toBe("first");
  });
});

describe("close()", () => {
  it("waits for connections of an old certificate too, and leaves no socket", async () => {
    const events: string[] = [];
    const onConnected = (message: unknown): void => {
      events.push("opened");
      (message as { socket: Socket }).socket.once("close", () => events.push("closed"));
    };
    subscribe("undici:client:connected", onConnected);
    const arrived = Promise.withResolvers<void>();
    await using api = await serveTls(
      { ...server, ca: [first.cert, second.cert], requestCert: true },
      (request, response) => {
        if (request.url === "/never") arrived.resolve();
        else whoami(request, response);
      },
    );
    let current = first;
    const transport = createUndiciTransport(
      configFor(api.url, { tls: { ca: server.cert, serverName: "localhost" } }),
      { clientCertificate: () => current },
    );
    const never = failure(transport(get("/never")));
    await arrived.promise;
    current = second;
    await textOf(await transport(get()));
    await transport(get("/watch", { isStream: true }));
    await transport.close();
    unsubscribe("undici:client:connected", onConnected);
    expect(events).toEqual(["opened", "opened", "opened", "closed", "closed", "closed"]);
    expect(await never).toMatchObject({ code: "STOPPED" });
  });
});
