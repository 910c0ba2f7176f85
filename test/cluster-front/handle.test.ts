import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Deployment, Node, Pod } from "../../src/kinds/index.ts";
import { Answer, Recording, rejection } from "./recording.ts";

const web = { metadata: { name: "web", namespace: "shop" } };

async function sending(act: (cluster: Cluster) => Promise<unknown>, reply: unknown = {}) {
  const recording = new Recording(() => reply);
  await act(await recording.connect());
  const { method, path, body, headers } = recording.sent[0] ?? {};
  return {
    line: `${method} ${decodeURIComponent(path ?? "")}`,
    body: typeof body === "string" ? JSON.parse(body) : body,
    type: headers?.["content-type"],
  };
}

const options = { apiVersion: "v1", kind: "DeleteOptions" };
const pods = "/api/v1/namespaces/shop/pods";
const list = { metadata: {}, items: [] };

describe("requests on the wire", () => {
  it.each<[string, string, unknown, string | undefined, (cluster: Cluster) => Promise<unknown>, unknown?]>([
    [
      "get",
      `GET ${pods}/web`,
      undefined,
      undefined,
      (c) => c.resources(Pod).inNamespace("shop").withName("web").get(),
    ],
    [
      "get of a state",
      "GET /api/v1/nodes/n1?resourceVersion=0",
      undefined,
      undefined,
      (c) => c.resources(Node).withName("n1").get({ resourceVersion: "0" }),
    ],
    [
      "list",
      "GET /apis/apps/v1/deployments?labelSelector=app=web&limit=500",
      undefined,
      undefined,
      (c) => c.resources(Deployment).withLabel("app", "web").list(),
      list,
    ],
    [
      "list of a state",
      `GET ${pods}?fieldSelector=spec.nodeName=n1&resourceVersion=7&resourceVersionMatch=Exact&limit=3`,
      undefined,
      undefined,
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withField("spec.nodeName", "n1")
          .list({ pageSize: 3, resourceVersion: "7", resourceVersionMatch: "Exact" }),
      list,
    ],
    [
      "list of one",
      `GET ${pods}?fieldSelector=status.phase!=Failed,metadata.name=web&limit=500`,
      undefined,
      undefined,
      (c) => c.resources(Pod).inNamespace("shop").withFields("status.phase!=Failed").withName("web").list(),
      list,
    ],
    [
      "create",
      `POST ${pods}?fieldManager=me`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      "application/json",
      (c) => c.resources(Pod).create(web, { fieldManager: "me" }),
    ],
    [
      "create by name",
      `POST ${pods}?dryRun=All`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      "application/json",
      (c) => c.resources(Pod).inNamespace("shop").withName("web").create(web, { dryRun: true }),
    ],
    [
      "replace",
      `PUT ${pods}/web`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      "application/json",
      (c) => c.resources(Pod).inNamespace("shop").replace(web),
    ],
    [
      "replace of the status",
      `PUT ${pods}/web/status`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      "application/json",
      (c) => c.resources(Pod).inNamespace("shop").status.withName("web").replace(web),
    ],
    [
      "get of the status",
      `GET ${pods}/web/status`,
      undefined,
      undefined,
      (c) => c.resources(Pod).inNamespace("shop").withName("web").status.get(),
    ],
    [
      "merge patch",
      `PATCH ${pods}/web`,
      { metadata: { labels: { a: null } } },
      "application/merge-patch+json",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("web")
          .patch({ merge: { metadata: { labels: { a: null } } } }),
    ],
    [
      "json patch",
      `PATCH ${pods}/web/status`,
      [{ op: "remove", path: "/status/phase" }],
      "application/json-patch+json",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("web")
          .status.patch({ json: [{ op: "remove", path: "/status/phase" }] }),
    ],
    [
      "delete",
      `DELETE ${pods}/web`,
      {
        ...options,
        propagationPolicy: "Foreground",
        gracePeriodSeconds: 0,
        preconditions: { uid: "u" },
        dryRun: ["All"],
      },
      "application/json",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("web")
          .delete({
            propagation: "Foreground",
            gracePeriodSeconds: 0,
            preconditions: { uid: "u" },
            dryRun: true,
          }),
    ],
    [
      "deleteAll",
      `DELETE ${pods}?labelSelector=app in (a,b),!canary`,
      options,
      "application/json",
      (c) => c.resources(Pod).inNamespace("shop").withLabels("app in (a,b),!canary").deleteAll(),
    ],
  ])("sends %s exactly so", async (_what, line, body, type, act, reply) => {
    expect(await sending(act, reply)).toEqual({ line, body, type });
  });

  it("reads several pages as one list, at the first page's resourceVersion, and item by item", async () => {
    const page = ({ path }: { path: string }) => {
      const at = Number(new URLSearchParams(path.split("?")[1]).get("continue") ?? 0);
      const rest = at < 2 ? { continue: `${at + 1}`, remainingItemCount: 2 - at } : {};
      return {
        kind: "PodList",
        metadata: { resourceVersion: `${10 + at}`, ...rest },
        items: [{ metadata: { name: `p${at}` } }],
      };
    };
    const recording = new Recording(page);
    const all = (await recording.connect()).resources(Pod);
    const whole = await all.list({ pageSize: 1, resourceVersion: "9" });
    expect(whole.metadata).toEqual({ resourceVersion: "10" });
    expect(whole.items.map(({ metadata }) => metadata?.name)).toEqual(["p0", "p1", "p2"]);
    expect(recording.lines).toEqual([
      "GET /api/v1/pods?resourceVersion=9&limit=1",
      "GET /api/v1/pods?limit=1&continue=1",
      "GET /api/v1/pods?limit=1&continue=2",
    ]);
    const names: (string | undefined)[] = [];
    for await (const pod of all.items({ pageSize: 1 })) {
      names.push(pod.metadata?.name);
      if (names.length === 2) break;
    }
    expect(names).toEqual(["p0", "p1"]);
    expect(recording.sent).toHaveLength(5);
  });

  it("rejects with the server's error", async () => {
    const status = { kind: "Status", status: "Failure", code: 409, reason: "Conflict", message: "no" };
    const cluster = await new Recording(() => new Answer(409, status)).connect();
    expect(await rejection(cluster.resources(Pod).create(web))).toMatchObject({
      code: "API",
      status: 409,
      reason: "Conflict",
    });
  });
});

