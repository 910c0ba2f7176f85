import { Cluster } from "../../src/cluster/cluster.ts";
import { configFromExplicit } from "../../src/config/explicit.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import type { Transport } from "../../src/transport/port.ts";
import { type ClientOptions, createNamespace, type ServerUnderTest, Widget } from "./server-under-test.ts";

const token = "open-sesame";
const powerless = "close-sesame";

/** Start a server with an administrator, and a user who may do nothing. */
async function startServer(options: TestApiServerOptions): Promise<TestApiServer> {
  const tokens = { [powerless]: { user: "powerless" } };
  const server = await TestApiServer.start({ token, tokens, kinds: [Widget], ...options });
  server.forbid({ user: "powerless" });
  return server;
}

/** A transport that carries a token, as a client of the in-memory server does. */
function bearing(transport: Transport, bearer: string): Transport {
  return (sent) => transport({ ...sent, headers: { authorization: `Bearer ${bearer}`, ...sent.headers } });
}

async function under(
  name: string,
  server: TestApiServer,
  reach: (bearer: string, to: TestApiServer) => ConnectPlace,
): Promise<ServerUnderTest> {
  const clusters: Cluster[] = [];
  const connect = async (place: ConnectPlace, options: ClientOptions = {}): Promise<Cluster> => {
    const { close: _, raw: __, ...where } = place;
    const cluster = await Cluster.connect({ ...where, ...options });
    clusters.push(cluster);
    return cluster;
  };
  const admin = reach(token, server);
  return {
    name,
    isReal: false,
    hasSockets: admin.server !== undefined,
    embedded: server,
    kubeconfig: server.kubeconfig(),
    transport: admin.raw,
    connect: (options) => connect(admin, options),
    forbidden: () => connect(reach(powerless, server)),
    unauthorized: () => connect(reach("nobody", server)),
    namespace: () => createNamespace({ transport: admin.raw }),
    async close() {
      for (const cluster of clusters) await cluster.close();
      await admin.close();
      await server.stop();
    },
  };
}

/** Where a client connects, and a bare transport to the same place. */
interface ConnectPlace {
  readonly server?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly transport?: Transport;
  readonly raw: Transport;
  close(): Promise<void>;
}

/** The embedded server, reached without sockets. */
export async function inMemory(options: TestApiServerOptions = {}): Promise<ServerUnderTest> {
  const server = await startServer(options);
  return under("embedded, in memory", server, (bearer, to) => {
    const transport = bearing(to.transport, bearer);
    return { transport, raw: transport, close: async () => {} };
  });
}

/** The embedded server, reached over HTTPS with a token. */
export async function overHttps(options: TestApiServerOptions = {}): Promise<ServerUnderTest> {
  const server = await startServer({ tls: true, ...options });
  return under("embedded, over HTTPS", server, (bearer, to) => {
    const { url, ca } = to;
    const place = { server: url, token: bearer, ...(ca === undefined ? {} : { ca }) };
    const raw = createClusterTransport(configFromExplicit(place), {
      retry: { maxRetries: 0 },
      compression: true,
    });
    return { ...place, raw, close: () => raw.close() };
  });
}
