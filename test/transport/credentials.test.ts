import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Credentials } from "../../src/config/cluster-config.ts";
import { compose, createClusterTransport } from "../../src/transport/cluster-transport.ts";
import { credentialOf } from "../../src/transport/credential.ts";
import { credentials } from "../../src/transport/credentials.ts";
import { impersonation } from "../../src/transport/impersonation.ts";
import { configFor, failure, get, serve, textOf } from "./local-server.ts";
import { scripted } from "./scripted.ts";

const withCredentials = (given: Credentials) =>
  credentials(credentialOf(configFor("http://cluster.example", { credentials: given })));
const ok = { status: 200 };
const unauthorized = { status: 401, body: "no" };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-reflex-"));
  file = join(folder, "token");
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

describe("credentials", () => {
  it.each([
    [{ type: "token", token: "t" } as const, "Bearer t"],
    [{ type: "basic", username: "u", password: "p" } as const, "Basic dTpw"],
    [{ type: "none" } as const, undefined],
  ])("sends %j as %j (P32)", async (given, expected) => {
    const transport = scripted(ok);
    await withCredentials(given)(transport)(get());
    expect(transport.sent[0]?.headers.authorization).toBe(expected);
  });

  it("never overwrites an Authorization header (H28)", async () => {
    const transport = scripted(unauthorized);
    const headers = { authorization: "Bearer mine" };
    await withCredentials({ type: "token", token: "t" })(transport)(get("/", { headers }));
    expect(transport.sent.map((request) => request.headers.authorization)).toEqual(["Bearer mine"]);
  });

  it("does not repeat on 401 where there is no other credential (P33)", async () => {
    const transport = scripted(unauthorized);
    const response = await withCredentials({ type: "token", token: "t" })(transport)(get());
    expect(response.status).toBe(401);
    expect(await textOf(response)).toBe("no");
    expect(transport.sent).toHaveLength(1);
  });
});

describe("a token file", () => {
  it("is trimmed, cached for a minute less ten seconds, then read again (H27, P33)", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    writeFileSync(file, "one\n");
    const transport = scripted(ok);
    const send = withCredentials({ type: "token-file", path: file })(transport);
    await send(get());
    writeFileSync(file, "two\n");
    vi.advanceTimersByTime(49_000);
    await send(get());
    vi.advanceTimersByTime(1000);
    await send(get());
    const sent = transport.sent.map((request) => request.headers.authorization);
    expect(sent).toEqual(["Bearer one", "Bearer one", "Bearer two"]);
  });

  it("is read again on 401, and the request repeated once (P33)", async () => {
    writeFileSync(file, "old");
    const transport = scripted(ok, unauthorized, ok);
    const send = withCredentials({ type: "token-file", path: file })(transport);
    await send(get());
    writeFileSync(file, "new");
    expect((await send(get())).status).toBe(200);
    expect(transport.sent.map((request) => request.headers.authorization)).toEqual([
      "Bearer old",
      "Bearer old",
      "Bearer new",
    ]);
  });

  it("that stays refused is not tried for ever (P33)", async () => {
    writeFileSync(file, "old");
    const transport = scripted(ok, unauthorized);
    const send = withCredentials({ type: "token-file", path: file })(transport);
    await send(get());
    writeFileSync(file, "new");
    expect((await send(get())).status).toBe(401);
    expect(transport.sent).toHaveLength(3);
  });

  it("that is away or empty for a while leaves the old token in use (H27)", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    writeFileSync(file, "old");
    const transport = scripted(ok);
    const send = withCredentials({ type: "token-file", path: file })(transport);
    await send(get());
    writeFileSync(file, "");
    vi.advanceTimersByTime(61_000);
    await send(get());
    rmSync(file);
    vi.advanceTimersByTime(61_000);
    await send(get());
    expect(new Set(transport.sent.map((request) => request.headers.authorization))).toEqual(
      new Set(["Bearer old"]),
    );
  });

  it("that was never there is CREDENTIAL_FAILED, and nothing is sent", async () => {
    const transport = scripted(ok);
    const send = withCredentials({ type: "token-file", path: file })(transport);
    const error = await failure(send(get()));
    expect(error).toMatchObject({ code: "CREDENTIAL_FAILED" });
    expect(String(error)).toContain(file);
    expect(transport.sent).toHaveLength(0);
  });
});

describe("impersonation", () => {
  it("sends user, uid, groups one by one, and extra with escaped keys (H28, P32)", async () => {
    const transport = scripted(ok);
    const whom = { user: "jane", uid: "u-1", groups: ["devs", "ops"], extra: { "Scopes/a%b": ["x", "y"] } };
    await impersonation(whom)(transport)(get());
    expect(transport.sent[0]?.headers).toEqual({ "impersonate-user": "jane", "impersonate-uid": "u-1" });
    expect(transport.sent[0]?.repeatedHeaders).toEqual({
      "impersonate-group": ["devs", "ops"],
      "impersonate-extra-scopes%2Fa%25b": ["x", "y"],
    });
  });

  it("leaves a request that impersonates already alone (H28)", async () => {
    const transport = scripted(ok);
    const request = get("/", { headers: { "impersonate-user": "other" } });
    await impersonation({ user: "jane", groups: ["devs"] })(transport)(request);
    expect(transport.sent).toEqual([request]);
  });
});

describe("createClusterTransport", () => {
  it("sends credentials and impersonation with every attempt, and interceptors see one call (P32, P33)", async () => {
    const seen: (string | undefined)[] = [];
    await using server = await serve((request, response) => {
      seen.push(`${request.headers.authorization} ${request.headers["impersonate-group"]}`);
      if (seen.length === 1) response.writeHead(429, { "retry-after": "0" }).end();
      else response.end("ok");
    });
    let calls = 0;
    const config = configFor(server.url, {
      credentials: { type: "token", token: "t" },
      impersonate: { user: "jane", groups: ["devs", "ops"] },
    });
    await using transport = createClusterTransport(config, {
      retry: { minDelayMs: 1 },
      interceptors: [
        (next) => (request) => {
          calls += 1;
          return next(request);
        },
      ],
    });
    expect(await textOf(await transport(get()))).toBe("ok");
    expect(seen).toEqual(["Bearer t devs, ops", "Bearer t devs, ops"]);
    expect(calls).toBe(1);
  });

  it("never tells a token in an error", async () => {
    const free = await serve(() => {});
    await free[Symbol.asyncDispose]();
    const config = configFor(free.url, { credentials: { type: "token", token: "s3cret" } });
    await using transport = createClusterTransport(config);
    const { inspect } = await import("node:util");
    expect(inspect(await failure(transport(get())), { depth: 20 })).not.toContain("s3cret");
  });

  it("composes the first interceptor as the outermost", async () => {
    const order: string[] = [];
    const named = (name: string) => (next: ReturnType<typeof scripted> | Parameters<typeof compose>[0]) => {
      return (request: ReturnType<typeof get>) => {
        order.push(name);
        return next(request);
      };
    };
    await compose(scripted(ok), [named("outer"), named("inner")])(get());
    expect(order).toEqual(["outer", "inner"]);
  });
});
