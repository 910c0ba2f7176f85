import { Cluster } from "../../src/cluster/cluster.ts";
import { configFromExplicit } from "../../src/config/explicit.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import type { Transport } from "../../src/transport/port.ts";
import { type ClientOptions, createNamespace, type ServerUnderTest, Widget } from "./server-under-test.ts";

const token = "open-sesame";

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
  const others: TestApiServer[] = [];
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
    async forbidden() {
      // A server of its own: the fault must meet nobody else's requests.
      const refusing = await TestApiServer.start({ token, kinds: [Widget] });
      others.push(refusing);
      refusing.failNext({ status: 403, times: Number.MAX_SAFE_INTEGER });
      return connect(reach(token, refusing));
    },
    unauthorized: () => connect(reach("nobody", server)),
    namespace: () => createNamespace({ transport: admin.raw }),
    async close() {
      for (const cluster of clusters) await cluster.close();
      await admin.close();
      for (const other of [...others, server]) await other.stop();
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
  const server = await TestApiServer.start({ token, kinds: [Widget], ...options });
  return under("embedded, in memory", server, (bearer, to) => {
    const transport = bearing(to.transport, bearer);
    return { transport, raw: transport, close: async () => {} };
  });
}

/** The embedded server, reached over HTTPS with a token. */
export async function overHttps(options: TestApiServerOptions = {}): Promise<ServerUnderTest> {
  const server = await TestApiServer.start({ token, tls: true, kinds: [Widget], ...options });
  return under("embedded, over HTTPS", server, (bearer, to) => {
    const { url, ca } = to;
    const place = { server: url, token: bearer, ...(ca === undefined ? {} : { ca }) };
    const raw = createClusterTransport(configFromExplicit(place), { retry: { maxRetries: 0 } });
    return { ...place, raw, close: () => raw.close() };
  });
}
