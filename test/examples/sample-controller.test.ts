import { type Cluster, type Controller, EventRecorder, type Logger, type ReconcileReport } from "kube-reflex";
import { Deployment, EventsV1Event } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Foo, fooController } from "../../examples/sample-controller.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const foo = (deploymentName: string, replicas: number): Foo => ({
  metadata: { name: "foo", namespace: "default" },
  spec: { deploymentName, replicas },
});

describe("sample-controller", () => {
  let server: TestApiServer;
  let cluster: Cluster;
  let stop: AbortController;
  let controller: Controller<Foo>;
  let ended: Promise<void>;

  beforeEach(async () => {
    server = await TestApiServer.start({ listen: false, kinds: [Foo] });
    cluster = await server.cluster();
    const events = new EventRecorder({
      events: cluster.resources(EventsV1Event),
      reportingController: "sample",
    });
    stop = new AbortController();
    controller = fooController(cluster, events, { log: quiet });
    ended = controller.run(stop.signal).finally(() => events.stop());
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    await server.stop();
  });

  const reasons = (): (string | undefined)[] => server.list(EventsV1Event).map(({ reason }) => reason);

  it("makes a deployment of each Foo, keeps its replicas, and tells how many are available", async () => {
    const foos = cluster.resources(Foo).inNamespace("default");
    await foos.create(foo("web", 1));
    await vi.waitFor(() => expect(server.get(Foo, "default/foo")?.status).toEqual({ availableReplicas: 0 }));
    expect(server.get(Deployment, "default/web")).toMatchObject({
      metadata: {
        ownerReferences: [{ apiVersion: "samplecontroller.k8s.io/v1alpha1", kind: "Foo", name: "foo" }],
      },
      spec: { replicas: 1, selector: { matchLabels: { app: "nginx", controller: "foo" } } },
    });
    await vi.waitFor(() => expect(reasons()).toEqual(["Synced"]));

    await foos.withName("foo").patch({ merge: { spec: { replicas: 3 } } });
    await vi.waitFor(() => expect(server.get(Deployment, "default/web")?.spec?.replicas).toBe(3));
    const web = cluster.resources(Deployment).inNamespace("default").withName("web");
    await web.status.patch({ merge: { status: { replicas: 3, availableReplicas: 2 } } });
    await vi.waitFor(() => expect(server.get(Foo, "default/foo")?.status).toEqual({ availableReplicas: 2 }));
  });

  it("leaves a deployment alone that is not its own, says so, and tries again until it is gone", async () => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "x", image: "x" }] } };
    const spec = { replicas: 7, selector: { matchLabels: { a: "b" } }, template };
    server.create(Deployment, { metadata: { name: "web", namespace: "default" }, spec });
    await cluster.resources(Foo).inNamespace("default").create(foo("web", 1));
    await vi.waitFor(() => expect(reasons()).toEqual(["ErrResourceExists"]));
    expect(server.get(Deployment, "default/web")?.spec?.replicas).toBe(7);
    server.delete(Deployment, "default/web");
    await vi.waitFor(() => expect(server.get(Deployment, "default/web")?.spec?.replicas).toBe(1), 5_000);
  });

  it("does not try again what no repetition mends", async () => {
    const ended = vi.fn<(report: ReconcileReport) => void>();
    controller.on("reconciled", ended);
    await cluster.resources(Foo).inNamespace("default").create(foo("", 1));
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
    expect(ended.mock.calls[0]?.[0]).toMatchObject({
      key: "default/foo",
      outcome: "error",
    });
    expect(controller.health()).toMatchObject({ failingKeys: 0, queued: 0 });
  });
});
