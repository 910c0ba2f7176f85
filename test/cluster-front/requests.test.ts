import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Deployment, Node, NodeMetrics, Pod, PodMetrics } from "../../src/kinds/index.ts";
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
      "list of what pods use",
      "GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?limit=500",
      undefined,
      undefined,
      (c) => c.resources(PodMetrics).inNamespace("shop").list(),
      list,
    ],
    [
      "get of what a node uses",
      "GET /apis/metrics.k8s.io/v1beta1/nodes/n1",
      undefined,
      undefined,
      (c) => c.resources(NodeMetrics).withName("n1").get(),
    ],
    [
      "list of one",
      `GET ${pods}?fieldSelector=status.phase!=Failed,metadata.name=web&limit=500`,
      undefined,
      undefined,
      (c) =>
        c
          .resources(Pod)
          .inNamespace("shop")
          .withFields("status.phase!=Failed")
          .withField("metadata.name", "web")
          .list(),
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
      "create dry",
      `POST ${pods}?dryRun=All`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      "application/json",
      (c) => c.resources(Pod).inNamespace("shop").create(web, { dryRun: true }),
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
      (c) => c.resources(Pod).inNamespace("shop").withName("web").status.replace(web),
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
