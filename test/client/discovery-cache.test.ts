import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import { Discovery } from "../../src/client/discovery.ts";
import type { TransportRequest } from "../../src/transport/port.ts";
import { failure } from "./in-memory.ts";

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly shortNames?: readonly string[];
}

const verbs = ["get", "list"];

/** A server with these kinds by apiVersion, which can be changed; counts what is asked of it. */
function server(kinds: Record<string, readonly Resource[]>, fail?: (path: string) => unknown) {
  const asked: string[] = [];
  const json = (status: number, body: unknown) => ({
    status,
    headers: {},
    body: (async function* () {
      yield Buffer.from(JSON.stringify(body));
    })(),
  });
  const groups = () => Object.keys(kinds).filter((apiVersion) => apiVersion.includes("/"));
  const transport = async ({ path, signal }: TransportRequest) => {
    asked.push(path);
    await Promise.resolve();
    if (signal?.aborted) throw signal.reason;
    const failed = fail?.(path);
    if (failed instanceof Error) throw failed;
    if (failed !== undefined) return json(503, failed);
    if (path === "/api") return json(200, { kind: "APIVersions", versions: ["v1"] });
    if (path === "/apis") {
      const list = groups().map((apiVersion) => {
        const [name, version] = apiVersion.split("/");
        return { name, versions: [{ version }] };
      });
      return json(200, { kind: "APIGroupList", groups: list });
    }
    const found = kinds[path.replace(/^\/apis?\//, "")];
    if (found === undefined) return json(404, { kind: "Status", code: 404, reason: "NotFound" });
    const resources = found.map((one) => ({ namespaced: true, verbs, ...one }));
    return json(200, { kind: "APIResourceList", resources });
  };
  return { asked, kinds, discovery: new Discovery(new Client(transport)) };
}

const core: Resource[] = [
  { name: "pods", kind: "Pod", shortNames: ["po"] },
  { name: "services", kind: "Service", shortNames: ["svc"] },
];
const apps: Resource[] = [{ name: "deployments", kind: "Deployment", shortNames: ["deploy"] }];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("finding a kind", () => {
  it("asks once for its apiVersion, and remembers plural, scope and verbs", async () => {
    const { asked, discovery } = server({ v1: core });
    const pod = await discovery.find({ apiVersion: "v1", kind: "Pod" });
    expect(pod).toMatchObject({ group: "", version: "v1", plural: "pods", scope: "Namespaced", verbs });
    expect(await discovery.find({ apiVersion: "v1", kind: "Service" })).toMatchObject({ plural: "services" });
    expect(await discovery.kinds("v1")).toHaveLength(2);
    expect(asked).toEqual(["/api/v1"]);
  });

  it("shares one request among all who ask at once, each with its own patience", async () => {
    const { asked, discovery } = server({ v1: core });
    const controller = new AbortController();
    const left = failure(discovery.find({ apiVersion: "v1", kind: "Pod" }, { signal: controller.signal }));
    const waiting = Promise.all(
      Array.from({ length: 10 }, () => discovery.find({ apiVersion: "v1", kind: "Pod" })),
    );
    controller.abort();
    expect(await left).toMatchObject({ code: "ABORTED" });
    expect(await waiting).toHaveLength(10);
    expect(asked).toEqual(["/api/v1"]);
  });

  it("ends the request when the last who waits has left", async () => {
    let ended: AbortSignal | undefined;
    const client = new Client((request) => {
      ended = request.signal;
      return new Promise((_, reject) =>
        request.signal?.addEventListener("abort", () => reject(request.signal?.reason)),
      );
    });
    const pending = failure(
      new Discovery(client).find({ apiVersion: "v1", kind: "Pod" }, { timeoutMs: 1000 }),
    );
    await vi.advanceTimersByTimeAsync(1000);
    expect(await pending).toMatchObject({ code: "TIMEOUT" });
    expect(ended?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks again for what it did not find, at most every three seconds: a definition may be new", async () => {
    const { asked, kinds, discovery } = server({ v1: core, "example.com/v1": [] });
    const widget = { apiVersion: "example.com/v1", kind: "Widget" };
    expect(await failure(discovery.find(widget))).toMatchObject({ code: "UNKNOWN_KIND" });
    const first = asked.length;
    kinds["example.com/v1"] = [{ name: "widgets", kind: "Widget" }];
    expect(await failure(discovery.find(widget))).toMatchObject({ code: "UNKNOWN_KIND" });
    expect(asked).toHaveLength(first);
    vi.advanceTimersByTime(3000);
    expect(await discovery.find(widget)).toMatchObject({ plural: "widgets" });
  });

  it("asks again for a group that was not there", async () => {
    const { kinds, discovery } = server({ v1: core });
    const widget = { apiVersion: "example.com/v1", kind: "Widget" };
    expect(await failure(discovery.find(widget))).toMatchObject({ code: "UNKNOWN_KIND" });
    kinds["example.com/v1"] = [{ name: "widgets", kind: "Widget" }];
    vi.advanceTimersByTime(3000);
    expect(await discovery.find(widget)).toMatchObject({ plural: "widgets" });
  });

  it.each([
    ["v1", "Pods", "Pod of v1"],
    ["v1", "pod", "Pod of v1"],
    ["v1", "po", "Pod of v1"],
    ["v1", "Srevice", "Service of v1"],
    ["v1", "svc", "Service of v1"],
    ["v1", "Deployment", "Deployment of apps/v1"],
    ["apps/v1beta1", "Deployment", "Deployment of apps/v1"],
    ["app/v1", "Deploymnet", "Deployment of apps/v1"],
  ])("names the closest for %s %s", async (apiVersion, kind, closest) => {
    const { discovery } = server({ v1: core, "apps/v1": apps });
    expect(await failure(discovery.find({ apiVersion, kind }))).toMatchObject({
      code: "UNKNOWN_KIND",
      message: expect.stringContaining(
        `find ${kind} of ${apiVersion}: the server has no such kind; the closest: ${closest}`,
      ),
    });
  });

  it("names none where none is close", async () => {
    const { discovery } = server({ v1: core });
    expect(String(await failure(discovery.find({ apiVersion: "v1", kind: "Zebra" })))).toContain(
      "none has a similar name",
    );
  });

  it("says unknown even where the list of everything is refused, and passes on what its own group answers", async () => {
    const status = { kind: "Status", code: 503, reason: "ServiceUnavailable" };
    const some = server({ v1: core }, (path) => (path === "/apis" ? status : undefined));
    const unknown = await failure(some.discovery.find({ apiVersion: "v1", kind: "Pdo" }));
    expect(unknown).toMatchObject({ code: "UNKNOWN_KIND", message: expect.stringContaining("Pod of v1") });
    const down = server({ v1: core }, (path) => (path === "/api/v1" ? status : undefined));
    expect(await failure(down.discovery.find({ apiVersion: "v1", kind: "Pod" }))).toMatchObject({
      status: 503,
    });
    const broken = server({}, () => new KubeError("CONNECTION_FAILED", "refused"));
    expect(await failure(broken.discovery.find({ apiVersion: "v1", kind: "Pod" }))).toMatchObject({
      code: "CONNECTION_FAILED",
    });
  });

  it.each([
    [{ apiVersion: "", kind: "Pod" }],
    [{ apiVersion: "a/b/c", kind: "Pod" }],
    [{ apiVersion: "../v1", kind: "Pod" }],
    [{ apiVersion: "v1", kind: "" }],
    [{ apiVersion: "v1" }],
    [undefined],
  ])("refuses %j before any request (P30)", async (name) => {
    const { asked, discovery } = server({ v1: core });
    const error = await failure(discovery.find(name as { apiVersion: string; kind: string }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(asked).toEqual([]);
  });
});

describe("listing kinds", () => {
  it("asks for everything once, and serves every apiVersion from it", async () => {
    const { asked, discovery } = server({ v1: core, "apps/v1": apps });
    expect((await discovery.kinds()).map(({ kind }) => kind)).toEqual(["Pod", "Service", "Deployment"]);
    const sent = asked.length;
    await discovery.kinds();
    await discovery.kinds("apps/v1");
    await discovery.find({ apiVersion: "apps/v1", kind: "Deployment" });
    expect(asked).toHaveLength(sent);
    discovery.forget();
    await discovery.kinds("v1");
    expect(asked).toHaveLength(sent + 1);
  });

  it("rejects with ApiError 404 for an apiVersion that is not served, and remembers no failure", async () => {
    const { kinds, discovery } = server({ v1: core });
    expect(await failure(discovery.kinds("apps/v1"))).toMatchObject({ code: "API", status: 404 });
    kinds["apps/v1"] = apps;
    expect(await discovery.kinds("apps/v1")).toHaveLength(1);
  });

  it("tells which groups could not be read, and asks for those again", async () => {
    const status = { kind: "Status", code: 503, reason: "ServiceUnavailable" };
    let isDown = true;
    const { discovery } = server(
      { v1: core, "metrics.k8s.io/v1beta1": [{ name: "nodes", kind: "NodeMetrics" }] },
      (path) => (isDown && path.includes("metrics") ? status : undefined),
    );
    expect(await discovery.kinds()).toHaveLength(2);
    expect(discovery.failures).toMatchObject([
      { apiVersion: "metrics.k8s.io/v1beta1", error: { status: 503 } },
    ]);
    isDown = false;
    const nodes = await discovery.find({ apiVersion: "metrics.k8s.io/v1beta1", kind: "NodeMetrics" });
    expect(nodes.plural).toBe("nodes");
  });
});
