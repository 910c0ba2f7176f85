import { Agent, type Client, type Dispatcher, ProxyAgent } from "undici";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { proxyFromEnvironment } from "../config/proxy.ts";

/** How many connections requests share; streams have their own, without a limit. */
const requestConnections = 16;

/** The two dispatchers of a cluster. */
export interface Dispatchers {
  /** Bounded: more requests than connections wait for one. */
  readonly requests: Dispatcher;
  /** Unbounded: with streams in a bounded pool, the next request would never start. */
  readonly streams: Dispatcher;
}

function tlsOptions(config: ClusterConfig): Record<string, unknown> {
  const { ca, cert, key, insecureSkipVerify, serverName } = config.tls;
  const given = { ca, cert, key, servername: serverName };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...options, rejectUnauthorized: insecureSkipVerify !== true };
}

function dispatcher(config: ClusterConfig, connections: number | null): Dispatcher {
  const options: Client.Options & { connections: number | null } = {
    connections,
    // Over HTTP/2 one lost connection would end every watch, and one slow reader hold up all.
    allowH2: false,
    keepAliveTimeout: 30_000,
    connectTimeout: 30_000,
    // Silence on a request: above the API server's own limit of 60 s. Streams may be silent for ever.
    headersTimeout: connections === null ? 0 : 120_000,
    bodyTimeout: connections === null ? 0 : 120_000,
  };
  const tls = tlsOptions(config);
  const proxyUrl = config.proxyUrl ?? proxyFromEnvironment(config.server);
  if (proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: tls });
  return new Agent({ ...options, connect: { ...tls, timeout: 30_000, keepAliveInitialDelay: 30_000 } });
}

/**
 * Make a cluster's two dispatchers; they connect when first used.
 *
 * Without a proxy of its own the configuration follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY (P32).
 */
export function createDispatchers(config: ClusterConfig): Dispatchers {
  return { requests: dispatcher(config, requestConnections), streams: dispatcher(config, null) };
}
