import { Client } from "../../src/client/client.ts";
import { controllerHost } from "../../src/cluster/controller-host.ts";
import type { HandleContext } from "../../src/cluster/handle-context.ts";
import { InformerLeases } from "../../src/cluster/informer-leases.ts";
import type { ControllerCluster } from "../../src/controller/cluster-port.ts";
import type { ControllerHost, FollowedCollection, FollowOptions } from "../../src/controller/host.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { TestApiServer } from "../../src/testing/index.ts";

export interface Widget extends KubeObject {
  spec?: { size: number; replicas?: number };
  status?: { ready: boolean };
}

const definition = { group: "example.com", plural: "widgets", kind: "Widget", scope: "Namespaced" } as const;
export const Widget: Kind<Widget, "status" | "scale"> = defineKind<Widget>()({
  ...definition,
  version: "v1",
  subresources: ["status", "scale"],
});
export const OldWidget: Kind = defineKind()({ ...definition, version: "v1beta1" });

export const web = (size = 1): Widget => ({
  metadata: { namespace: "shop", name: "web" },
  spec: { size },
});
export const rvOf = (object: KubeObject | undefined): string | undefined => object?.metadata?.resourceVersion;
export const uidOf = (object: KubeObject | undefined): string | undefined => object?.metadata?.uid;

/** A server in memory, a controller's host on it, and what one reconcile gets of it. */
export class Hosted implements AsyncDisposable {
  readonly server: TestApiServer;
  readonly context: HandleContext;
  readonly host: ControllerHost;
  readonly scope: AbortController = new AbortController();
  readonly cluster: ControllerCluster;
  /** What the host asked before it wrote. */
  readonly asked: string[] = [];
  /** Stopped in the end. */
  readonly informers: { stop(): Promise<void> }[] = [];

  private constructor(server: TestApiServer) {
    this.server = server;
    const client = new Client(server.transport);
    const leases = new InformerLeases(client);
    this.context = {
      client,
      transport: server.transport,
      fieldManager: "tests",
      closed: new AbortController().signal,
      informer: (selection, options) => leases.lease(selection, options),
      controllerHost: () => controllerHost(this.context),
    };
    this.host = controllerHost(this.context);
    this.cluster = this.host.cluster({
      signal: this.scope.signal,
      beforeWrite: (step) => void this.asked.push(step),
    });
  }

  static async start(): Promise<Hosted> {
    const namespaces = ["shop", "test", "elsewhere"];
    return new Hosted(await TestApiServer.start({ listen: false, kinds: [Widget], namespaces }));
  }

  /** Follow a kind, and hold its watch back. */
  async following<T extends KubeObject>(
    kind: Kind<T>,
    options: FollowOptions = {},
  ): Promise<FollowedCollection<T>> {
    const followed = this.host.follow(kind, options);
    this.informers.push(followed.source);
    this.server.resumeWatches();
    await followed.source.synced();
    // The stream that brought the list is the watch.
    this.server.stallWatches();
    return followed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.informers.splice(0).map((informer) => informer.stop()));
    await this.server.stop();
  }
}
