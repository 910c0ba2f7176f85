import { MockAgent } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import { Node } from "../../src/kinds/index.ts";
import { TestFolder } from "../config/files.ts";
import { Answer, Recording, rejection } from "./recording.ts";

const kubeconfig = `apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u, namespace: shop}}
- {name: two, context: {cluster: d, user: u}}
clusters:
- {name: c, cluster: {server: "http://one.test:8001"}}
- {name: d, cluster: {server: "http://two.test:8001"}}
users:
- {name: u, user: {token: sesame}}
`;

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

function kubeconfigFile(): string {
  return folder.write("config", kubeconfig);
}

/** What undici is asked for by a `get` of node n1. */
async function asked(
  options: ConnectOptions,
): Promise<{ origin: string; authorization: unknown; namespace: string }> {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const seen: { origin: string; authorization: unknown }[] = [];
  for (const origin of ["http://one.test:8001", "http://two.test:8001"]) {
    agent
      .get(origin)
      .intercept({ path: "/api/v1/nodes/n1" })
      .reply(200, ({ headers }) => {
        const authorization = Object.entries({ ...headers }).find(([name]) => name === "authorization")?.[1];
        seen.push({ origin, authorization });
        return { metadata: { name: "n1" } };
      });
  }
  const cluster = await Cluster.connect({ ...options, dispatcher: agent });
  const node = await cluster.resources(Node).withName("n1").get();
  expect(node.metadata?.name).toBe("n1");
  await cluster.close();
  await agent.close();
  const [first] = seen;
  return { origin: first?.origin ?? "", authorization: first?.authorization, namespace: cluster.namespace };
}

describe("Cluster.connect", () => {
  it("takes a server and a token, through a dispatcher of undici's", async () => {
    expect(await asked({ server: "http://one.test:8001", token: "sesame" })).toEqual({
      origin: "http://one.test:8001",
      authorization: "Bearer sesame",
      namespace: "default",
    });
  });

  it("takes a kubeconfig file, and a context of it", async () => {
    const file = kubeconfigFile();
    expect(await asked({ kubeconfig: file })).toMatchObject({
      origin: "http://one.test:8001",
      namespace: "shop",
    });
    expect(await asked({ kubeconfig: file, context: "two" })).toEqual({
      origin: "http://two.test:8001",
      authorization: "Bearer sesame",
      namespace: "default",
    });
    expect(await asked({ kubeconfig: file, namespace: "mine" })).toMatchObject({ namespace: "mine" });
  });

  it("takes a KubeConfig of client-node", async () => {
    const kubeConfig = {
      clusters: [{ name: "c", server: "http://two.test:8001", skipTLSVerify: false }],
      users: [{ name: "u", token: "sesame" }],
      contexts: [{ name: "one", cluster: "c", user: "u", namespace: "shop" }],
      getCurrentContext: () => "one",
    };
    expect(await asked({ kubeConfig })).toEqual({
      origin: "http://two.test:8001",
      authorization: "Bearer sesame",
      namespace: "shop",
    });
  });

  it("takes a transport, with interceptors around it, the first one outermost", async () => {
    const recording = new Recording(() => ({ metadata: { name: "n1" } }));
    const order: string[] = [];
    const interceptor =
      (name: string) => (next: typeof recording.transport) => (request: Parameters<typeof next>[0]) => {
        order.push(name);
        return next(request);
      };
    const interceptors = [interceptor("outer"), interceptor("inner")];
    const cluster = await recording.connect({ interceptors, namespace: "mine" });
    await cluster.resources(Node).withName("n1").get();
    expect([order, cluster.namespace]).toEqual([["outer", "inner"], "mine"]);
  });

  const file = kubeconfigFile();
  const { transport } = new Recording();
  it.each<[string, Record<string, unknown>]>([
    ["server and kubeconfig", { server: "http://a", kubeconfig: file }],
    ["server and transport", { server: "http://a", transport }],
    ["kubeconfig and kubeConfig", { kubeconfig: file, kubeConfig: {} }],
    ["kubeConfig and transport", { kubeConfig: {}, transport }],
    ["a token without a server", { token: "t" }],
    ["impersonation beside a transport", { transport, impersonate: { user: "me" } }],
    ["a skipped check beside a kubeconfig", { kubeconfig: file, insecureSkipVerify: true }],
    ["a proxy beside a transport", { transport, proxyUrl: "http://p" }],
    ["a context beside a server", { server: "http://a", context: "x" }],
    ["a context beside a transport", { transport, context: "x" }],
    ["a dispatcher beside a transport", { transport, dispatcher: new MockAgent() }],
    ["HTTP/2 beside a transport", { transport, http2: true }],
    ["HTTP/2 beside a dispatcher", { server: "http://a", dispatcher: new MockAgent(), http2: true }],
    ["HTTP/2 that is neither on nor off", { server: "http://a", http2: "yes" }],
    ["compression beside a transport", { transport, compression: true }],
    ["compression by its name", { server: "http://a", compression: "gzip" }],
    ["a transport that is no function", { transport: "x" }],
    ["a user agent that no header takes", { transport, userAgent: "a\nb" }],
    ["onWarning that is no function", { transport, onWarning: "x" }],
  ])("refuses %s with INVALID_ARGUMENT", async (_what, options) => {
    expect(await rejection(Cluster.connect(options as ConnectOptions))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("rejects with INVALID_CONFIG for what could never work, naming file and entry", async () => {
    const error = await rejection(Cluster.connect({ kubeconfig: file, context: "three" }));
    expect(error).toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining("three") });
    expect(await rejection(Cluster.connect())).toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("sends its user agent, and hands over the server's warnings", async () => {
    const warnings: unknown[] = [];
    const recording = new Recording(() => new Answer(200, {}, { warning: '299 - "v1beta1 is deprecated"' }));
    const cluster = await recording.connect({
      userAgent: "shop-operator/1.4",
      onWarning: (warning) => warnings.push(warning),
    });
    await cluster.resources(Node).withName("n1").get();
    expect(recording.sent[0]?.headers["user-agent"]).toBe("shop-operator/1.4");
    expect(warnings).toEqual([{ message: "v1beta1 is deprecated", step: 'get nodes "n1"' }]);
    await (await recording.connect()).resources(Node).withName("n1").get();
    expect(recording.sent[1]?.headers["user-agent"]).toMatch(/^kube-reflex\//);
  });

  it("refuses a name that is no option: a misspelt server must not find another cluster", async () => {
    const options = { serverr: "http://one.test:8001" } as ConnectOptions;
    expect(await rejection(Cluster.connect(options))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("serverr"),
    });
  });
});
