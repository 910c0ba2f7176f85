import { configFromExplicit } from "../../../src/config/explicit.ts";
import { Pod } from "../../../src/kinds/index.ts";
import type { PodAddress } from "../../../src/streams/pod-address.ts";
import { TestApiServer, type TestApiServerOptions } from "../../../src/testing/index.ts";
import { createClusterTransport } from "../../../src/transport/cluster-transport.ts";
import type { Transport } from "../../../src/transport/port.ts";

/** A server with the pod `default/web-0`, which has one container, and how to reach it. */
export interface PodServer extends AsyncDisposable {
  readonly server: TestApiServer;
  readonly transport: Transport;
}

export const web0: PodAddress = { kind: Pod, namespace: "default", name: "web-0" };

/** Create a pod whose containers have these names. */
export function createPod(server: TestApiServer, name: string, ...containers: string[]): void {
  const spec = { containers: containers.map((container) => ({ name: container, image: "i" })) };
  server.create(Pod, { metadata: { name, namespace: "default" }, spec });
}

/** A server reached without sockets. */
export async function inMemory(options: TestApiServerOptions = {}): Promise<PodServer> {
  const server = await TestApiServer.start({ ...options, listen: false });
  createPod(server, "web-0", "app");
  return { server, transport: server.transport, [Symbol.asyncDispose]: () => server.stop() };
}

async function over(tls: boolean, options: TestApiServerOptions): Promise<PodServer> {
  const server = await TestApiServer.start({ ...options, tls });
  createPod(server, "web-0", "app");
  const ca = server.ca === undefined ? {} : { ca: server.ca };
  const transport = createClusterTransport(configFromExplicit({ server: server.url, ...ca }), {
    retry: { maxRetries: 0 },
  });
  return {
    server,
    transport,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await transport.close();
    },
  };
}

/** The ways to reach a server. */
export const ways: readonly (readonly [string, (options?: TestApiServerOptions) => Promise<PodServer>])[] = [
  ["in memory", inMemory],
  ["over HTTP", (options = {}) => over(false, options)],
  ["over HTTPS", (options = {}) => over(true, options)],
];
