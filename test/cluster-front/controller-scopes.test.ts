import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import type { ControllerCluster } from "../../src/controller/cluster-port.ts";
import type { ControllerHost, FollowedCollection, FollowOptions } from "../../src/controller/host.ts";
import { Node, Pod } from "../../src/kinds/index.ts";
import type { Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { TestApiServer } from "../../src/testing/index.ts";
import { Hosted, OldWidget, Widget, web } from "./hosted.ts";
import { eventually, rejection } from "./recording.ts";

let hosted: Hosted;
let server: TestApiServer;
let host: ControllerHost;
let cluster: ControllerCluster;

beforeEach(async () => {
  hosted = await Hosted.start();
  ({ server, host, cluster } = hosted);
});
afterEach(() => hosted[Symbol.asyncDispose]());

const following = <T extends KubeObject>(
  kind: Kind<T>,
  options?: FollowOptions,
): Promise<FollowedCollection<T>> => hosted.following(kind, options);

describe("a controller host, scopes", () => {
  it("writes nothing where it may not: nothing is sent, and the store stays as it is", async () => {
    const { store } = await following(Widget);
    const lost = host.cluster({
      signal: hosted.scope.signal,
      beforeWrite: () => {
        throw new KubeError("LEADERSHIP_LOST", "another is the leader");
      },
    });
    const widgets = lost.resources(Widget).inNamespace("shop");
    expect(await rejection(widgets.create(web()))).toMatchObject({ code: "LEADERSHIP_LOST" });
    server.create(Widget, web());
    const edit = widgets.withName("web").edit((widget) => {
      widget.spec = { size: 3 };
    });
    expect(await rejection(edit)).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect([server.get(Widget, "shop/web")?.spec?.size, store.size]).toEqual([1, 0]);
    // Reading is allowed.
    expect((await widgets.list()).items).toHaveLength(1);
  });

  it("asks the scope itself, and tells it what is about to be written", async () => {
    class Scope {
      readonly signal: AbortSignal = new AbortController().signal;
      readonly steps: string[] = [];

      beforeWrite(step: string): void {
        this.steps.push(step);
      }
    }
    const own = new Scope();
    await host.cluster(own).resources(Widget).create(web());
    expect(own.steps).toEqual(['create widgets.example.com "web" in namespace "shop"']);
  });

  it("asks for each attempt of an edit, so that one begun as leader does not write later", async () => {
    server.create(Widget, web());
    let attempts = 0;
    const lost = host.cluster({
      signal: hosted.scope.signal,
      beforeWrite: () => {
        attempts += 1;
        if (attempts > 1) throw new KubeError("LEADERSHIP_LOST", "another is the leader");
        // Somebody else is faster, once: the first attempt conflicts.
        server.update(Widget, { ...web(5), metadata: { ...server.get(Widget, "shop/web")?.metadata } });
      },
    });
    const edit = lost
      .resources(Widget)
      .inNamespace("shop")
      .withName("web")
      .edit((widget) => {
        widget.spec = { size: 3 };
      });
    expect(await rejection(edit)).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect([attempts, server.get(Widget, "shop/web")?.spec?.size]).toEqual([2, 5]);
  });

  it("ends calls, watches and connections with the scope's signal, informers not", async () => {
    const { source, store } = await following(Widget);
    server.create(Pod, {
      metadata: { namespace: "shop", name: "web" },
      spec: { containers: [{ name: "a" }] },
    });
    server.onExec(async (process) => {
      await new Promise<void>((resolve) => process.signal.addEventListener("abort", () => resolve()));
    });
    const pods = cluster.resources(Pod) as ResourceHandle<Pod, "exec">;
    const own = new AbortController();
    const running = await pods.inNamespace("shop").withName("web").exec(["sleep"], { signal: own.signal });
    running.stdout.resume();
    running.stderr.resume();
    expect(hosted.asked).toEqual(["GET /api/v1/namespaces/shop/pods/web/exec"]);
    const watching = (async () => {
      for await (const _ of pods.watch());
    })();
    await eventually(() => server.openWatches === 2);
    const shared = pods.informer();
    hosted.informers.push(shared);
    const reason = new KubeError("LEADERSHIP_LOST", "no longer the leader");
    hosted.scope.abort(reason);
    // The connection itself is ended: that is what who reads it sees.
    expect(await rejection(running.exited)).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(await watching.catch((error: unknown) => error)).toBeOneOf([undefined, reason]);
    expect(await rejection(pods.list())).toBe(reason);
    expect(await rejection(pods.inNamespace("shop").withName("web").exec(["ls"]))).toMatchObject({
      code: "LEADERSHIP_LOST",
    });
    server.resumeWatches();
    server.create(Widget, web());
    await eventually(() => store.has("shop/web"));
    expect(source.health().state).toBe("live");
    await shared.synced();
  });
});

describe("a controller host, refusals", () => {
  it("has a local copy only of what is followed, and names that", async () => {
    expect(() => cluster.store(Pod)).toThrow(
      "Read the local copy of pods (v1): this controller does not follow it, but nothing; follow it too",
    );
    const { store } = await following(Widget);
    expect(cluster.store(Widget)).toBe(store);
    expect(() => cluster.store(OldWidget)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message:
          "Read the local copy of widgets.example.com (v1beta1): this controller does not follow it, but " +
          "widgets.example.com (v1); follow it too, or ask the server by resources(kind)",
      }),
    );
  });

  it("follows and reads nothing by what is no kind, no selector, no namespace", () => {
    const follow = (kind: unknown, options: unknown) => () =>
      Reflect.apply(host.follow, host, [kind, options]);
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    for (const call of [
      follow({}, {}),
      follow("pods", {}),
      follow(Pod, 5),
      follow(Pod, { labels: "a in (" }),
      follow(Pod, { labels: 5 }),
      follow(Pod, { metadata: "yes" }),
      follow(Pod, { namespaces: [""] }),
      follow(Node, { namespaces: ["shop"] }),
      () => Reflect.apply(cluster.resources, cluster, [{}]),
      () => Reflect.apply(cluster.store, cluster, ["pods"]),
    ]) {
      expect(call).toThrow(refused);
    }
    expect([...server.requests]).toEqual([]);
  });

  it("sends no request before a source is started", () => {
    hosted.informers.push(host.follow(Widget, {}).source);
    expect([...server.requests]).toEqual([]);
  });
});
