import { describe, expect, it, vi } from "vitest";
import type { ControllerCluster, ObjectPort, ObjectStore } from "../../src/controller/cluster-port.ts";
import { type ControllerBuilder, controllerBuilder } from "../../src/controller/controller-builder.ts";
import type { Finalizer } from "../../src/controller/finalizer.ts";
import type { ControllerHost, FollowedCollection, FollowOptions } from "../../src/controller/host.ts";
import { defineKind, type Kind, resourceName } from "../../src/resource/kind.ts";
import type { KubeObject, OwnerReference } from "../../src/resource/object.ts";
import { ParsedChange } from "../../src/resource/watch-event.ts";
import { ExponentialRateLimiter } from "../../src/work-queue/exponential-rate-limiter.ts";
import {
  added,
  apiError,
  informerOf,
  type Pod,
  pass,
  pod,
  Source,
  settle,
  useFakeTime,
  wait,
} from "../informer/source.ts";
import { recordingLog } from "./harness.ts";
import { rejection, thrown } from "./request.ts";

useFakeTime();

interface Widget extends Pod {
  readonly status?: object;
}

const kindOf = (group: string, kind: string, scope: "Namespaced" | "Cluster" = "Namespaced") =>
  defineKind<Widget>()({ group, version: "v1", kind, plural: `${kind.toLowerCase()}s`, scope });

const Widgets = kindOf("example.com", "Widget");
const Zones = kindOf("example.com", "Zone", "Cluster");
const Deployments = kindOf("apps", "Deployment");
const Nodes = kindOf("", "Node", "Cluster");

/** A host over sources that tests change by hand. */
class FakeHost implements ControllerHost {
  readonly followed: [string, FollowOptions][] = [];
  readonly sources = new Map<string, Source>();
  readonly scopes: unknown[] = [];
  object: Partial<ObjectPort<Widget>> = {};

  source(kind: Kind): Source {
    const found = this.sources.get(resourceName(kind)) ?? new Source();
    this.sources.set(resourceName(kind), found);
    return found;
  }

  follow<T extends KubeObject>(kind: Kind<T>, options: FollowOptions): FollowedCollection<T> {
    this.followed.push([resourceName(kind), options]);
    const informer = informerOf(this.source(kind));
    const store: unknown = informer.store;
    const source: unknown = informer;
    return { source, store } as { source: FollowedCollection<T>["source"]; store: ObjectStore<T> };
  }

  cluster(scope: { beforeWrite(step: string): void }): ControllerCluster {
    this.scopes.push(scope);
    const collection = { inNamespace: () => collection, withName: () => this.object };
    const cluster: unknown = { resources: () => collection, store: () => undefined };
    return cluster as ControllerCluster;
  }
}

const owned = (rv: string, name: string, more: Partial<OwnerReference>): ParsedChange<Pod> => {
  const reference = { apiVersion: "example.com/v1", kind: "Widget", name, uid: name, ...more };
  const object = pod(`shop/d-${rv}`, rv);
  return new ParsedChange("ADDED", `shop/d-${rv}`, `shop/d-${rv}`, rv, {
    ...object,
    metadata: { ...object.metadata, ownerReferences: [reference] },
  });
};

async function run<T extends KubeObject>(
  builder: ControllerBuilder<T>,
  during: (keys: string[]) => Promise<void> = settle,
): Promise<string[]> {
  const keys: string[] = [];
  const stop = new AbortController();
  const running = builder.reconcile(({ key }) => void keys.push(key)).run(stop.signal);
  await settle();
  await during(keys);
  stop.abort();
  await running;
  return keys;
}

