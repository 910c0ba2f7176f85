import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { ConfigMap, Deployment, Node, Pod } from "../../src/kinds/index.ts";
import { eventually, openStream, Recording, rejection } from "./recording.ts";

const web = { metadata: { name: "web", namespace: "shop" } };
const list = { metadata: {}, items: [] };

describe("handles", () => {
  it("are immutable: chains from one base share nothing (P34)", async () => {
    const recording = new Recording(({ path, signal }) =>
      path.includes("watch=true") ? openStream(signal) : list,
    );
    const cluster = await recording.connect();
    const base = cluster.resources(Pod).inNamespace("shop");
    const watching = base.withLabel("app", "web");
    const other = base.withLabel("tier").inNamespace("other");
    const watch = watching.watch({ resourceVersion: "1" }).on("ADDED", () => {});
    await eventually(() => recording.open === 1);
    await watching.list();
    await other.list();
    await base.list();
    await cluster.close();
    await watch.closed;
    const [watched, ...listed] = recording.lines;
    expect(watched).toMatch(
      /^GET \/api\/v1\/namespaces\/shop\/pods\?watch=true&labelSelector=app=web&(?!.*(tier|limit|fieldSelector))/,
    );
    expect(listed).toEqual([
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
    // @ts-expect-error: a collection has no delete
    ["delete without a name", (c) => c.resources(Pod).inNamespace("shop").delete()],
    // @ts-expect-error: a collection has no delete
    ["delete({}) without a name", (c) => c.resources(Pod).inNamespace("shop").delete({})],
    // @ts-expect-error: a collection has no get
    ["get without a name", (c) => c.resources(Pod).inNamespace("shop").get()],
    // @ts-expect-error: a collection has no patch
    ["patch without a name", (c) => c.resources(Pod).inNamespace("shop").patch({ merge: {} })],
    // @ts-expect-error: one object has no list
    ["list of one object", (c) => c.resources(Pod).inNamespace("shop").withName("x").list()],
    // @ts-expect-error: one object has no deleteAll
    ["deleteAll of one object", (c) => c.resources(Pod).inNamespace("shop").withName("x").deleteAll()],
    // @ts-expect-error: one object has no create
    ["create by the name of another", (c) => c.resources(Pod).inNamespace("shop").withName("x").create(web)],
    ["deleteAll of a cluster", (c) => c.resources(Node).deleteAll()],
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
    ["a field path that is none", (c) => c.resources(Pod).withField("a b" as never, "x")],
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
    ["an object of another name", (c) => c.resources(Pod).inNamespace("shop").withName("other").replace(web)],
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
    [
      "a subresource that the kind lacks",
      (c) => c.resources(ConfigMap).inNamespace("shop").withName("x").status,
    ],
    ["a negative scale", (c) => c.resources(Deployment).inNamespace("shop").withName("x").scale(-1)],
    ["apply without a field manager", (c) => c.resources(Pod).inNamespace("shop").apply(web)],
    ["create through a metadata handle", (c) => c.resources(Pod).inNamespace("shop").metadata().create(web)],
    [
      "replace through a metadata handle",
      (c) => c.resources(Pod).inNamespace("shop").metadata().replace(web),
    ],
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

  it("says where apply is, where a patch of that name was asked for", async () => {
    const recording = new Recording(() => list);
    const handle = (await recording.connect()).resources(Pod).inNamespace("a").withName("x");
    // @ts-expect-error: apply is no patch
    await expect(handle.patch({ apply: {} })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("handle.apply(object)"),
    });
    expect(recording.lines).toEqual([]);
  });
});
