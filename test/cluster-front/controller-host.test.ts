import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Client } from "../../src/client/client.ts";
import { controllerHost } from "../../src/cluster/controller-host.ts";
import { InformerLeases } from "../../src/cluster/informer-leases.ts";
import { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import type { ControllerCluster, ObjectStore } from "../../src/controller/cluster-port.ts";
import type { FollowedCollection, FollowOptions } from "../../src/controller/host.ts";
import { ConfigMap, HorizontalPodAutoscaler, Secret, ServiceAccount } from "../../src/kinds/index.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject, PartialObjectMetadata } from "../../src/resource/object.ts";
import type { TestApiServer } from "../../src/testing/index.ts";
import { Hosted, rvOf, uidOf, Widget, web } from "./hosted.ts";

let hosted: Hosted;
let server: TestApiServer;
let cluster: ControllerCluster;

beforeEach(async () => {
  hosted = await Hosted.start();
  ({ server, cluster } = hosted);
});
afterEach(() => hosted[Symbol.asyncDispose]());

const following = <T extends KubeObject>(
  kind: Kind<T>,
  options?: FollowOptions,
): Promise<FollowedCollection<T>> => hosted.following(kind, options);

function bytes(value: unknown): AsyncIterable<Uint8Array> {
  return (async function* () {
    yield Buffer.from(JSON.stringify(value));
  })();
}

/** Send what was held back, until the store has it. */
async function caughtUp<T extends KubeObject>(store: ObjectStore<T>, resourceVersion = ""): Promise<void> {
  server.resumeWatches();
  await store.waitFor(resourceVersion);
}

describe("a controller host, writes", () => {
  it("shows what was written at once, before the watch does, and what the watch brings after it (S19, S23)", async () => {
    const { store } = await following(Widget);
    const widgets = cluster.resources(Widget).inNamespace("shop");
    const one = widgets.withName("web");
    const made = await widgets.create(web());
    expect([store.get("shop/web"), store.size]).toEqual([made, 1]);
    const changed = await one.patch({ merge: { spec: { size: 2 } } });
    expect(store.get("shop/web")).toEqual(changed);
    const replaced = await one.replace({ ...changed, spec: { size: 3 } });
    expect(store.list({ namespace: "shop" })).toEqual([replaced]);
    const applied = await one.apply({ metadata: { name: "web" }, spec: { size: 4 } }, { force: true });
    expect(store.get("shop/web")).toEqual(applied);
    const edited = await one.edit((widget) => {
      widget.spec = { size: 5 };
    });
    expect(store.byIndex("namespace", "shop")).toEqual([edited]);
    const ready = await one.status.patch({ merge: { status: { ready: true } } });
    expect(store.get("shop/web")).toEqual(ready);
    expect(store.get("shop/web")?.status?.ready).toBe(true);
    const status = await one.status.replace({ ...ready, status: { ready: false } });
    expect(store.get("shop/web")).toEqual(status);
    expect(hosted.asked.map((step) => step.split(" ", 2).join(" "))).toEqual([
      "create widgets.example.com",
      "patch widgets.example.com",
      "replace widgets.example.com",
      "apply widgets.example.com",
      "replace widgets.example.com",
      "patch widgets.example.com/status",
      "replace widgets.example.com/status",
    ]);
    // Shared and frozen as the store's are; the caller's own answer is not.
    expect([Object.isFrozen(store.get("shop/web")?.status), Object.isFrozen(status)]).toEqual([true, false]);
    await caughtUp(store, rvOf(status));
    expect(store.get("shop/web")).toEqual(status);
  });

  it("lets somebody else's newer write win (S23)", async () => {
    const { store } = await following(Widget);
    const mine = await cluster.resources(Widget).create(web());
    const theirs = server.update(Widget, { ...mine, spec: { size: 9 } });
    expect(store.get("shop/web")?.spec?.size).toBe(1);
    await caughtUp(store, rvOf(theirs));
    expect(store.get("shop/web")?.spec?.size).toBe(9);
  });

  it("lets a deleted key read as missing, and one that was created anew show (S25)", async () => {
    const before = server.create(Widget, web());
    const { store } = await following(Widget);
    const widgets = cluster.resources(Widget).inNamespace("shop");
    expect(store.has("shop/web")).toBe(true);
    // Answered with a Status that names the uid.
    expect(await widgets.withName("web").delete()).toMatchObject({ kind: "Status" });
    expect([store.has("shop/web"), store.size]).toEqual([false, 0]);
    const anew = await widgets.create(web(7));
    expect(uidOf(store.get("shop/web"))).toBe(uidOf(anew));
    expect(uidOf(anew)).not.toBe(uidOf(before));
    await widgets.withName("web").delete({
      preconditions: { uid: uidOf(anew) ?? "", resourceVersion: rvOf(anew) ?? "" },
    });
    expect(store.has("shop/web")).toBe(false);
    const last = server.create(Widget, { metadata: { namespace: "shop", name: "last" } });
    await caughtUp(store, rvOf(last));
    expect(store.keys()).toEqual(["shop/last"]);
  });

  it("takes an object that finalizers keep for a changed one, and one that is answered as gone for deleted (S25)", async () => {
    server.create(Widget, { ...web(), metadata: { ...web().metadata, finalizers: ["example.com/keep"] } });
    server.create(ServiceAccount, { metadata: { namespace: "shop", name: "bot" } });
    const widgets = await following(Widget);
    const accounts = await following(ServiceAccount);
    await cluster.resources(Widget).inNamespace("shop").withName("web").delete();
    expect(widgets.store.get("shop/web")?.metadata?.deletionTimestamp).toBeTypeOf("string");
    // A kind that is answered with the object itself.
    const gone = await cluster.resources(ServiceAccount).inNamespace("shop").withName("bot").delete();
    expect([gone.kind, accounts.store.has("shop/bot")]).toEqual(["ServiceAccount", false]);
  });

  it("takes the answer to the patch that removes the last finalizer for a deletion, of a kind without grace (S25)", async () => {
    const finalizers = ["example.com/keep", "example.com/other"];
    server.create(Widget, { ...web(), metadata: { ...web().metadata, finalizers } });
    const { store } = await following(Widget);
    const one = cluster.resources(Widget).inNamespace("shop").withName("web");
    await one.delete();
    server.stallWatches();
    await one.patch({ merge: { metadata: { finalizers: ["example.com/other"] } } });
    expect(store.get("shop/web")?.metadata?.finalizers).toEqual(["example.com/other"]);
    await one.patch({ merge: { metadata: { finalizers: [] } } });
    expect(store.has("shop/web")).toBe(false);
    server.resumeWatches();
  });

  it("lays over neither dry runs nor what other subresources and kinds answer", async () => {
    server.create(Widget, { ...web(), spec: { size: 1, replicas: 1 } });
    const { store } = await following(Widget);
    const before = store.get("shop/web");
    const widgets = cluster.resources(Widget).inNamespace("shop");
    const one = widgets.withName("web");
    const dryRun = true;
    await one.patch({ merge: { spec: { size: 9 } } }, { dryRun });
    await one.status.patch({ merge: { status: { ready: true } } }, { dryRun });
    await widgets.create({ metadata: { name: "other" }, spec: { size: 1 } }, { dryRun });
    expect(widgets).toBeInstanceOf(ResourceHandle);
    const handle = widgets as ResourceHandle<Widget, "scale" | "status">;
    await handle.withName("web").delete({ dryRun });
    expect([hosted.asked, store.get("shop/web") === before, store.size]).toEqual([[], true, 1]);
    await handle.withName("web").scale(3);
    await cluster.resources(ConfigMap).create({ metadata: { namespace: "shop", name: "web" } });
    expect([hosted.asked.length, store.get("shop/web") === before, store.size]).toEqual([2, true, 1]);
    // Nor what a handle without contents answers: it would hide the rest.
    await handle
      .metadata()
      .withName("web")
      .patch({ merge: { metadata: { labels: { a: "b" } } } });
    expect(store.get("shop/web")).toBe(before);
  });

  it("lays over only what is followed: namespaces, labels (S24)", async () => {
    const options = { namespaces: ["shop", "test"], labels: "app in (web, db)" };
    const { store } = await following(Widget, options);
    const widgets = cluster.resources(Widget);
    const named = (namespace: string, labels: Record<string, string>): Widget => ({
      metadata: { namespace, name: "web", labels },
      spec: { size: 1 },
    });
    await widgets.create(named("shop", { app: "web" }));
    await widgets.create(named("test", { app: "other" }));
    await widgets.create(named("elsewhere", { app: "web" }));
    expect(store.keys()).toEqual(["shop/web"]);
    // A write that takes it out of what is followed.
    await widgets
      .inNamespace("shop")
      .withName("web")
      .patch({ merge: { metadata: { labels: { app: "x" } } } });
    expect([store.keys(), store.has("shop/web")]).toEqual([[], false]);
  });

  it("keeps of a kind whose metadata alone is followed its metadata alone, in whatever version (Q41, S23)", async () => {
    const { store } = await following(Secret, { metadata: true });
    const secrets = cluster.resources(Secret).inNamespace("shop");
    const made = await secrets.create({ metadata: { name: "db" }, stringData: { password: "hunter2" } });
    expect(store.get("shop/db")).toEqual({ apiVersion: "v1", kind: "Secret", metadata: made.metadata });
    const { metadata } = secrets as unknown as { metadata(): typeof secrets };
    const patched = await metadata
      .call(secrets)
      .withName("db")
      .patch({ merge: { metadata: { labels: { a: "b" } } } });
    expect(store.get("shop/db")?.metadata).toEqual((patched as PartialObjectMetadata).metadata);
    await secrets.withName("db").delete();
    expect(store.has("shop/db")).toBe(false);
  });

  it("tells each of several copies of a kind", async () => {
    const meta = await following(Widget, { metadata: true });
    expect(cluster.store(Widget)).toBe(meta.store);
    const all = await following(Widget);
    const shop = await following(Widget, { namespaces: ["shop"] });
    const made = await cluster.resources(Widget).create(web());
    expect([all, shop, meta].map(({ store }) => rvOf(store.get("shop/web")))).toEqual([
      rvOf(made),
      rvOf(made),
      rvOf(made),
    ]);
    expect(meta.store.get("shop/web")?.spec).toBeUndefined();
    // The copy of whole objects, the first that was followed.
    expect(cluster.store(Widget)).toBe(all.store);
  });

  it("takes no object of another version for one of its own, whose shape differs; but its deletion", async () => {
    const Autoscaler = HorizontalPodAutoscaler;
    const V1 = defineKind<KubeObject & { spec?: unknown }>()({
      group: "autoscaling",
      version: "v1",
      kind: "HorizontalPodAutoscaler",
      plural: "horizontalpodautoscalers",
      scope: "Namespaced",
    });
    expect(Autoscaler.version).toBe("v2");
    const answers: unknown[] = [];
    const uid = "u1";
    const stored = { metadata: { namespace: "shop", name: "web", uid, resourceVersion: "5" } };
    const client = new Client(async ({ path, method }) => {
      const isList = method === "GET" && !path.includes("watch=true");
      if (method === "GET" && !isList)
        return { status: 422, headers: {}, body: bytes({ kind: "Status", code: 422 }) };
      const list = {
        kind: "HorizontalPodAutoscalerList",
        metadata: { resourceVersion: "9" },
        items: [stored],
      };
      return { status: 200, headers: {}, body: bytes(isList ? list : answers.shift()) };
    });
    const leases = new InformerLeases(client);
    const own = controllerHost({ ...hosted.context, client, informer: (...given) => leases.lease(...given) });
    const whole = own.follow(Autoscaler, {});
    const meta = own.follow(Autoscaler, { metadata: true });
    hosted.informers.push(whole.source, meta.source);
    await Promise.all([whole.source.synced(), meta.source.synced()]);
    const hpas = own.cluster({ signal: hosted.scope.signal, beforeWrite: () => {} }).resources(V1);
    const metadata = { ...stored.metadata, resourceVersion: "15" };
    answers.push({ apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata, spec: {} });
    await hpas.inNamespace("shop").withName("web").patch({ merge: {} });
    expect([rvOf(whole.store.get("shop/web")), rvOf(meta.store.get("shop/web"))]).toEqual(["5", "15"]);
    expect(meta.store.get("shop/web")).toMatchObject({ apiVersion: "autoscaling/v2" });
    answers.push({ kind: "Status", apiVersion: "v1", status: "Success", details: { uid } });
    await hpas.inNamespace("shop").withName("web").delete();
    expect([whole.store.has("shop/web"), meta.store.has("shop/web")]).toEqual([false, false]);
  });

  it("takes what servers may answer that are none of Kubernetes', and shows nothing of it", async () => {
    const { store } = await following(Widget);
    const odd: unknown[] = [
      { kind: "Status", status: "Success" },
      { kind: "Status", status: "Success", details: { uid: 5 } },
      { kind: "Status", status: "Success", details: "u1" },
      { metadata: "text" },
      { metadata: {} },
      { metadata: { name: "" } },
      {},
    ];
    const client = new Client(async () => ({ status: 200, headers: {}, body: bytes(odd[0]) }));
    const scoped = client.scoped({});
    const spied = vi.spyOn(client, "scoped").mockImplementation((given) => scoped.scoped(given));
    const own = controllerHost({ ...hosted.context, client });
    hosted.informers.push(own.follow(Widget, {}).source);
    const widgets = own.cluster({ signal: hosted.scope.signal, beforeWrite: () => {} }).resources(Widget);
    while (odd.length > 0) {
      await widgets.inNamespace("shop").withName("web").delete();
      await widgets.create(web());
      odd.shift();
    }
    expect([spied.mock.calls.length, store.size]).toEqual([1, 0]);
  });
});