describe("a builder", () => {
  it("makes a controller of one kind, with its objects from the store, undefined once they are gone (Q41, Q43)", async () => {
    const host = new FakeHost();
    host.source(Widgets).pods = [pod("shop/web", "1")];
    const objects: unknown[] = [];
    const stop = new AbortController();
    const running = controllerBuilder(host, Widgets)
      .reconcile(({ key, object, cluster }) => {
        objects.push([key, object?.metadata?.resourceVersion, typeof cluster.resources]);
      })
      .run(stop.signal);
    await settle();
    host.source(Widgets).relist([], "20");
    await settle();
    expect(objects).toEqual([
      ["shop/web", "1", "function"],
      ["shop/web", undefined, "function"],
    ]);
    stop.abort();
    await running;
    expect(host.followed).toEqual([["widgets.example.com", { namespaces: [], labels: undefined }]]);
  });

  it("waits for its kind where that is forbidden, and not for others (K7)", async () => {
    const [host, other] = [new FakeHost(), new FakeHost()];
    const log = recordingLog();
    host.source(Widgets).isDown = apiError(403, "Forbidden");
    const running = rejection(
      controllerBuilder(host, Widgets, { log })
        .timeouts({ syncTimeoutMs: 5_000 })
        .reconcile(() => {})
        .run(new AbortController().signal),
    );
    await pass(5_000);
    expect(await running).toMatchObject({ code: "SYNC_TIMEOUT" });
    other.source(Widgets).pods = [pod("shop/web", "1")];
    other.source(Deployments).isDown = apiError(403, "Forbidden");
    expect(await run(controllerBuilder(other, Widgets, { log }).owns(Deployments))).toEqual(["shop/web"]);
  });

  it("names it after its kind, as controller-runtime does, or as it is told (Q34)", () => {
    expect(controllerBuilder(new FakeHost(), Widgets).reconcile(() => {}).name).toBe("widget");
    expect(controllerBuilder(new FakeHost(), Widgets, { name: "w2" }).reconcile(() => {}).name).toBe("w2");
  });

  it("follows several namespaces and what a selector chooses, also of what it owns and watches", () => {
    const host = new FakeHost();
    controllerBuilder(host, Widgets)
      .owns(Deployments, { labels: "app=web" })
      .in("shop", "web")
      .in("shop")
      .withLabels("tier in (a, b)")
      .withLabels("")
      .withLabels("app=web")
      .watches(kindOf("", "Secret"), () => "x", { namespaces: [], metadata: true })
      .watches(kindOf("", "ConfigMap"), () => "x", { namespaces: ["shared"] })
      .watches(Nodes, () => "x")
      .reconcile(() => {});
    expect(host.followed).toEqual([
      ["widgets.example.com", { namespaces: ["shop", "web"], labels: "tier in (a, b),app=web" }],
      ["deployments.apps", { namespaces: ["shop", "web"], labels: "app=web", metadata: undefined }],
      ["secrets", { namespaces: [], labels: undefined, metadata: true }],
      ["configmaps", { namespaces: ["shared"], labels: undefined, metadata: undefined }],
      ["nodes", { namespaces: [], labels: undefined, metadata: undefined }],
    ]);
  });

  it("wakes the owners of what it owns: the controller, or every one (Q37, Q41)", async () => {
    const [host, everyHost] = [new FakeHost(), new FakeHost()];
    const send = (of: FakeHost) => async () => {
      of.source(Deployments).send(owned("11", "plain", {}), owned("12", "controls", { controller: true }));
      await settle();
    };
    expect(await run(controllerBuilder(host, Widgets).owns(Deployments), send(host))).toEqual([
      "shop/controls",
    ]);
    const every = controllerBuilder(everyHost, Widgets).owns(Deployments, {
      everyOwner: true,
      metadata: true,
    });
    expect((await run(every, send(everyHost))).toSorted()).toEqual(["shop/controls", "shop/plain"]);
  });

  it("wakes what a function says of other kinds, and what an iterable names", async () => {
    const host = new FakeHost();
    const builder = controllerBuilder(host, Widgets)
      .watches(Deployments, ({ spec }) => ({ namespace: "shop", name: spec?.nodeName ?? "none" }))
      .watches(Deployments, () => undefined)
      .on(["shop/one"])
      .on(["shop/two"], "feed");
    const health: string[] = [];
    const keys = await run(builder, async () => {
      host.source(Deployments).send(added("shop/d", "11", "d", { nodeName: "three" }));
      await settle();
    });
    expect(keys).toEqual(["shop/one", "shop/two", "shop/three"]);
    const named = controllerBuilder(new FakeHost(), Widgets)
      .owns(Deployments)
      .watches(Deployments, () => "x")
      .watches(Widgets, () => "x")
      .on([])
      .on([], "feed")
      .reconcile(() => {});
    health.push(...named.health().sources.map(({ name }) => name));
    expect(health).toEqual([
      "widgets.example.com",
      "deployments.apps",
      "deployments.apps (2)",
      "widgets.example.com (2)",
      "iterable 1",
      "feed",
    ]);
  });

  it("asks all of its predicates, and those of what it owns for those", async () => {
    const host = new FakeHost();
    const builder = controllerBuilder(host, Widgets)
      .where(({ object }) => object.spec?.nodeName !== "no")
      .where(({ type }) => type === "ADDED")
      .owns(Deployments, { where: ({ object }) => object.metadata?.resourceVersion === "12" });
    const keys = await run(builder, async () => {
      host.source(Widgets).send(added("shop/a", "1", "a", { nodeName: "no" }), added("shop/b", "2"));
      const controller = { controller: true };
      host.source(Deployments).send(owned("11", "c", controller), owned("12", "d", controller));
      await settle();
    });
    expect(keys).toEqual(["shop/b", "shop/d"]);
  });

  it("takes concurrency, back-off and timeouts", async () => {
    const host = new FakeHost();
    host.source(Widgets).pods = [pod("a/1", "1"), pod("a/2", "2")];
    const at: number[] = [];
    const began = Date.now();
    const stop = new AbortController();
    const controller = controllerBuilder(host, Widgets, { log: recordingLog() })
      .concurrency(2)
      .backoff({ initialMs: 1_000, maxMs: 1_000 })
      .timeouts({ graceMs: 0, hungAfterMs: 500 })
      .timeouts({ hungAfterMs: 100, graceMs: undefined })
      .reconcile(async ({ key }) => {
        at.push(Date.now() - began);
        if (key === "a/1") throw new Error("always");
        await wait(10_000);
      });
    const running = rejection(controller.run(stop.signal));
    await pass(1_000);
    expect(at).toEqual([0, 0, 1_000]);
    expect(controller.health()).toMatchObject({ running: [{ key: "a/2", isHung: true }], failingKeys: 1 });
    stop.abort();
    await pass(5_000);
    expect(await running).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("a/2") });
  });

  it("takes a rate limiter as its back-off", async () => {
    const limiter = new ExponentialRateLimiter({ initialMs: 60_000 });
    const delayMs = vi.spyOn(limiter, "delayMs");
    const host = new FakeHost();
    const stop = new AbortController();
    const running = controllerBuilder(host, Widgets, { log: recordingLog() })
      .on(["a/x"])
      .backoff(limiter)
      .reconcile(() => {
        throw new Error("once");
      })
      .run(stop.signal);
    await settle();
    expect(delayMs).toHaveBeenCalledWith("a/x");
    stop.abort();
    await running;
  });

  it("adds finalizers before the first reconcile, and cleans up instead of reconciling (Q44)", async () => {
    const host = new FakeHost();
    const deleting = pod("shop/web", "1");
    const name = "example.com/cleanup";
    const metadata = { ...deleting.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [name] };
    host.source(Widgets).pods = [{ ...deleting, metadata }];
    host.object = { patch: async () => ({ ...deleting, metadata: { ...metadata, finalizers: [] } }) };
    const calls: string[] = [];
    const builder = controllerBuilder(host, Widgets).finalizer(name, ({ key }) => void calls.push(key));
    expect(await run(builder)).toEqual([]);
    expect(calls).toEqual(["shop/web"]);
  });

  it("is immutable: what is said to a copy is not said to the first", () => {
    const host = new FakeHost();
    const first = controllerBuilder(host, Widgets);
    first.in("shop").owns(Deployments).on(["a"]).concurrency(4);
    first.reconcile(() => {});
    expect(host.followed).toEqual([["widgets.example.com", { namespaces: [], labels: undefined }]]);
  });

  it("makes one controller only, since its host serves one", () => {
    const builder = controllerBuilder(new FakeHost(), Widgets);
    builder.in("shop").reconcile(() => {});
    expect(thrown(() => builder.reconcile(() => {}))).toMatchObject({ code: "ALREADY_STARTED" });
  });
});

