import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Deployment, Node, Pod, ServiceAccount } from "../../src/kinds/index.ts";
import { Answer, Recording, rejection } from "./recording.ts";

const web = { metadata: { name: "web", namespace: "shop" } };
const pods = "/api/v1/namespaces/shop/pods";
const deployments = "/apis/apps/v1/namespaces/shop/deployments";
const apply = "application/apply-patch+yaml";
const ofShop = (c: Cluster) => c.resources(Pod).inNamespace("shop");
const deployment = (c: Cluster) => c.resources(Deployment).inNamespace("shop").withName("web");

describe("writes", () => {
  it.each<[string, string, unknown, string, (cluster: Cluster) => Promise<unknown>]>([
    [
      "apply, named by the object",
      `PATCH ${pods}/web?fieldManager=me&force=true`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      apply,
      (c) => c.resources(Pod).apply(web, { fieldManager: "me", force: true }),
    ],
    [
      "apply, named by the handle",
      `PATCH ${pods}/web?dryRun=All&fieldManager=all-of-them`,
      { ...web, apiVersion: "v1", kind: "Pod" },
      apply,
      (c) => ofShop(c).withName("web").apply(web, { dryRun: true }),
    ],
    [
      "apply of the status",
      `PATCH ${pods}/web/status?fieldManager=all-of-them`,
      { ...web, apiVersion: "v1", kind: "Pod", status: { phase: "Failed" } },
      apply,
      (c) =>
        ofShop(c)
          .withName("web")
          .status.apply({ ...web, status: { phase: "Failed" } }),
    ],
    [
      "strategic patch",
      `PATCH ${deployments}/web?fieldManager=all-of-them&fieldValidation=Strict`,
      { spec: { template: { spec: { containers: [{ name: "a", image: "b" }] } } } },
      "application/strategic-merge-patch+json",
      (c) =>
        deployment(c).patch(
          { strategic: { spec: { template: { spec: { containers: [{ name: "a", image: "b" }] } } } } },
          { fieldValidation: "Strict" },
        ),
    ],
    [
      "scale",
      `PATCH ${deployments}/web/scale?fieldManager=all-of-them`,
      { spec: { replicas: 3 } },
      "application/merge-patch+json",
      (c) => deployment(c).scale(3),
    ],
    [
      "evict",
      `POST ${pods}/web/eviction?fieldManager=all-of-them`,
      {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "web" },
        deleteOptions: { gracePeriodSeconds: 5, dryRun: ["All"] },
      },
      "application/json",
      (c) => ofShop(c).withName("web").evict({ gracePeriodSeconds: 5, dryRun: true }),
    ],
    [
      "a token request, a subresource by name",
      "POST /api/v1/namespaces/shop/serviceaccounts/ci/token?fieldManager=all-of-them",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: ["x"] } },
      "application/json",
      (c) =>
        c
          .resources(ServiceAccount)
          .inNamespace("shop")
          .withName("ci")
          .subresource<{ apiVersion: string; kind: string; spec: object }>("token")
          .create({
            apiVersion: "authentication.k8s.io/v1",
            kind: "TokenRequest",
            spec: { audiences: ["x"] },
          }),
    ],
    [
      "deleteAll of everything, told so (P30)",
      "DELETE /api/v1/nodes",
      { apiVersion: "v1", kind: "DeleteOptions" },
      "application/json",
      (c) => c.resources(Node).deleteAll({ everything: true }),
    ],
  ])("send %s exactly so", async (_what, line, body, type, act) => {
    const recording = new Recording();
    await act(await recording.connect({ fieldManager: "all-of-them" }));
    const { body: sent, headers } = recording.sent[0] ?? {};
    expect(recording.lines).toEqual([line]);
    expect([JSON.parse(String(sent)), headers?.["content-type"]]).toEqual([body, type]);
  });
});

describe("find", () => {
  const missing = (details: object): Answer =>
    new Answer(404, { kind: "Status", status: "Failure", code: 404, reason: "NotFound", details });

  it("gives undefined for an object that is not there, and throws for a kind that is not served", async () => {
    const recording = new Recording(() => missing({ name: "web", kind: "pods" }));
    const pod = ofShop(await recording.connect()).withName("web");
    expect(await pod.find()).toBeUndefined();
    recording.reply = () => missing({});
    expect(await rejection(pod.find())).toMatchObject({ status: 404 });
    recording.reply = () => web;
    expect(await pod.find()).toEqual(web);
  });
});

describe("edit", () => {
  const conflict = new Answer(409, { kind: "Status", status: "Failure", code: 409, reason: "Conflict" });
  const version = (resourceVersion: string) => ({ metadata: { ...web.metadata, resourceVersion } });

  it("reads and changes anew after a conflict, and writes over the state that it read", async () => {
    let reads = 0;
    const recording = new Recording(({ method, body }) => {
      if (method === "GET") return version(`${++reads}`);
      return reads < 3 ? conflict : JSON.parse(String(body));
    });
    const pod = ofShop(await recording.connect()).withName("web");
    const edited = await pod.edit((read) => {
      read.metadata.labels = { seen: `${reads}` };
      // The lock is not the mutator's to lose.
      delete read.metadata.resourceVersion;
    });
    expect(edited.metadata).toEqual({ ...web.metadata, resourceVersion: "3", labels: { seen: "3" } });
    expect(recording.lines.map((line) => line.split(" ")[0])).toEqual([
      "GET",
      "PUT",
      "GET",
      "PUT",
      "GET",
      "PUT",
    ]);
  });

  it("takes the object that is returned, and writes nothing where nothing changed", async () => {
    const recording = new Recording(({ body }) =>
      body === undefined ? version("1") : JSON.parse(String(body)),
    );
    const pod = ofShop(await recording.connect()).withName("web");
    await pod.edit(async (read) => ({ ...read }));
    expect(recording.lines).toEqual([`GET ${pods}/web`]);
    const labelled = await pod.status.edit((read) => ({ ...read, status: { phase: "Failed" } }));
    expect(labelled).toMatchObject({ status: { phase: "Failed" }, metadata: { resourceVersion: "1" } });
    expect(recording.lines.slice(1)).toEqual([`GET ${pods}/web/status`, `PUT ${pods}/web/status`]);
  });

  it("gives up after its attempts with the last conflict, and at once for anything else", async () => {
    const recording = new Recording(({ method }) => (method === "GET" ? version("1") : conflict));
    const pod = ofShop(await recording.connect()).withName("web");
    const label = (read: Pod): void => {
      read.metadata.labels = { a: "b" };
    };
    expect(await rejection(pod.edit(label, { attempts: 2 }))).toMatchObject({
      status: 409,
      reason: "Conflict",
      message: expect.stringMatching(
        /^replace pods "web" in namespace "shop": .* each of 2 attempts \(409\)\. Raise/,
      ),
    });
    expect(recording.sent).toHaveLength(4);
    recording.reply = ({ method }) =>
      method === "GET"
        ? version("1")
        : new Answer(409, { kind: "Status", code: 409, reason: "AlreadyExists" });
    expect(await rejection(pod.edit(label))).toMatchObject({ reason: "AlreadyExists" });
    expect(recording.sent).toHaveLength(6);
    const thrown = new Error("the mutator's own");
    const throwing = () => {
      throw thrown;
    };
    expect(await rejection(pod.edit(throwing))).toBe(thrown);
    expect(await rejection(pod.edit(null as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
