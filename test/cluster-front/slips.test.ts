import { expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap, Deployment } from "../../src/kinds/index.ts";
import { defineKind } from "../../src/resource/kind.ts";
import { Answer, Recording, rejection } from "./recording.ts";

/** What a caller without a type checker may hand over. */
const any = (value: unknown): never => value as never;
const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
const secret = "c3VwZXJzZWNyZXQ5OTk";

/** A server of one config map. */
function mapServer(): Recording {
  return new Recording(() => ({
    kind: "ConfigMap",
    metadata: { name: "a", resourceVersion: "5" },
    data: { k: "v" },
  }));
}

it("refuses options of a delete that it does not have: a misspelt dryRun would delete (P30)", async () => {
  const server = mapServer();
  const maps = (await server.connect()).resources(ConfigMap).inNamespace("shop");
  const one = maps.withName("a");
  await expect(one.delete(any({ dryrun: true }))).rejects.toThrow('got `"dryrun"`');
  await expect(one.delete(any({ propagationPolicy: "Orphan" }))).rejects.toThrow("propagation");
  await expect(maps.deleteAll(any({ labelSelector: "app=web" }))).rejects.toEqual(refused);
  expect(server.sent).toEqual([]);
  // What other writes take does no harm, and what is undefined is absent.
  await one.delete(any({ fieldManager: "ci", fieldValidation: "Strict", labelSelector: undefined }));
  expect(server.sent).toHaveLength(1);
});

it("refuses preconditions that would hold for every object (P30)", async () => {
  const server = mapServer();
  const one = (await server.connect()).resources(ConfigMap).inNamespace("shop").withName("a");
  for (const preconditions of [{}, { uid: undefined }, { uid: "" }, { uid: 5 }, { resourceversion: "4" }]) {
    await expect(
      one.delete({ preconditions: any(preconditions) }),
      JSON.stringify(preconditions),
    ).rejects.toEqual(refused);
  }
  expect(server.sent).toEqual([]);
  await one.delete({ preconditions: any({ uid: "u", resourceVersion: undefined }) });
  expect(JSON.parse(String(server.sent[0]?.body))).toMatchObject({ preconditions: { uid: "u" } });
});

it("never takes an undefined value of a label for every value (P30)", async () => {
  const server = mapServer();
  const maps = (await server.connect()).resources(ConfigMap).inNamespace("shop");
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const conditions = [
    undefined,
    { exists: undefined },
    { exists: "false" },
    { exists: true, not: "x" },
    1n,
    cycle,
  ];
  for (const condition of conditions) {
    expect(() => maps.withLabel("app", any(condition))).toThrow(refused);
  }
  expect(maps.withLabel("app").selection.labelSelector).toBe("app");
});

it("lets nobody change what a handle selects (P34)", async () => {
  const maps = (await mapServer().connect()).resources(ConfigMap).inNamespace("shop").withLabel("app", "web");
  const { namespaces, labelRequirements, fieldRequirements } = maps.selection;
  for (const part of [namespaces, labelRequirements, fieldRequirements]) {
    expect(() => (part as string[]).push("other")).toThrow(TypeError);
  }
});

it("does not replace an object by what an assignment evaluates to", async () => {
  const server = mapServer();
  const one = (await server.connect()).resources(ConfigMap).inNamespace("shop").withName("a");
  for (const result of ["text", true, 5, []]) {
    await expect(one.edit(any(() => result))).rejects.toEqual(refused);
  }
  expect(server.lines.filter((line) => line.startsWith("PUT"))).toEqual([]);
});

it("writes no status by a metadata() handle, which has never read it (H15)", async () => {
  const server = new Recording(() => ({
    kind: "Deployment",
    metadata: { name: "web", resourceVersion: "5" },
  }));
  const deployments = (await server.connect({ fieldManager: "ci" }))
    .resources(Deployment)
    .inNamespace("shop");
  const { status } = deployments.metadata().withName("web");
  const object = { metadata: { name: "web" } };
  for (const write of [
    () => status.replace(object),
    () => status.apply(object),
    () => status.create(object),
    () => status.edit(() => {}),
  ]) {
    await expect(write()).rejects.toThrow("a metadata() handle writes no whole objects");
  }
  expect(server.sent).toEqual([]);
});

it("quotes no text that stands where an object should: it may be a Secret or a kubeconfig", async () => {
  const server = mapServer();
  const cluster = await server.connect({ fieldManager: "ci" });
  const maps = cluster.resources(ConfigMap).inNamespace("shop");
  const text = any(JSON.stringify({ metadata: { name: "a" }, data: { p: secret } }));
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => maps.create(text),
    apply: () => maps.apply(text),
    patch: () => maps.withName("a").patch(text),
    merge: () => maps.withName("a").patch({ merge: text }),
    json: () => maps.withName("a").patch({ json: text }),
    operation: () => maps.withName("a").patch({ json: [text] }),
    edit: () => maps.withName("a").edit(() => text),
    connect: () => Cluster.connect(text),
    "the kubeconfig's text": () => Cluster.connect({ kubeconfig: `users:\n- user: { token: ${secret} }` }),
  };
  for (const [what, call] of Object.entries(calls)) {
    const error = await rejection(call());
    expect(error, what).toEqual(refused);
    expect(String(error), what).not.toContain(secret);
  }
});

