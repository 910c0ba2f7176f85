import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, EventRecorder, Manager } from "kube-reflex";
import { ConfigMap, Deployment, EventsV1Event, Service } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { websiteController } from "./controller.ts";
import { FileZone } from "./dns-zone.ts";
import { Website } from "./kind.ts";

const website = (name: string, host: string): Website => ({
  metadata: { name, namespace: "shop" },
  spec: { host, html: "<h1>Hello</h1>", replicas: 2 },
});

let server: TestApiServer;
let cluster: Cluster;
let zoneFile: string;
let stop: AbortController;
let stopped: Promise<unknown>;

beforeEach(async () => {
  server = await TestApiServer.start({ listen: false, kinds: [Website], namespaces: ["shop"] });
  cluster = await server.cluster();
  zoneFile = join(tmpdir(), `zone-${process.pid}-${Date.now()}.txt`);
  const events = new EventRecorder({
    events: cluster.resources(EventsV1Event),
    reportingController: "example.com/website-operator",
  });
  stop = new AbortController();
  const controller = websiteController(cluster, { zone: new FileZone(zoneFile), events });
  stopped = new Manager()
    .add(controller)
    .run(stop.signal)
    .finally(() => events.stop());
});
afterEach(async () => {
  stop.abort();
  await stopped;
  await server.stop();
  await rm(zoneFile, { force: true });
});

const journal = async (): Promise<string[]> =>
  (await readFile(zoneFile, { encoding: "utf8", flag: "a+" })).trimEnd().split("\n");

it("makes a website of its custom resource, and tells what became of it", async () => {
  const websites = cluster.resources(Website).inNamespace("shop");
  await websites.create(website("web", "shop.example.com"));
  await vi.waitFor(() => expect(server.get(Website, "shop/web")?.status?.conditions).toHaveLength(2));

  expect(server.get(ConfigMap, "shop/web")?.data).toEqual({ "index.html": "<h1>Hello</h1>" });
  expect(server.get(Service, "shop/web")?.metadata.ownerReferences).toMatchObject([
    { name: "web", controller: true },
  ]);
  expect(server.get(Website, "shop/web")?.metadata.finalizers).toEqual(["example.com/dns-name"]);
  expect(await journal()).toEqual(["set shop.example.com web.shop"]);
  await vi.waitFor(() =>
    expect(server.list(EventsV1Event)).toMatchObject([
      { reason: "Published", regarding: { kind: "Website", name: "web" } },
    ]),
  );

  const deployments = cluster.resources(Deployment).inNamespace("shop");
  await deployments
    .withName("web")
    .status.patch({ merge: { status: { replicas: 2, availableReplicas: 2 } } });
  await vi.waitFor(() =>
    expect(server.get(Website, "shop/web")?.status).toMatchObject({
      availableReplicas: 2,
      conditions: [{ type: "Available", status: "True" }, { type: "Published" }],
    }),
  );
  expect(server.get(Deployment, "shop/web")?.metadata.generation).toBe(1);
});

it("brings back what somebody else has changed or deleted", async () => {
  await cluster.resources(Website).inNamespace("shop").create(website("web", "shop.example.com"));
  await vi.waitFor(() => expect(server.get(Website, "shop/web")?.status).toBeDefined());

  const deployment = cluster.resources(Deployment).inNamespace("shop").withName("web");
  await deployment.patch({ merge: { spec: { replicas: 7 } } });
  await vi.waitFor(() => expect(server.get(Deployment, "shop/web")?.spec?.replicas).toBe(2));
  await cluster.resources(Service).inNamespace("shop").withName("web").delete();
  await vi.waitFor(() => expect(server.get(Service, "shop/web")).toBeDefined());
  expect(await journal()).toHaveLength(1);
});

it("moves the name with the host, and takes it back before the website goes", async () => {
  const web = cluster.resources(Website).inNamespace("shop").withName("web");
  await cluster.resources(Website).inNamespace("shop").create(website("web", "shop.example.com"));
  await vi.waitFor(async () => expect(await journal()).toEqual(["set shop.example.com web.shop"]));
  await web.patch({ merge: { spec: { host: "new.example.com" } } });
  await vi.waitFor(async () =>
    expect((await journal()).slice(1)).toEqual(["remove shop.example.com", "set new.example.com web.shop"]),
  );
  await web.delete();
  await vi.waitFor(() => expect(server.get(Website, "shop/web")).toBe(undefined));
  expect((await journal()).slice(3)).toEqual(["remove new.example.com"]);
});

it("gives a name to one of two websites that want it, and to the other one once it is free", async () => {
  const websites = cluster.resources(Website).inNamespace("shop");
  await websites.create(website("first", "shop.example.com"));
  await vi.waitFor(() => expect(server.get(Website, "shop/first")?.status).toBeDefined());
  await websites.create(website("second", "shop.example.com"));
  await vi.waitFor(() =>
    expect(server.get(Website, "shop/second")?.status?.conditions?.[1]).toMatchObject({
      type: "Published",
      status: "False",
      reason: "HostTaken",
    }),
  );
  await websites.withName("first").delete();
  await vi.waitFor(() => expect(server.get(Website, "shop/first")).toBe(undefined));
  // Asked for again in a minute; a change asks at once.
  await websites.withName("second").patch({ merge: { spec: { html: "<h1>Mine</h1>" } } });
  await vi.waitFor(async () => expect((await journal()).at(-1)).toBe("set shop.example.com second.shop"));
});

it("tries again, with a delay of its own for each website, when the server fails", async () => {
  server.failNext({ verb: "patch", resource: "deployments", status: 500, times: 3 });
  vi.spyOn(console, "error").mockImplementation(() => {});
  const websites = cluster.resources(Website).inNamespace("shop");
  await websites.create(website("a", "a.example.com"));
  await websites.create(website("b", "b.example.com"));
  await vi.waitFor(() => {
    for (const key of ["shop/a", "shop/b"]) expect(server.get(Website, key)?.status).toBeDefined();
  });
  expect((await journal()).toSorted()).toEqual(["set a.example.com a.shop", "set b.example.com b.shop"]);
});
