import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import { Deployment, Namespace, Pod } from "../../src/kinds/index.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import type { TransportRequest } from "../../src/transport/port.ts";

const tokens = {
  "ci-token": { user: "ci", groups: ["builders"] },
  "dev-token": { user: "dev", uid: "42" },
};

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (ApiError.is(error)) return error;
  throw new Error(`not refused: ${String(error)}`);
}

async function ask(
  server: TestApiServer,
  headers: Record<string, string>,
  more: Partial<TransportRequest> = {},
): Promise<{ status: number; message: string }> {
  const path = "/api/v1/namespaces/shop/pods";
  const sent = { method: "GET", path, isStream: false, headers, ...more } as const;
  const { status, body } = await server.transport(sent);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status, message: text.startsWith("{") ? (JSON.parse(text).message ?? "") : text };
}

describe("users of the test server", () => {
  const start = (options: TestApiServerOptions = {}): Promise<TestApiServer> =>
    TestApiServer.start({ listen: false, namespaces: ["shop"], tokens, ...options });

  it("come in by their tokens, and by nobody else's", async () => {
    await using server = await start({ token: "admin-token" });
    for (const token of ["admin-token", "ci-token", "dev-token"]) {
      expect((await ask(server, { authorization: `Bearer ${token}` })).status).toBe(200);
    }
    expect((await ask(server, { authorization: "Bearer other" })).status).toBe(401);
    expect((await ask(server, {})).status).toBe(401);
    const users = [...server.requests].map(({ user }) => user);
    expect(users).toEqual([
      { name: "admin", groups: ["system:masters", "system:authenticated"] },
      { name: "ci", groups: ["builders", "system:authenticated"] },
      { name: "dev", uid: "42", groups: ["system:authenticated"] },
      undefined,
      undefined,
    ]);
  });

  it("are the administrator where there are no tokens", async () => {
    await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
    expect((await ask(server, {})).status).toBe(200);
    expect([...server.requests][0]?.user?.name).toBe("admin");
  });

  it("get a client of their own, in memory and by kubeconfig", async () => {
    await using server = await start({ listen: true });
    const own = await server.cluster({ user: "dev" });
    await own.resources(Pod).inNamespace("shop").list();
    const far = await Cluster.connect({ server: server.url, token: "ci-token" });
    await far.resources(Pod).inNamespace("shop").list();
    await far.close();
    const first = await server.cluster();
    await first.resources(Pod).inNamespace("shop").list();
    const names = server.requests.filter({ resource: "pods" }).map(({ user }) => user?.name);
    expect(names).toEqual(["dev", "ci", "ci"]);
    expect(server.kubeconfig({ user: "dev" })).toContain("dev-token");
    expect(() => server.kubeconfig({ user: "nobody" })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("are forbidden what the test forbids them, in the words of RBAC, until it is allowed again", async () => {
    await using server = await start();
    const allow = server.forbid({ user: "ci", verb: "list", resource: "pods" });
    const ci = await server.cluster({ user: "ci" });
    const error = await failureOf(ci.resources(Pod).inNamespace("shop").list());
    expect([error.status, error.reason]).toEqual([403, "Forbidden"]);
    expect((await ask(server, { authorization: "Bearer ci-token" })).message).toBe(
      'pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "shop"',
    );
    expect((await ask(server, { authorization: "Bearer dev-token" })).status).toBe(200);
    await ci.resources(Deployment).inNamespace("shop").list();
    allow();
    await ci.resources(Pod).inNamespace("shop").list();
  });

  it.each([
    [
      "/api/v1/pods",
      'pods is forbidden: User "ci" cannot list resource "pods" in API group "" at the cluster scope',
    ],
    [
      "/api/v1/namespaces/shop",
      'namespaces "shop" is forbidden: User "ci" cannot get resource "namespaces" in API group "" in the namespace "shop"',
    ],
    [
      "/apis/apps/v1/namespaces/shop/deployments/d/scale",
      'deployments.apps "d" is forbidden: User "ci" cannot get resource "deployments/scale" in API group "apps" in the namespace "shop"',
    ],
    [
      "/apis/apps/v1/namespaces/shop/deployments?watch=1",
      'deployments.apps is forbidden: User "ci" cannot watch resource "deployments" in API group "apps" in the namespace "shop"',
    ],
    [
      "/apis/nope.example.com/v1/foos",
      'foos.nope.example.com is forbidden: User "ci" cannot list resource "foos" in API group "nope.example.com" at the cluster scope',
    ],
  ])("are told what they may not do: %s", async (path, message) => {
    await using server = await start();
    server.forbid({ group: "builders" });
    const answer = await ask(server, { authorization: "Bearer ci-token" }, { path });
    expect(answer).toEqual({ status: 403, message });
    const discovery = await ask(server, { authorization: "Bearer ci-token" }, { path: "/apis" });
    expect(discovery.status).toBe(200);
  });

  it("act as others, which the log shows, and may be forbidden to", async () => {
    await using server = await start();
    const headers = { authorization: "Bearer ci-token", "impersonate-user": "bob" };
    const repeatedHeaders = {
      "impersonate-group": ["a", "b"],
      "impersonate-extra-example.com%2fscope": ["x", "y"],
    };
    server.forbid({ user: "bob", verb: "list" });
    const answer = await ask(server, { ...headers, "impersonate-uid": "7" }, { repeatedHeaders });
    expect(answer.message).toContain('User "bob" cannot list resource "pods"');
    expect([...server.requests].at(-1)).toMatchObject({
      user: {
        name: "bob",
        uid: "7",
        groups: ["a", "b", "system:authenticated"],
        extra: { "example.com/scope": ["x", "y"] },
      },
      impersonatedBy: { name: "ci" },
    });
    await ask(server, { ...headers, "impersonate-user": "system:serviceaccount:shop:web" });
    expect([...server.requests].at(-1)?.user?.groups).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:shop",
      "system:authenticated",
    ]);
    server.forbid({ user: "ci", verb: "impersonate" });
    expect(await ask(server, { ...headers, "impersonate-user": "eve" })).toEqual({
      status: 403,
      message:
        'pods is forbidden: User "ci" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "shop"',
    });
    const dev = { authorization: "Bearer dev-token", "impersonate-user": "eve" };
    expect((await ask(server, dev)).status).toBe(200);
  });

  it("act as others over HTTP, group by group", async () => {
    await using server = await start({ listen: true });
    const groups = ["Impersonate-Group", "a, with a comma", "Impersonate-Group", "b"];
    await fetch(`${server.url}/api/v1/pods`, {
      headers: [
        ["authorization", "Bearer ci-token"],
        ["impersonate-user", "bob"],
      ],
    });
    expect([...server.requests].at(-1)?.user?.groups).toEqual(["system:authenticated"]);
    const sent = request(`${server.url}/api/v1/pods`, {
      headers: ["Host", "x", "Authorization", "Bearer ci-token", "Impersonate-User", "bob", ...groups],
    });
    const answered = server.requests.next();
    const [response] = await once(sent.end(), "response");
    response.resume();
    await once(response, "end");
    expect((await answered).user?.groups).toEqual(["a, with a comma", "b", "system:authenticated"]);
  });

  it.each([
    [{ "impersonate-group": "bob" }, 'UID:"", Groups:[]string{"bob"}, Extra:map[string][]string(nil)'],
    [{ "impersonate-uid": "bob" }, 'UID:"bob", Groups:[]string(nil), Extra:map[string][]string(nil)'],
    [
      { "impersonate-extra-foo": "bob" },
      'UID:"", Groups:[]string(nil), Extra:map[string][]string{"foo":[]string{"bob"}}',
    ],
  ])("act as nobody: 400 for %j without a name", async (headers, shown) => {
    await using server = await start();
    expect(await ask(server, { authorization: "Bearer ci-token", ...headers })).toEqual({
      status: 400,
      message: `requested &user.DefaultInfo{Name:"", ${shown}} without impersonating a user name`,
    });
  });

  it.each([
    { "a b": { user: "x" } },
    { a: { user: "" } },
    { a: { user: "x", groups: "y" } },
    { a: { user: "x", uid: 1 } },
    { a: "x" },
  ])("are refused when they make no sense, without showing a token: %j", async (wrong) => {
    const options = { tokens: wrong } as unknown as TestApiServerOptions;
    await expect(start(options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.not.stringContaining("a b"),
    });
  });

  it("may be forbidden only what is served, and nothing after stop", async () => {
    const server = await start();
    expect(() => server.forbid({ resource: "nosuch" })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(server.get(Namespace, "shop")).toBeDefined();
    await server.stop();
    expect(() => server.forbid({})).toThrow(expect.objectContaining({ code: "STOPPED" }));
  });
});