it("refuses what slips through without types, before any request (P30)", async () => {
  const server = mapServer();
  const cluster = await server.connect();
  const maps = cluster.resources(ConfigMap).inNamespace("shop");
  const one = maps.withName("a");
  const yaml = "{ apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: shop } }";
  const deployment = cluster.resources(Deployment).inNamespace("shop").withName("a");
  const calls: Record<string, () => unknown> = {
    "scale(undefined)": () => deployment.scale(any(undefined)),
    "health(null)": () => cluster.health(any(null)),
    "version(null)": () => cluster.version(any(null)),
    "discover(_, null)": () => cluster.discover("v1", any(null)),
    "apply(_, null)": () => cluster.apply("", any(null)),
    "apply without a field manager": () => cluster.apply(yaml),
    "apply by a field manager of two lines": () => cluster.apply(yaml, { fieldManager: "a\nb" }),
    "a kind without scope": () => cluster.resources(any({ ...ConfigMap, scope: undefined })),
    "a kind without verbs": () => cluster.resources(any({ ...ConfigMap, verbs: undefined })),
    "a name without text": () => one.replace({ metadata: { name: any(Object.create(null)) } }),
    "toJSON that gives nothing": () => maps.create(any({ metadata: { name: "a" }, toJSON: () => undefined })),
    "an operation's function": () => one.patch({ json: [{ op: "add", path: "/x", value: () => 1 }] }),
    "namespace: 5": () => server.connect({ namespace: any(5) }),
    "userAgent: 5": () => server.connect({ userAgent: any(5) }),
    "subresources: text": () => defineKind()(any({ ...ConfigMap, subresources: "status" })),
  };
  for (const [what, call] of Object.entries(calls)) {
    const error = await rejection(Promise.resolve().then(call)).catch(() => "nothing thrown");
    expect(error, what).toEqual(refused);
  }
  expect(server.sent).toEqual([]);
});

it("ends a list whose continue token is null, and refuses one that is no text", async () => {
  const list = (token: unknown) => ({ kind: "ConfigMapList", metadata: { continue: token }, items: [] });
  const server = new Recording(() => list(null));
  const maps = (await server.connect()).resources(ConfigMap);
  await expect(maps.list()).resolves.toMatchObject({ items: [] });
  server.reply = () => list(5);
  await expect(maps.list()).rejects.toMatchObject({ code: "BAD_RESPONSE" });
  expect(server.sent).toHaveLength(2);
});

it("says that the namespace is missing to an apply, as to a create", async () => {
  const message = 'namespaces "shop" not found';
  const details = { name: "shop", kind: "namespaces" };
  const status = { kind: "Status", status: "Failure", code: 404, reason: "NotFound", message, details };
  const server = new Recording(() => new Answer(404, status));
  const maps = (await server.connect({ fieldManager: "ci" })).resources(ConfigMap).inNamespace("shop");
  await expect(maps.apply({ metadata: { name: "a" } })).rejects.toThrow("Create the namespace first.");
});

it("takes a list by the name that its definition gives lists, and no object for one (P35)", async () => {
  const Widget = defineKind()({
    ...ConfigMap,
    subresources: [],
    group: "x.io",
    kind: "Widget",
    plural: "widgets",
  });
  const server = new Recording(() => ({ apiVersion: "x.io/v1", kind: "Widgets", metadata: {}, items: [{}] }));
  const widgets = (await server.connect()).resources(Widget);
  await expect(widgets.list()).resolves.toMatchObject({ kind: "Widgets", items: [{}] });
  server.reply = () => ({ apiVersion: "x.io/v1", kind: "Widget", metadata: { name: "a" }, items: [{}] });
  await expect(widgets.list()).rejects.toMatchObject({ code: "BAD_RESPONSE" });
});

it("discovers all groups but the one whose name is none (P35)", async () => {
  const group = (name: string) => ({
    metadata: { name },
    versions: [{ version: "v1", resources: [{ resource: "widgets", responseKind: { kind: "Widget" } }] }],
  });
  const server = new Recording(({ path }) => ({
    kind: "APIGroupDiscoveryList",
    items: path === "/api" ? [] : [group("Bad_Group"), group("good.example.com")],
  }));
  const kinds = await (await server.connect()).discover();
  expect(kinds.map(({ group: name }) => name)).toEqual(["good.example.com"]);
});
