import {
  type CollectionPort,
  Controller,
  type ControllerCluster,
  type EventReport,
  type Kind,
  type KubeObject,
  type ObjectPort,
  type ReconcileRequest,
} from "kube-reflex";
import type { Deployment } from "kube-reflex/kinds";
import { expect, it, vi } from "vitest";
import type { DnsZone } from "./dns-zone.ts";
import { Website } from "./kind.ts";
import { websiteCleanup, websiteReconciler } from "./reconcile.ts";

const refuse = (): never => {
  throw new Error("the test does not expect this call");
};

/** A cluster as a literal object: it has what was applied, and nothing else. */
function mockCluster(deployment?: Deployment): { cluster: ControllerCluster; applied: KubeObject[] } {
  const applied: KubeObject[] = [];
  const object = <T extends KubeObject>(kind: Kind<T>): ObjectPort<T> => {
    const apply = async (wanted: KubeObject): Promise<T> => {
      applied.push(wanted);
      const status = kind.kind === "Deployment" ? deployment?.status : undefined;
      return { ...wanted, ...(status === undefined ? {} : { status }) } as T;
    };
    const status = { apply, get: refuse, patch: refuse, replace: refuse };
    const find = async (): Promise<undefined> => undefined;
    return { find, apply, status, get: refuse, replace: refuse, patch: refuse, edit: refuse, delete: refuse };
  };
  const collection = <T extends KubeObject>(kind: Kind<T>): CollectionPort<T> => ({
    inNamespace: () => collection(kind),
    withName: () => object(kind),
    withLabels: refuse,
    ...{ list: refuse, create: refuse, apply: refuse, replace: refuse },
  });
  const store: ControllerCluster["store"] = () => ({
    get: () => undefined,
    has: () => false,
    ...{ list: () => [], keys: () => [], byIndex: () => [] },
    ...{ size: 0, hasSynced: true, resourceVersion: "1", waitFor: refuse },
  });
  return { applied, cluster: { resources: collection, store } };
}

function mockZone(names: Record<string, string> = {}): DnsZone & { readonly names: Map<string, string> } {
  const map = new Map(Object.entries(names));
  return {
    names: map,
    find: async (host) => map.get(host),
    hostsOf: async (target) => [...map.keys()].filter((host) => map.get(host) === target),
    claim: vi.fn(async (host, target) => (map.has(host) ? map : map.set(host, target)).get(host) === target),
    remove: vi.fn(async (host) => void map.delete(host)),
  };
}

const website: Website = {
  metadata: { name: "web", namespace: "shop", uid: "u1", generation: 3 },
  spec: { host: "shop.example.com", html: "<h1>Shop</h1>", replicas: 2 },
};

function request(cluster: ControllerCluster, object: Website | undefined): ReconcileRequest<Website> {
  const { signal } = new AbortController();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const reason = { type: "ADDED" } as const;
  return {
    key: "shop/web",
    namespace: "shop",
    name: "web",
    object,
    attempt: 1,
    reason,
    signal,
    cluster,
    log,
  };
}

const recorder = () => ({ event: vi.fn<(regarding: unknown, report: EventReport) => void>() });

it("applies the children, publishes the name, and writes what it found", async () => {
  const status = { availableReplicas: 2 };
  const { cluster, applied } = mockCluster({ metadata: {}, status } as Deployment);
  const [zone, events] = [mockZone(), recorder()];
  expect(await websiteReconciler({ zone, events })(request(cluster, website))).toBe(undefined);

  expect([...zone.names]).toEqual([["shop.example.com", "web.shop"]]);
  const [configMap, service, deployment, written] = applied;
  for (const child of [configMap, service, deployment]) {
    expect(child?.metadata).toMatchObject({
      name: "web",
      namespace: "shop",
      ownerReferences: [{ apiVersion: "example.com/v1", kind: "Website", uid: "u1", controller: true }],
    });
  }
  expect(configMap).toMatchObject({ data: { "index.html": "<h1>Shop</h1>" } });
  expect(deployment).toMatchObject({ spec: { replicas: 2 } });
  expect(written).toMatchObject({
    status: {
      observedGeneration: 3,
      availableReplicas: 2,
      conditions: [
        { type: "Available", status: "True", observedGeneration: 3 },
        { type: "Published", status: "True" },
      ],
    },
  });
  expect(events.event).toHaveBeenCalledExactlyOnceWith(
    website,
    expect.objectContaining({ reason: "Published" }),
  );
});