describe("handles", () => {
  it("are immutable: chains from one base share nothing (P34)", async () => {
    const recording = new Recording(() => list);
    const base = (await recording.connect()).resources(Pod).inNamespace("shop");
    const watching = base.withLabel("app", "web");
    const other = base.withLabel("tier").inNamespace("other");
    await watching.list();
    await other.list();
    await base.list();
    expect(recording.lines).toEqual([
      "GET /api/v1/namespaces/shop/pods?labelSelector=app=web&limit=500",
      "GET /api/v1/namespaces/other/pods?labelSelector=tier&limit=500",
      "GET /api/v1/namespaces/shop/pods?limit=500",
    ]);
    expect(Object.isFrozen(base.selection)).toBe(true);
    expect(base.kind).toBe(Pod);
    expect(base.withLabels(" ").selection.labelSelector).toBe("");
    expect(base.withFields("").selection.fieldSelector).toBe("");
  });

  const invalid: [string, (cluster: Cluster) => unknown][] = [
    ["delete without a name", (c) => c.resources(Pod).inNamespace("shop").delete()],
    ["delete({}) without a name", (c) => c.resources(Pod).inNamespace("shop").delete({})],
    [
      "delete by selector",
      (c) => c.resources(Pod).inNamespace("shop").withLabel("a", "b").withName("x").delete(),
    ],
    ["withName('a/b')", (c) => c.resources(Pod).inNamespace("shop").withName("a/b")],
    ["withName('..')", (c) => c.resources(Pod).withName("..")],
    ["withName('%2f')", (c) => c.resources(Pod).withName("%2f")],
    ["withName('')", (c) => c.resources(Pod).withName("")],
    ["inNamespace('')", (c) => c.resources(Pod).inNamespace("")],
    ["inNamespace('a/b')", (c) => c.resources(Pod).inNamespace("a/b")],
    ["inNamespaces()", (c) => c.resources(Pod).inNamespaces()],
    ["a namespace of a cluster-scoped kind", (c) => c.resources(Node).inNamespace("shop")],
    ["get without a namespace", (c) => c.resources(Pod).withName("x").get()],
    ["deleteAll without a namespace", (c) => c.resources(Pod).deleteAll()],
    ["a label selector that does not parse", (c) => c.resources(Pod).withLabels("a in (")],
    ["a label that no server takes", (c) => c.resources(Pod).withLabel("a b", "x")],
    ["a field selector that does not parse", (c) => c.resources(Pod).withFields("a")],
    ["a field path that is none", (c) => c.resources(Pod).withField("a b", "x")],
    ["a negative page size", (c) => c.resources(Pod).list({ pageSize: -1 })],
    ["a page size of 0, item by item", (c) => c.resources(Pod).items({ pageSize: 0 }).next()],
    [
      "an object without metadata",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .create({} as never),
    ],
    [
      "no object",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .create(undefined as never),
    ],
    [
      "a replace without a name",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .replace({ metadata: {} } as never),
    ],
    ["an object of another name", (c) => c.resources(Pod).inNamespace("shop").withName("other").create(web)],
    ["an object of another namespace", (c) => c.resources(Pod).inNamespace("other").create(web)],
    [
      "no patch",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("x")
          .patch(undefined as never),
    ],
    [
      "two patches",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("x")
          .patch({ merge: {}, json: [] } as never),
    ],
    [
      "a merge patch of nothing",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("x")
          .patch({ merge: null } as never),
    ],
    [
      "a json patch of an object",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withName("x")
          .patch({ json: {} } as never),
    ],
    [
      "a negative grace period",
      (c) => c.resources(Pod).inNamespace("shop").withName("x").delete({ gracePeriodSeconds: -1 }),
    ],
    ["list over several namespaces", (c) => c.resources(Pod).inNamespaces("a", "b").list()],
    ["watch over several namespaces", (c) => c.resources(Pod).inNamespaces("a", "b").watch()],
    ["get in several namespaces", (c) => c.resources(Pod).inNamespaces("a", "b").withName("x").get()],
    ["list of a subresource", (c) => c.resources(Pod).status.list()],
    ["watch of a subresource", (c) => c.resources(Pod).status.watch()],
    ["informer of a subresource", (c) => c.resources(Pod).status.informer()],
    [
      "a handler of a watch that is no function",
      (c) =>
        c
          .resources(Pod)
          .watch()
          .on("ADDED", "x" as never),
    ],
    [
      "a handler of an informer that is no function",
      (c) =>
        c
          .resources(Pod)
          .informer()
          .on("ADDED", 1 as never),
    ],
    ...["a/b", "..", "a%2f", "", 5].map((name): [string, (c: Cluster) => unknown] => [
      `an object to create whose name is ${JSON.stringify(name)}`,
      (c) =>
        c
          .resources(Pod)
          .inNamespace("a")
          .create({ metadata: { name: name as string } }),
    ]),
    [
      "an object to create whose generateName has a slash",
      (c) =>
        c
          .resources(Pod)
          .inNamespace("a")
          .create({ metadata: { generateName: "a/" } }),
    ],
    [
      "an informer whose streamingList is on",
      (c) => c.resources(Pod).informer({ streamingList: "on" as "auto" }),
    ],
    [
      "an informer with a negative back-off",
      (c) => c.resources(Pod).informer({ backoff: { initialMs: -1 } }),
    ],
    ["an informer with freeze: yes", (c) => c.resources(Pod).informer({ freeze: "yes" as never })],
    ["a frame limit of 0", (c) => c.resources(Pod).watch({ maxFrameBytes: 0 })],
    ["an informer with a frame limit of 0", (c) => c.resources(Pod).informer({ maxFrameBytes: 0 })],
    ["an informer with a page size of 0", (c) => c.resources(Pod).informer({ pageSize: 0 })],
    ["no kind", (c) => c.resources({} as never)],
    ["a negative time-out", (c) => c.resources(Pod).inNamespace("a").withName("x").get({ timeoutMs: -1 })],
  ];
  it.each(invalid)("refuse %s with INVALID_ARGUMENT before any request (P30)", async (_what, act) => {
    const recording = new Recording(() => list);
    const cluster = await recording.connect();
    const error = await rejection((async () => act(cluster))());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(recording.sent).toEqual([]);
  });

  it("say which verb can join namespaces where another was asked to", async () => {
    const cluster = await new Recording().connect();
    const error = await rejection(cluster.resources(Pod).inNamespaces("a", "b").list());
    expect(error).toMatchObject({
      message: "list pods: a request reaches one namespace or all; only informer() joins several",
    });
  });

  it.each(["strategic", "apply"])(
    "refuses a patch of type %s, which is not offered, as UNSUPPORTED",
    async (type) => {
      const recording = new Recording(() => list);
      const handle = (await recording.connect()).resources(Pod).inNamespace("a").withName("x");
      const patch = { [type]: {} } as unknown as { merge: Record<string, unknown> };
      await expect(handle.patch(patch)).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining(type),
      });
      expect(recording.lines).toEqual([]);
    },
  );
});