describe("misuse of a builder", () => {
  const builder = (kind: Kind<Widget> = Widgets): ControllerBuilder<Widget> =>
    controllerBuilder(new FakeHost(), kind);
  const wrong = (value: unknown): never => value as never;
  const finalizer: Finalizer<Widget>["cleanup"] = () => {};

  it.each<[string, () => unknown]>([
    ["a kind that is none", () => controllerBuilder(new FakeHost(), wrong("Widget"))],
    ["options that are none", () => controllerBuilder(new FakeHost(), Widgets, wrong("w"))],
    ["an empty name", () => controllerBuilder(new FakeHost(), Widgets, { name: "" })],
    ["a name that is none", () => controllerBuilder(new FakeHost(), Widgets, { name: wrong(7) })],
    ["a logger that is none", () => controllerBuilder(new FakeHost(), Widgets, { log: wrong({}) })],
    ["no namespace", () => builder().in()],
    ["a namespace that is none", () => builder().in("shop/web")],
    ["a namespace for a cluster-scoped kind", () => builder(Zones).in("shop")],
    ["a selector that is none", () => builder().withLabels("app in web")],
    ["no predicate", () => builder().where(wrong(undefined))],
    ["an owned kind that is none", () => builder().owns(wrong("Deployment"))],
    ["options of an owned kind that are none", () => builder().owns(Deployments, wrong("every"))],
    ["everyOwner that is none", () => builder().owns(Deployments, { everyOwner: wrong("yes") })],
    ["a kind that is owned twice (Q41)", () => builder().owns(Deployments).owns(Deployments)],
    ["an owner in a namespace of what lives in none", () => builder().owns(Nodes)],
    ["a predicate of an owned kind that is none", () => builder().owns(Deployments, { where: wrong("all") })],
    ["metadata that is none", () => builder().owns(Deployments, { metadata: wrong("only") })],
    ["labels that are none", () => builder().owns(Deployments, { labels: wrong({ app: "web" }) })],
    ["a selector of an owned kind that is none", () => builder().owns(Deployments, { labels: "a in b" })],
    ["namespaces that are no array", () => builder().owns(Deployments, { namespaces: wrong("shop") })],
    ["a namespace of an owned kind that is none", () => builder().owns(Deployments, { namespaces: ["a/b"] })],
    [
      "namespaces of a cluster-scoped kind",
      () => builder().watches(Nodes, () => "x", { namespaces: ["shop"] }),
    ],
    ["a watched kind that is none", () => builder().watches(wrong({}), () => "x")],
    ["no mapper", () => builder().watches(Nodes, wrong(undefined))],
    ["an iterable that is none", () => builder().on(wrong("a/x"))],
    ["a name of an iterable that is none", () => builder().on([], wrong(7))],
    ["no concurrency", () => builder().concurrency(0)],
    ["more concurrency than anybody can mean", () => builder().concurrency(2 ** 32)],
    ["half a concurrency", () => builder().concurrency(1.5)],
    ["concurrency that is nothing", () => builder().concurrency(wrong(undefined))],
    ["back-off that is nothing", () => builder().backoff(wrong(undefined))],
    ["back-off that is negative", () => builder().backoff({ initialMs: -1 })],
    ["a rate limiter that is none", () => builder().backoff(wrong({ delayMs: 5 }))],
    ["a timeout that is negative", () => builder().timeouts({ syncTimeoutMs: -1 })],
    ["timeouts that are nothing", () => builder().timeouts(wrong(undefined))],
    ["a finalizer without a domain", () => builder().finalizer("cleanup", finalizer)],
    ["a finalizer twice", () => builder().finalizer("a.b/c", finalizer).finalizer("a.b/c", finalizer)],
    ["a cleanup that is none", () => builder().finalizer("a.b/c", wrong(undefined))],
    ["no reconciler", () => builder().reconcile(wrong(undefined))],
    ["a reconciler that is none", () => builder().reconcile(wrong({ reconcile() {} }))],
  ])("is refused before anything is sent: %s", (_title, call) => {
    expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is not a cluster-scoped owner of what lives in namespaces, nor of what does not", () => {
    expect(() => builder(Zones).owns(Deployments).owns(Nodes)).not.toThrow();
  });
});