it("does nothing outside, and writes no status, where all is as it should be", async () => {
  const first = mockCluster();
  const [zone, events] = [mockZone(), recorder()];
  const reconcile = websiteReconciler({ zone, events });
  await reconcile(request(first.cluster, website));
  const { status } = first.applied.at(-1) as Website;
  const second = mockCluster();
  await reconcile(request(second.cluster, { ...website, ...(status === undefined ? {} : { status }) }));
  expect(second.applied).toHaveLength(3);
  expect(zone.claim).toHaveBeenCalledOnce();
  expect(events.event).toHaveBeenCalledOnce();
});

it("leaves a name alone that leads to another website, says so, and asks again later", async () => {
  const { cluster, applied } = mockCluster();
  const [zone, events] = [mockZone({ "shop.example.com": "other.shop" }), recorder()];
  const result = await websiteReconciler({ zone, events })(request(cluster, website));
  expect(result).toEqual({ requeueAfterMs: 60_000 });
  expect(zone.names.get("shop.example.com")).toBe("other.shop");
  expect(applied.at(-1)).toMatchObject({
    status: { conditions: [{}, { status: "False", reason: "HostTaken" }] },
  });
  expect(events.event.mock.calls[0]?.[1]).toMatchObject({ type: "Warning", reason: "HostTaken" });
});

it("takes the old name back where the host has changed", async () => {
  const [zone, events] = [mockZone({ "old.example.com": "web.shop" }), recorder()];
  await websiteReconciler({ zone, events })(request(mockCluster().cluster, website));
  expect([...zone.names.keys()]).toEqual(["shop.example.com"]);
});

it("takes back its own names alone before a website goes, and may be called again", async () => {
  const [zone, events] = [
    mockZone({ "shop.example.com": "web.shop", "b.example.com": "b.shop" }),
    recorder(),
  ];
  const cleanup = websiteCleanup({ zone, events });
  const { cluster } = mockCluster();
  for (const _ of [1, 2]) await cleanup({ ...request(cluster, website), object: website });
  expect([...zone.names.keys()]).toEqual(["b.example.com"]);
  expect(zone.remove).toHaveBeenCalledOnce();
});

it("has nothing to do once a website is gone", async () => {
  const [zone, events] = [mockZone(), recorder()];
  await websiteReconciler({ zone, events })(request({ resources: refuse, store: refuse }, undefined));
  expect(events.event).not.toHaveBeenCalled();
});

it("is woken by a stream that the test writes, and sees each website as it is by then", async () => {
  const websites = new Map([["shop/web", website]]);
  const [zone, events] = [mockZone(), recorder()];
  const { cluster } = mockCluster();
  const { promise: isPublished, resolve: published } = Promise.withResolvers<void>();
  const stop = new AbortController();
  async function* wakes(): AsyncGenerator<string> {
    yield "shop/web";
    await isPublished;
    websites.set("shop/web", { ...website, spec: { ...website.spec, host: "new.example.com" } });
    yield "shop/web";
  }
  const controller = new Controller<Website>({
    name: "website",
    kind: Website,
    reconcile: websiteReconciler({ zone, events }),
    sources: [{ name: "script", wakes: wakes() }],
    objectOf: (key) => websites.get(key),
    cluster: () => cluster,
  });
  controller.on("reconciled", () => {
    published();
    if (zone.names.has("new.example.com")) stop.abort();
  });
  await controller.run(stop.signal);
  expect([...zone.names]).toEqual([["new.example.com", "web.shop"]]);
});
